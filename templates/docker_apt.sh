#!/bin/sh
# docker.install from the distribution's own packages.
# Expects lib.sh and docker.sh.

docker_install_apt() {
  docker_look "from the distribution's packages"
  need_room 1024
  apt_update
  docker_pick docker.io
  # The client is a package of its own since Debian 13 (Debian bug 1035338). `docker compose` is docker-compose-v2 on
  # Ubuntu and docker-compose on Debian, where version 1 is another program.
  more=$(apt-cache policy docker-cli docker-compose-v2 docker-compose | awk '
    /^[^ ]/ { name = $1; sub(/:$/, "", name) }
    $1 == "Candidate:" && $2 != "(none)" { candidate[name] = $2 }
    END {
      if ("docker-cli" in candidate) print "docker-cli"
      if ("docker-compose-v2" in candidate) print "docker-compose-v2"
      else if (("docker-compose" in candidate) && candidate["docker-compose"] !~ /^1\./) print "docker-compose"
    }')
  # What else docker.io recommends (git, needrestart, …) a server can do without.
  # shellcheck disable=SC2086 # a list of words
  apt_install --no-install-recommends "docker.io$PICKED" apparmor ca-certificates $more
  docker_installed
}
