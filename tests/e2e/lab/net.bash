# shellcheck shell=bash
# The lab's network: a bridge, and a network namespace and a veth pair for every host.

net_up() {
  ip link add "$LAB_BRIDGE" type bridge
  ip address add "$LAB_GATEWAY/24" dev "$LAB_BRIDGE"
  ip -6 address add "$LAB_NET6:1/64" dev "$LAB_BRIDGE" nodad
  ip link set "$LAB_BRIDGE" up
  cat /proc/sys/net/ipv4/ip_forward >"$LAB_STATE/ip_forward"
  echo 1 >/proc/sys/net/ipv4/ip_forward
  net_rules | while read -r rule; do
    # shellcheck disable=SC2086
    iptables -w 10 ${rule/CHANGE/-I}
  done
}

# net_rules: hosts reach the package mirrors, whatever this machine forwards otherwise.
net_rules() {
  echo "-t nat CHANGE POSTROUTING -s $LAB_NET4.0/24 ! -d $LAB_NET4.0/24 -j MASQUERADE"
  echo "CHANGE FORWARD -i $LAB_BRIDGE -j ACCEPT"
  echo "CHANGE FORWARD -o $LAB_BRIDGE -j ACCEPT"
}

net_down() {
  local name rule tries
  for name in $(ip netns list | awk -v prefix="$LAB_PREFIX-" 'index($1, prefix) == 1 { print $1 }'); do
    ip netns delete "$name" || true
  done
  for name in $(ip -o link show | awk -F '[ :@]+' -v prefix="$LAB_PREFIX" 'index($2, prefix) == 1 { print $2 }'); do
    ip link delete "$name" 2>/dev/null || true
  done
  net_rules | while read -r rule; do
    for ((tries = 0; tries < 8; tries++)); do
      # shellcheck disable=SC2086
      iptables -w 10 ${rule/CHANGE/-D} 2>/dev/null || break
    done
  done
  if [ -f "$LAB_STATE/ip_forward" ]; then
    cat "$LAB_STATE/ip_forward" >/proc/sys/net/ipv4/ip_forward
    rm -f "$LAB_STATE/ip_forward"
  fi
}

# net_host NAME N: the namespace of a host, with the addresses .N and :N.
net_host() {
  local ns=$LAB_PREFIX-$1 outside=$LAB_PREFIX$2
  ip netns add "$ns"
  ip link add "$outside" type veth peer name host0 netns "$ns"
  ip link set "$outside" master "$LAB_BRIDGE" up
  ip -n "$ns" link set lo up
  ip -n "$ns" link set host0 up
  ip -n "$ns" address add "$LAB_NET4.$2/24" dev host0
  ip -n "$ns" -6 address add "$LAB_NET6:$2/64" dev host0 nodad
  ip -n "$ns" route add default via "$LAB_GATEWAY"
}

net_host_remove() {
  ip netns delete "$LAB_PREFIX-$1" 2>/dev/null || true
  ip link delete "$LAB_PREFIX$2" 2>/dev/null || true
}
