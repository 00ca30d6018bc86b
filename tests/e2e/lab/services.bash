# shellcheck shell=bash
# What hosts meet outside: the official installer and its apt repository over TLS, and two tailnets.

# ---- the web: https://tailscale.com/install.sh and https://pkgs.tailscale.com

web_up() {
  local web=$LAB_RUN/web
  mkdir -p "$web/tmp" "$web/pkgs/stable"
  web_certificates "$web"
  cp "$LAB_PROGRAMS/installer.sh" "$web/install.sh"
  cp -R "$LAB_REPOSITORY"/* "$web/pkgs/stable/"
  echo 'packages of the lab' >"$web/pkgs/index.html"
  web_config "$web" >"$web/nginx.conf"
  proc_start web "$web/nginx.log" nginx -p "$web" -c "$web/nginx.conf" -e "$web/error.log"
  wait_for 10 curl -fsS --cacert "$web/ca.crt" --resolve "tailscale.com:443:$LAB_GATEWAY" https://tailscale.com/install.sh ||
    die "nginx does not answer; see $web/error.log"
}

# web_certificates WEB: a certificate authority of this run alone; its key is gone as soon as it signed.
web_certificates() {
  openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj '/CN=stagecraft e2e' \
    -keyout "$1/ca.key" -out "$1/ca.crt" 2>/dev/null
  openssl req -newkey rsa:2048 -noenc -subj '/CN=tailscale.com' -keyout "$1/web.key" -out "$1/web.csr" 2>/dev/null
  printf 'subjectAltName=DNS:tailscale.com,DNS:pkgs.tailscale.com\n' >"$1/web.ext"
  openssl x509 -req -in "$1/web.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
    -extfile "$1/web.ext" -out "$1/web.crt" 2>/dev/null
  rm -f "$1/ca.key"
}

web_config() {
  cat <<EOF
daemon off;
user root;
worker_processes 1;
pid $1/nginx.pid;
events {}
http {
  access_log $1/access.log;
  client_body_temp_path $1/tmp/body;
  proxy_temp_path $1/tmp/proxy;
  fastcgi_temp_path $1/tmp/fastcgi;
  uwsgi_temp_path $1/tmp/uwsgi;
  scgi_temp_path $1/tmp/scgi;
  default_type application/octet-stream;
  ssl_certificate $1/web.crt;
  ssl_certificate_key $1/web.key;
  server {
    listen $LAB_GATEWAY:443 ssl;
    server_name tailscale.com;
    location = /install.sh { root $1; }
    location / { return 404; }
  }
  server {
    listen $LAB_GATEWAY:443 ssl;
    server_name pkgs.tailscale.com;
    root $1/pkgs;
  }
}
EOF
}

# ---- the tailnets

tailnet_up() {
  proc_start control "$LAB_RUN/control.log" "$LAB_PROGRAMS/control" -addr "$LAB_GATEWAY" \
    "${LAB_LOGIN_SERVER##*:}=$LAB_DOMAIN" "${LAB_OTHER_LOGIN_SERVER##*:}=$LAB_OTHER_DOMAIN"
  wait_for 10 curl -fsS "$LAB_API/${LAB_DOMAIN%%.*}/nodes" || die "the control server does not answer; see $LAB_RUN/control.log"
}

# tailnet TAILNET REQUEST [FILE]: plays the admin, e.g. `tailnet mytailnet approve?node=plat-db-1`.
# A key comes in a FILE, for a key must stand in no argv.
tailnet() {
  curl -fsS -X POST --data-binary "@${3:-/dev/null}" -H 'Content-Type: text/plain' "$LAB_API/$1/$2"
}
