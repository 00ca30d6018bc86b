#!/bin/sh
# plat-app-1: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit it.
# By hand, as root: sh plat-app-1.sh [apply|check] [--auth-key-file FILE] [--rename]

# This host.
HOST_ID='plat-app-1'
NETWORK_HOST_UP_ARGS='--advertise-exit-node'
NETWORK_TAGS='tag:app,tag:stagecraft'

# The same on every host of this configuration.
DOCKER_MIN_VERSION='24.0'
DOCKER_VERSION='27.5'
NETWORK_AUTH_KEY_ENV='STAGING_TS_AUTHKEY'
NETWORK_DOMAIN='mytailnet.ts.net'
NETWORK_INSTALL='skip'
NETWORK_JOIN_TIMEOUT_S='90'
NETWORK_LOGIN_SERVER='https://control.example.com'
NETWORK_MIN_VERSION='1.78.0'
NETWORK_PROVIDER='tailscale'
NETWORK_TAILNET='mytailnet'
NETWORK_UP_ARGS='--ssh --accept-routes=true'
NETWORK_VERSION='1.98.0'

# shellcheck disable=SC2317,SC2329 # the steps are called by their names
{ # one group to the end: a script that was cut off anywhere is a syntax error and runs nothing
plan() { # what will happen: a step a line
  step host.preflight  preflight
  step docker.install  docker_install_official
  step docker.verify   docker_verify
  step network.install network_install
  step network.join    network_join
  step network.verify  network_verify
}
