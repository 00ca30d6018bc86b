#!/bin/sh
# one: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit it.
# By hand, as root: sh one.sh [apply|check] [--auth-key-file FILE] [--rename]

# This host.
HOST_ID='one'
NETWORK_HOST_UP_ARGS=''
NETWORK_TAGS='tag:server'

# The same on every host of this configuration.
DOCKER_MIN_VERSION=''
DOCKER_VERSION='latest'
NETWORK_AUTH_KEY_ENV='HEADSCALE_AUTHKEY'
NETWORK_DOMAIN='tailnet.example.com'
NETWORK_INSTALL='auto'
NETWORK_JOIN_TIMEOUT_S='60'
NETWORK_LOGIN_SERVER='https://headscale.example.com:8443'
NETWORK_MIN_VERSION=''
NETWORK_PROVIDER='headscale'
NETWORK_TAILNET='tailnet'
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
