#!/usr/bin/env bats
# README.md: what it shows of the program's output is what the program prints.

# shellcheck disable=SC2154 # run sets output
bats_require_minimum_version 1.5.0

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  cd "$BATS_TEST_TMPDIR" || return 1
}

# shown HEADING: the indented lines under it, a blank line between two blocks
shown() {
  awk -v heading="## $1" '
    /^## / { inside = $0 == heading }
    inside && /^    / { print substr($0, 5); any = 1; next }
    inside && any { print ""; any = 0 }' "$root/README.md"
}

# finds FILE: whether the blocks on standard input stand in FILE, in this order, each line of a block right behind the one
# before it; a line of nothing but … (behind a |, too) leaves some out. Prints the first line that doesn't.
finds() {
  perl -e '
    open my $file, "<", shift or die;
    chomp(my @have = <$file>);
    my ($at, $gap) = (0, 1);
    while (my $line = <STDIN>) {
      chomp $line;
      if ($line =~ /^ *\|? ?…$/ || $line eq "") { $gap = 1; next }
      my $from = $at;
      $at++ while $gap && $at < @have && $have[$at] ne $line;
      if ($at >= @have || $have[$at] ne $line) { print "line ", $from + 1, ": $have[$from]\nREADME.md: $line\n"; exit 1 }
      ($at, $gap) = ($at + 1, 0);
    }' "$1"
}

@test "README: what it shows of the demo is what the demo prints" {
  "$root/examples/demo/run" >demo.txt 2>&1
  # Which host ends first is chance.
  sed '/^\[[0-9]*\/[0-9]*\] /d' demo.txt >lines.txt
  shown 'What the demo shows' >blocks
  [ "$(grep -c . blocks)" -ge 40 ]
  run finds lines.txt <blocks
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "README: the comparison sees a line that is another, is missing, or is too many" {
  printf '%s\n' a b c d e f >have
  finds have <<<$'a\nb\n\nd\n…\nf'
  finds have <<<$'b\n      | …\ne'
  for blocks in $'a\nx' $'a\nc' $'d\n\na' $'a\nb\nb' $'f\ng'; do
    run -1 finds have <<<"$blocks"
  done
}

@test "README: the mistake that it shows" {
  cat >stagecraft.yml <<'END'
network:
  provider: tailscale
  providers:
    tailscale:
      auth_key_env: TS_AUTHKEY
      tailnet_domain: mytailnet.ts.net
      role_tags: {db: [db]}
END
  printf 'hosts:\n  - {id: plat-db-1, public_ip: 203.0.113.10, role: db}\n' >hosts.yml
  GITHUB_ACTIONS='' run -3 "$STAGECRAFT" validate
  printf '%s\n' "$output" >lines.txt
  shown 'When something fails' >blocks
  [ "$(grep -c . blocks)" -eq 3 ]
  finds lines.txt <blocks
}

@test "README: the difference of secrets that it shows" {
  cp -R "$root/examples/secrets/." .
  { echo '$ stagecraft secrets diff' && "$STAGECRAFT" secrets diff 2>/dev/null || :; } >lines.txt
  shown Secrets >blocks
  [ "$(grep -c . blocks)" -eq 4 ]
  finds lines.txt <blocks
}
