#!/usr/bin/env bats
# A review elsewhere than on a terminal: the comment of a pull request, the job's summary, the page.

# shellcheck disable=SC2016,SC2154 # no expansion is meant; run sets output
bats_require_minimum_version 1.5.0

setup_file() { # once: 500 hosts are compiled
  cd "$BATS_FILE_TMPDIR" || return 1
  config tag:db 24.0
  for ((i = 100; i < 600; i++)); do
    ((i % 4)) && role=app || role=db
    ((i % 8)) && tags='' || tags=tag:eu
    echo "- {id: h-$i, public_ip: \"2001:db8::$i\", role: $role, tags: [$tags]}"
  done >hosts.yml
  "$STAGECRAFT" compile -q
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  unset PAGER LESS GITHUB_STEP_SUMMARY
  cp -R "$BATS_FILE_TMPDIR"/* .
}

# config TAGS VERSION: role db has these tags
config() {
  cat >stagecraft.yml <<END
network:
  provider: tailscale
  providers:
    tailscale:
      auth_key_env: TS_AUTHKEY
      tailnet_domain: mytailnet.ts.net
      role_tags: {db: [$1], app: [tag:app]}
infra: {bootstrap: {layout: split, docker: {minVersion: "$2"}}}
END
}

# tags FILE: what of its markup isn't closed, or closes nothing; attributes without quotes, names that stand twice
tags() {
  perl -e '
    undef $/;
    my $page = <>;
    my (@open, %ids);
    my %void = map { $_ => 1 } qw(meta);
    my %rest = map { $_ => 1 } qw(html body thead tbody tr td th); # their ends may be left out
    $page =~ s/<style>.*?<\/style>//s;
    print "no doctype\n" unless $page =~ s/^<!DOCTYPE html>\n//;
    while ($page =~ /<(\/?)([a-z0-9]+)((?: [a-z-]+(?:="[^"<>]*")?)*)>|([<>]|&(?!amp;|lt;|gt;|quot;|#39;))/g) {
      my ($end, $name, $attributes, $stray) = ($1, $2, $3, $4);
      print "stray $stray\n" if $stray;
      next if $stray || $void{$name} || $rest{$name};
      print "$1 twice\n" if $attributes =~ / id="([^"]*)"/ && $ids{$1}++;
      if (!$end) { push @open, $name } elsif ($name ne (pop(@open) // "")) { print "</$name> closes nothing\n" }
    }
    print "<$_> is open\n" for @open;
    print "no $_\n" for grep { !$ids{$_} } $page =~ /href="#([^"]*)"/g;' "$1"
}

# contrasts FILE: of each colour of text, on each ground that it may stand on
contrasts() {
  perl -e '
    undef $/;
    my ($style) = <> =~ /<style>(.*?)<\/style>/s;
    sub light {
      my @c = map { my $v = hex($_) / 255; $v <= 0.04045 ? $v / 12.92 : (($v + 0.055) / 1.055) ** 2.4 } $_[0] =~ /[0-9a-f]{2}/g;
      return 0.2126 * $c[0] + 0.7152 * $c[1] + 0.0722 * $c[2];
    }
    my %schemes;
    while ($style =~ /(\(prefers-color-scheme:dark\)\s*\{)?:root\{([^}]*)/g) {
      my ($scheme, $colours) = ($1 ? "dark" : "light", $2);
      $schemes{$scheme}{$1} = $2 while $colours =~ /--([a-z-]+):(#[0-9a-f]{6})/g;
    }
    for my $scheme (sort keys %schemes) {
      my %c = %{$schemes{$scheme}};
      for my $text (grep { !/^(paper|code|line)$|-ground$/ } sort keys %c) {
        for my $ground ($c{"$text-ground"} ? "$text-ground" : qw(paper code)) {
          my ($more, $less) = sort { $b <=> $a } light($c{$text}), light($c{$ground});
          printf "%s %s %s %.2f\n", $scheme, $text, $ground, ($more + 0.05) / ($less + 0.05);
        }
      }
    }' "$1"
}

@test "page: a role's tag on 500 hosts is one line, a shared setting one hunk, in a comment as on the page" {
  config 'tag:db, tag:backup' 25.0
  run -2 --separate-stderr "$STAGECRAFT" diff --format markdown --html page.html
  diff - <(echo "$output") <<'END'
## stagecraft diff: 2 settings differ on 500 of 500 hosts

`stagecraft.yml` compiles to something else than `scripts`:

- `DOCKER_MIN_VERSION: 24.0 → 25.0 on all 500 hosts`
- `NETWORK_TAGS: +tag:backup on role db (125 hosts)`

<details>
<summary>steps.sh: <code>all 500 hosts</code></summary>

```diff
@@ -4,7 +4,7 @@
 { case ${HOST_ID:+$0} in '' | steps.sh | */steps.sh) echo "steps.sh is a part of each host's script: run that" >&2; exit 64 ;; esac; }
 
 # The same on every host of this configuration.
-DOCKER_MIN_VERSION='24.0'
+DOCKER_MIN_VERSION='25.0'
 DOCKER_VERSION='latest'
 NETWORK_AUTH_KEY_ENV='TS_AUTHKEY'
 NETWORK_DOMAIN='mytailnet.ts.net'
```

</details>
END
  [ "$(grep -c '<li><b>' page.html)" -eq 2 ]
  grep -qF '<li><b>NETWORK_TAGS:</b> <ins>+tag:backup</ins> on role db (125 hosts)</li>' page.html
  [ "$(grep -c '<span class="at">@@' page.html)" -eq 1 ]
  [ "$(grep -c '^<tr><th scope="row">h-' page.html)" -eq 500 ]
  [ "$(grep -c '^<details.*<summary>role app (375 hosts)' page.html)" -eq 1 ]
  grep -qF '<tr><th scope="row">h-104<td data-of="address">2001:db8::104<td data-of="role">db<td data-of="tags">tag:backup, tag:db, tag:eu<td class="changed">changed<td data-of="written at">hosts.yml:5</tr>' page.html
  [ "$(stat -c %s page.html)" -lt 300000 ]
  cp page.html first.html
  run -2 "$STAGECRAFT" diff -q --html page.html
  cmp page.html first.html
}

@test "page: changes of the steps' shell and by hand are each one hunk" {
  sed -i 's/^  umask 022$/  umask 077/' scripts/steps.sh
  run -2 --separate-stderr "$STAGECRAFT" diff --format markdown --html page.html
  [[ $output == *'- `shell of the steps: differs on all 500 hosts`'* ]]
  [ "$(grep -c '^@@' <<<"$output")" -eq 1 ]
  [ "$(wc -l <<<"$output")" -lt 60 ]
  [ "$(grep -c '<span class="del">-  umask 077</span>' page.html)" -eq 1 ]
}

@test "page: it is well-formed, legible in the light and in the dark, and needs nothing" {
  config 'tag:db, tag:backup' 25.0
  echo '- {id: new, public_ip: new.example.com}' >>hosts.yml
  sed -i /h-101/d hosts.yml
  run -2 "$STAGECRAFT" diff -q --html page.html
  run -0 tags page.html
  [ -z "$output" ]
  grep -q '<td class="ok">new<' page.html
  grep -q '<s>h-101</s>.*<td class="failed">gone<' page.html
  run -0 contrasts page.html
  [ "${#lines[@]}" -ge 40 ]
  [ -z "$(awk '$4 < 4.5' <<<"$output")" ]
  run ! grep -iE '<(script|link|img|iframe|object|form)|(src|href)="[^#]|url\(|@import| on[a-z]+=' page.html
  grep -qF "content=\"default-src 'none'; style-src 'unsafe-inline'\"" page.html
  grep -q 'name="viewport"' page.html
  # What finds that.
  printf '<!DOCTYPE html>\n<p id="a"><b></p><i class=x>&nbsp;<a id="a" href="#b"></a>' >bad.html
  [ "$(tags bad.html)" = $'</p> closes nothing\nstray <\nstray >\nstray &\na twice\n<p> is open\nno b' ]
  sed 's/--ink:#1f2328/--ink:#888888/' page.html >bad.html
  [ "$(contrasts bad.html | awk '$4 < 4.5 { print $2, $3 }')" = $'ink paper\nink code' ]
}

@test "page: the job's summary of GitHub Actions gets the markdown, behind what is there" {
  export GITHUB_STEP_SUMMARY=$PWD/summary.md
  "$STAGECRAFT" diff -q
  [ "$(cat summary.md)" = $'## stagecraft diff: 500 are the same\n\n`stagecraft.yml` compiles to what is in `scripts`.' ]
  config 'tag:db, tag:backup' 24.0
  printf 'mine' >summary.md
  run -2 --separate-stderr "$STAGECRAFT" diff -q
  [ "${lines[0]}" = 'NETWORK_TAGS: +tag:backup on role db (125 hosts)' ]
  diff <(printf 'mine\n' && GITHUB_STEP_SUMMARY='' "$STAGECRAFT" diff --format markdown) summary.md
  # What GitHub would refuse, and what can't be written, is a warning.
  truncate -s 1048500 summary.md
  run -2 --separate-stderr "$STAGECRAFT" diff -q
  [[ $stderr == *'warning: the job summary lacks this: cannot add to '*'/summary.md: GitHub takes 1 MiB of a step' ]]
  [ "$(stat -c %s summary.md)" -eq 1048500 ]
  for bad in "$PWD" "$PWD/nowhere/summary.md" /dev/null; do
    GITHUB_STEP_SUMMARY=$bad run -2 --separate-stderr "$STAGECRAFT" diff -q
    [[ $stderr == *"warning: the job summary lacks this: cannot add to $bad: "* ]]
  done
}
