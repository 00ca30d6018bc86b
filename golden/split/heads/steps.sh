#!/bin/sh
# steps: bootstrap script, compiled from stagecraft.yml: what all hosts share. Review it; do not edit it.

{ case ${HOST_ID:+$0} in '' | steps.sh | */steps.sh) echo "steps.sh is a part of each host's script: run that" >&2; exit 64 ;; esac; }

# The same on every host of this configuration.
DOCKER_MIN_VERSION=''
DOCKER_VERSION='latest'
NETWORK_AUTH_KEY_ENV='TS_AUTHKEY'
NETWORK_DOMAIN='mytailnet.ts.net'
NETWORK_INSTALL='auto'
NETWORK_JOIN_TIMEOUT_S='60'
NETWORK_LOGIN_SERVER=''
NETWORK_MIN_VERSION=''
NETWORK_PROVIDER='tailscale'
NETWORK_TAILNET='mytailnet'
NETWORK_UP_ARGS=''
NETWORK_VERSION=''

# shellcheck disable=SC2317,SC2329 # the steps are called by their names
{ # one group to the end: a script that was cut off anywhere is a syntax error and runs nothing
plan() { # what will happen: a step a line
  step host.preflight  preflight
  step docker.install  docker_install_apt
  step docker.verify   docker_verify
  step network.install network_install
  step network.join    network_join
  step network.verify  network_verify
}
