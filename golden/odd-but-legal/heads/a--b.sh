#!/bin/sh
# a--b: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit it.
# By hand, as root: sh a--b.sh [apply|check] [--auth-key-file FILE] [--rename]

# This host.
HOST_ID='a--b'
NETWORK_HOST_UP_ARGS='--exit-node= --advertise-routes='
NETWORK_TAGS='tag:A,tag:B,tag:NO,tag:a,tag:stagecraft--x,tag:z9-'

# The same on every host of this configuration.
DOCKER_MIN_VERSION=''
DOCKER_VERSION='5:27.5.1-1~debian.12~bookworm'
NETWORK_AUTH_KEY_ENV='_K1'
NETWORK_DOMAIN='9-lives.xn--e1afmkfd.example'
NETWORK_INSTALL='auto'
NETWORK_JOIN_TIMEOUT_S='60'
NETWORK_LOGIN_SERVER=''
NETWORK_MIN_VERSION=''
NETWORK_PROVIDER='tailscale'
NETWORK_TAILNET='9-lives'
NETWORK_UP_ARGS='--advertise-routes=10.0.0.0/8,fd00::/8 --exit-node=100.64.0.1 --operator=A._:/,=@%+-'
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
