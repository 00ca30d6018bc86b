#!/bin/sh
# assemble.sh [-d METHOD] [-o FILE] [NAME=VALUE…]: a host's script made of the templates as docs/wire.md says, with example
# values; NAME=VALUE replaces one. FILE is shell text to put in front of the last line: definitions of a test that
# replace those of the templates.
# shellcheck disable=SC2034 # the values are read by name
set -eu
here=$(cd "$(dirname "$0")" && pwd)
templates=$here/../../templates
method=apt overrides=/dev/null
while getopts d:o: option; do
  case $option in
    d) method=$OPTARG ;;
    o) overrides=$OPTARG ;;
    *) exit 64 ;;
  esac
done
shift $((OPTIND - 1))

assign() { # assign NAME VALUE: the line, single-quoted; no test needs a quote in one
  case $2 in *\'*) exit 64 ;; esac
  printf "%s='%s'\n" "$1" "$2"
}

DOCKER_MIN_VERSION='' DOCKER_VERSION=latest HOST_ID=plat-db-1 NETWORK_AUTH_KEY_ENV=TS_AUTHKEY
NETWORK_DOMAIN=mytailnet.ts.net NETWORK_INSTALL=auto NETWORK_JOIN_TIMEOUT_S=60 NETWORK_LOGIN_SERVER=''
NETWORK_MIN_VERSION=1.78.0 NETWORK_PROVIDER=tailscale NETWORK_TAGS=tag:app,tag:db NETWORK_TAILNET=mytailnet
NETWORK_UP_ARGS='' NETWORK_VERSION=''
for assignment; do
  name=${assignment%%=*}
  case $name in *[!A-Z_]* | '') exit 64 ;; esac
  eval "$name=\${assignment#*=}"
done

cat <<END
#!/bin/sh
# $HOST_ID: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit it.
# By hand, as root: sh $HOST_ID.sh [apply|check] [--auth-key-file FILE] [--rename]

# This host.
END
for name in HOST_ID NETWORK_TAGS; do eval "assign $name \"\$$name\""; done
printf '\n# The same on every host of this configuration.\n'
names='NETWORK_AUTH_KEY_ENV NETWORK_DOMAIN NETWORK_INSTALL NETWORK_JOIN_TIMEOUT_S NETWORK_LOGIN_SERVER
  NETWORK_MIN_VERSION NETWORK_PROVIDER NETWORK_TAILNET NETWORK_UP_ARGS NETWORK_VERSION'
[ "$method" = none ] || names="DOCKER_MIN_VERSION DOCKER_VERSION $names"
for name in $names; do eval "assign $name \"\$$name\""; done

printf '\n# shellcheck disable=SC2317,SC2329 # the steps are called by their names\n{ # one group to the end: a script that was cut off anywhere is a syntax error and runs nothing\n'
printf 'plan() { # what will happen: a step a line\n  step host.preflight  preflight\n'
parts='lib preflight'
if [ "$method" != none ]; then
  printf '  step docker.install  docker_install_%s\n  step docker.verify   docker_verify\n' "$method"
  parts="$parts docker docker_$method"
fi
printf '  step network.install network_install\n  step network.join    network_join\n'
printf '  step network.verify  network_verify\n}\n\n# ---- steps, the same on every host ----\n\n'
set --
for part in $parts tailscale_install tailscale_join; do set -- "$@" "$templates/$part.sh"; done
awk 'FNR == 1 { head = 1; if (NR > 1) print "" } !head { print } $0 == "" { head = 0 } END { print "" }' "$@"
cat "$overrides"
printf '}\n{ main "$@"; }\n'
