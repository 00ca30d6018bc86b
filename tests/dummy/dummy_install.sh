#!/bin/sh
# network.install of the tests' network: nothing to install. Expects lib.sh.

network_install() {
  ok 'nothing to install'
}
