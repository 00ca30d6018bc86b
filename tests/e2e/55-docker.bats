#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # text for hosts; e2e.bash sets status, out and err
# Docker and packages as real hosts of both releases have them: with the real apt, dpkg, dockerd and systemd.
# The tests are one story: each goes on where the one before it ended.

load e2e

setup_file() {
  e2e_file
  host_start engine-1 81 docker
  host_start engine-2 82 docker
}

setup() {
  lab_attach
  e2e_config 'join_timeout: 30s'
  e2e_hosts '{id: engine-1, public_ip: 10.77.0.81}' '{id: engine-2, public_ip: 10.77.0.82}'
}

# method NAME: docker.installMethod
method() {
  printf '    docker: {installMethod: %s}\n' "$1" >>"$E2E_WORK/stagecraft.yml"
}

both() { # both COMMAND…: on each host
  host_exec engine-1 "$@"
  host_exec engine-2 "$@"
}

# refused REASON PATTERN: docker.install, on both
refused() {
  local host
  exits 4
  for host in engine-1 engine-2; do
    says $host .step docker.install .reason "$1"
    # shellcheck disable=SC2053 # a pattern
    [[ $(report ".hosts[] | select(.id == \"$host\").message") == $2 ]]
  done
}

docker_install_is() { # docker_install_is RESULT
  local host
  for host in engine-1 engine-2; do
    says $host '.steps[] | select(.step == "docker.install").result' "$1"
  done
}

@test "fault: Docker is not enabled at boot: on real hosts" {
  both systemctl disable docker.service
  key='' sc check --json
  exits 2
  docker_install_is would_change
  sc apply --json
  docker_install_is changed
  [ "$(host_exec engine-1 systemctl is-enabled docker.service)" = enabled ]
  [ "$(host_exec engine-2 systemctl is-enabled docker.service)" = enabled ]
}

@test "fault: the Docker daemon is down: a bad daemon.json on real hosts" {
  both sh -c 'systemctl stop docker.service docker.socket; mkdir -p /etc/docker; echo "{\"ip\": " >/etc/docker/daemon.json'
  sc apply --json
  refused docker_down '*unable to configure the Docker daemon with file /etc/docker/daemon.json: *'
  both rm /etc/docker/daemon.json
  both systemctl reset-failed docker.service docker.socket
}

@test "fault: a file system is mounted read-only: on real hosts" {
  both sh -c 'systemctl stop docker.service docker.socket; dpkg --force-depends -P docker.io docker-cli >/dev/null 2>&1; ! command -v docker'
  both sh -c 'mount --bind /usr /usr && mount -o remount,bind,ro /usr'
  sc apply --json
  both umount -l /usr
  refused read_only 'mounted read-only: /usr'
}

@test "fault: a second source entry with another Signed-By: as Ansible writes it, on real hosts" {
  method official
  for host in engine-1 engine-2; do
    # shellcheck disable=SC1091
    host_exec "$host" sh -c '. /etc/os-release; printf "%s\n" "X-Repolib-Name: docker-ce" "Components: stable" \
      "Signed-By: /etc/apt/keyrings/docker-ce.asc" "Suites: $VERSION_CODENAME" "Types: deb-src" \
      "URIs: https://download.docker.com/linux/debian" >/etc/apt/sources.list.d/docker-ce.sources'
  done
  sc apply --json
  refused repository_conflict '*Conflicting values set for option Signed-By regarding source https://download.docker.com/linux/debian/*'
  # One that serves is taken: apt is asked for its packages, which this network does not have.
  both sed -i 's/deb-src/deb/' /etc/apt/sources.list.d/docker-ce.sources
  sc apply --json
  exits 4
  for host in engine-1 engine-2; do
    says $host .step docker.install
    [[ $(report ".hosts[] | select(.id == \"$host\").message") == 'apt-get update failed: '* ]]
    host_exec $host sh -c '! test -e /etc/apt/sources.list.d/docker.list && apt-get indextargets >/dev/null'
  done
  both rm /etc/apt/sources.list.d/docker-ce.sources
}

@test "fault: docker.io and docker-ce exclude each other: a package that holds the same file, on real hosts" {
  both sh -c 'mkdir -p /root/own/DEBIAN /root/own/usr/sbin && cd /root && echo >own/usr/sbin/dockerd &&
    printf "Package: docker-own\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n" >own/DEBIAN/control &&
    dpkg-deb -b own own.deb >/dev/null && dpkg -i own.deb >/dev/null'
  sc apply --json
  refused package_conflict "apt-get install failed: dpkg: error processing docker.io: trying to overwrite '/usr/sbin/dockerd', which is also in package docker-own *"
}
