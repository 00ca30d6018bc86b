#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # text for hosts; e2e.bash sets status, out and err
# Who is let in by a host's sshd and PAM, and what they say of it.

load e2e

setup_file() {
  e2e_file
  local user
  host_make door-1 81 base
  for user in deploy stale gone; do host_user door-1 "$user" /bin/sh; done
  host_boot door-1
  host_exec door-1 chage -d 0 stale >/dev/null
  host_exec door-1 chage -E 0 gone >/dev/null
}

# refused USER REASON WORDS: as USER, before any step
refused() {
  e2e_config 'join_timeout: 30s'
  e2e_hosts "{id: door-1, public_ip: 10.77.0.81, ssh: {user: $1}}"
  sc apply --json --retries 1
  exits 4
  says door-1 .status failed .error_code ssh_failed .reason "$2" .step ''
  [[ $(report '.hosts[0].message') == *"$3"* ]]
}

@test "fault: the host is still booting: on a real host" {
  host_exec door-1 sh -c 'echo "\"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. For technical details, see pam_nologin(8).\"" >/run/nologin'
  refused deploy booting 'Unprivileged users are not permitted'
  host_exec door-1 rm /run/nologin
}

@test "fault: the password has expired: on a real host" {
  refused stale expired ''
}

@test "fault: the password has expired: the account, on a real host" {
  refused gone expired 'account has expired'
}

@test "sudo in Rust: runs the script, wants a password, refuses a user" {
  host_exec door-1 apt-get -qq update
  host_exec door-1 apt-cache show sudo-rs >/dev/null 2>&1 || skip 'the release of this host has no package sudo-rs'
  host_exec door-1 env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends sudo-rs >/dev/null
  host_exec door-1 ln -s /usr/bin/sudo-rs /usr/local/bin/sudo
  [[ $(host_exec door-1 su - deploy -c 'command -v sudo && sudo --version 2>&1') == '/usr/local/bin/sudo'*'sudo-rs'* ]]
  e2e_config
  e2e_hosts '{id: door-1, public_ip: 10.77.0.81, ssh: {user: deploy}}'
  key='' sc check --json
  exits 2
  says door-1 .status success '.steps[0].result' ok
  host_exec door-1 sed -i 's/NOPASSWD: //' /etc/sudoers.d/deploy
  refused deploy sudo 'sudo'
  host_exec door-1 rm /etc/sudoers.d/deploy
  refused deploy sudo 'sudo'
  host_exec door-1 rm /usr/local/bin/sudo
}

@test "fault: the host wants another user: on a real host" {
  # As cloud-init keeps root out.
  host_exec door-1 sed -i '/^ssh-/s/^/no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command="echo '\''Please login as the user \\"deploy\\" rather than the user \\"root\\".'\'';echo;sleep 1;exit 142" /' /root/.ssh/authorized_keys
  refused root wrong_user 'Please login as the user "deploy" rather than the user "root".'
}
