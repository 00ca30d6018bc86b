# shellcheck shell=bash
# The stand-in ssh of tests/stub, and a project whose hosts play what they are called. Each test begins in a folder of its own.

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  PATH=$(cd "$BATS_TEST_DIRNAME/../stub" && pwd):$PATH
  STUB_DIR=$PWD/calls
  # shellcheck disable=SC2089
  STUB_STATUS='{\"BackendState\":\"Running\",\"CurrentTailnet\":{\"MagicDNSSuffix\":\"mytailnet.ts.net\"},\"Self\":{\"HostName\":\"@ID@\",\"DNSName\":\"@ID@.mytailnet.ts.net.\",\"Online\":true,\"Tags\":[\"tag:a\"]}}'
  # shellcheck disable=SC2090
  export PATH STUB_DIR STUB_STATUS
  mkdir calls
}

# hosts ID…: stagecraft.yml, with $timeout, and these hosts
hosts() {
  cat >stagecraft.yml <<END
network:
  provider: tailscale
  providers:
    tailscale: {auth_key_env: TS_AUTHKEY, tailnet_domain: mytailnet.ts.net, default_tags: [tag:a]}
infra: {bootstrap: {timeout: ${timeout-30s}}}
END
  echo 'hosts:' >hosts.yml
  for id; do echo "  - {id: $id, public_ip: $id}" >>hosts.yml; done
}
