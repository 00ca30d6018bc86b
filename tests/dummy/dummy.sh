#!/bin/sh
# The steps of the tests' network, where there is nothing to install and no key to ask for. Expects lib.sh.

network_install() {
  ok 'nothing to install'
}

network_join() {
  ok "$NETWORK_COLOUR"
}

network_verify() {
  fact network.status "$NETWORK_COLOUR"
  ok "$NETWORK_COLOUR"
}
