#!/bin/sh
# plat-app-1: bootstrap script, compiled from stagecraft.yml and hosts.yml. Review it; do not edit it.
# By hand, as root, beside steps.sh: sh plat-app-1.sh [apply|check] [--auth-key-file FILE] [--rename]
# shellcheck disable=SC1090,SC2034 # steps.sh, and what it needs

# This host.
HOST_ID='plat-app-1'
NETWORK_HOST_UP_ARGS=''
NETWORK_TAGS='tag:stagecraft'

# What all hosts share: beside this file, or behind it where it comes down a pipe.
{ case $0 in *.sh) command . "${0%"${0##*/}"}./steps.sh"; echo "$0 needs steps.sh, whole, beside it" >&2; exit 1 ;; esac; }
