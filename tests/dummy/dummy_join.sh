#!/bin/sh
# network.join and network.verify of the tests' network, which asks for no key. Expects lib.sh.

network_join() {
  ok "$NETWORK_COLOUR"
}

network_verify() {
  fact network.status "$NETWORK_COLOUR"
  ok "$NETWORK_COLOUR"
}
