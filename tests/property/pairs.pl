#!/usr/bin/env perl
# What stagecraft diff says of random pairs of configs, against what the compiled scripts assign in a shell.
#
#   tests/property/pairs.pl STAGECRAFT [PAIRS [SEED]]        (make pairs)
#
# Each pair is compiled, and the scripts' assignments and plans are read by sh. The settings, steps, hosts and addresses
# that diff names have to be exactly those that differ, of exactly these hosts; its words have to say the same; it may find
# no difference only where every file is the same. Works in the current folder.
use strict;
use warnings;
use JSON::PP qw(decode_json);

my ($stagecraft, $pairs, $seed) = @ARGV;
$pairs //= 1000;
$seed //= 1;
srand $seed;
my ($number, %seen) = (0);

sub fail { die "pair $number of seed $seed: @_\n" }

sub one { $_[rand @_] }
sub some { my $chance = shift; grep { rand() < $chance } @_ }
sub list { '[' . join(', ', map { "\"$_\"" } @_) . ']' }

# ---- random configs ----

my @tags = map { "tag:$_" } qw(a b c d);
my @args = ('--ssh', '--accept-routes', '--accept-dns=false', '--advertise-routes=10.0.0.0/8,10.1.0.0/16', '--shields-up');
my @roles = qw(app db web);

# Each part of a config: how it is made anew.
my %parts = (
  layout => sub { one(qw(whole split)) },
  provider => sub { one(qw(tailscale tailscale headscale)) },
  domain => sub { one('a.ts.net', 'b.ts.net') },
  default_tags => sub { [some(0.4, @tags)] },
  role_tags => sub { my %of = map { $_ => [some(0.4, @tags)] } @roles; \%of },
  up_args => sub { [some(0.2, @args)] },
  role_up_args => sub { my %of = map { $_ => [some(0.2, @args)] } @roles; \%of },
  join_timeout => sub { one(qw(60s 60s 90s)) },
  min_version => sub { one('', '1.78.0', '1.80') },
  docker => sub { one(qw(true true true false)) },
  method => sub { one(qw(apt apt official script skip)) },
  version => sub { one(qw(latest latest 27.1)) },
  min_docker => sub { one('', '24.0') },
);

sub new_host {
  return {address => '192.0.2.' . int(rand 3), port => one('', '', 22, 2222), role => one(@roles, ''),
    tags => [some(0.15, @tags)], up_args => [some(0.05, @args)]};
}

sub new_config {
  my %config = map { $_ => $parts{$_}->() } keys %parts;
  $config{hosts} = {map { ("h-$_" => new_host()) } some(0.8, 1 .. 7), 8};
  return \%config;
}

# A few things of it anew, or nothing.
sub changed {
  my ($old) = @_;
  my %new = %$old;
  my $chance = one(0, 0.05, 0.15, 0.4);
  $new{$_} = $parts{$_}->() for some($chance, sort keys %parts);
  my %hosts = map { rand() < $chance / 2 ? () : ($_ => $old->{hosts}{$_}) } sort keys %{$old->{hosts}};
  $hosts{"h-$_"} = new_host() for some($chance / 2, 1 .. 9);
  for my $id (some($chance, sort keys %hosts)) {
    my $fresh = new_host();
    my $key = one(sort keys %$fresh);
    $hosts{$id} = {%{$hosts{$id}}, $key => $fresh->{$key}};
  }
  $hosts{'h-8'} //= new_host();
  $new{hosts} = \%hosts;
  return \%new;
}

sub spurt { my ($file, $text) = @_; open my $to, '>', $file or die "$file: $!"; print $to $text; close $to or die }
sub slurp { my ($file) = @_; open my $from, '<', $file or die "$file: $!"; local $/; return scalar <$from> }

sub write_config {
  my ($c) = @_;
  my $of_roles = sub { my ($of) = @_; '{' . join(', ', map { "$_: " . list(@{$of->{$_}}) } @roles) . '}' };
  my $text = "network:\n  provider: $c->{provider}\n  providers:\n    $c->{provider}:\n"
    . "      auth_key_env: K\n      tailnet_domain: $c->{domain}\n";
  $text .= "      login_server: https://hs.example.org\n" if $c->{provider} eq 'headscale';
  $text .= "      default_tags: " . list(@{$c->{default_tags}}) . "\n      role_tags: " . $of_roles->($c->{role_tags}) . "\n";
  $text .= "      up_args: " . list(@{$c->{up_args}}) . "\n      role_up_args: " . $of_roles->($c->{role_up_args}) . "\n";
  $text .= "      join_timeout: $c->{join_timeout}\n";
  $text .= "      install: {min_version: \"$c->{min_version}\"}\n" if $c->{min_version};
  $text .= "infra:\n  bootstrap:\n    layout: $c->{layout}\n    docker: {enabled: $c->{docker}, installMethod: $c->{method}";
  $text .= $c->{method} =~ /^(apt|script|skip)$/ ? '' : ", version: \"$c->{version}\"";
  $text .= ", minVersion: \"$c->{min_docker}\"" if $c->{min_docker};
  spurt('stagecraft.yml', "$text}\n");
  my $hosts = '';
  for my $id (sort keys %{$c->{hosts}}) {
    my $h = $c->{hosts}{$id};
    $hosts .= "- {id: $id, public_ip: $h->{address}, tags: " . list(@{$h->{tags}});
    $hosts .= ", ssh: {port: $h->{port}}" if $h->{port};
    $hosts .= ", role: $h->{role}" if $h->{role};
    $hosts .= ', up_args: ' . list(@{$h->{up_args}}) if @{$h->{up_args}};
    $hosts .= "}\n";
  }
  spurt('hosts.yml', $hosts);
}

# ---- what the scripts say ----

# A folder's hosts, as sh reads them: name to value; steps as "step NAME" to the function.
sub read_folder {
  my ($dir) = @_;
  my ($program, %hosts) = ('step() { printf "step %s=%s\0" "$1" "$2"; }' . "\n");
  my $shared = -e "$dir/steps.sh" ? slurp("$dir/steps.sh") : '';
  for my $file (glob "$dir/*.sh") {
    my ($id) = $file =~ m{([^/]+)\.sh$};
    next if $id eq 'steps';
    my $text = slurp($file) . $shared;
    my ($settings, $steps) = $text =~ /\A(.*?)^\{ # one group.*?^(plan\(\) \{.*?^\})$/ms or fail "$file has no plan";
    my %names = map { $_ => 1 } $settings =~ /^([A-Z_0-9]+)=/mg;
    $program .= "(\n$settings\n$steps\nprintf 'host %s\\0' $id\n";
    $program .= "printf '%s\\0' \"$_=\$$_\"\n" for sort keys %names;
    $program .= "plan\n)\n";
  }
  spurt('read', $program);
  my $host;
  for (split /\0/, qx(sh <read)) {
    if (/^host (.*)/) { $host = $hosts{$1} = {} }
    elsif (/^([^=]*)=(.*)/s) { $host->{$1} = $2 }
    else { fail "sh says $_" }
  }
  return \%hosts;
}

sub same_folders {
  my %files = map { $_ => 1 } map { (my $name = $_) =~ s{.*/}{}; $name } glob('a/*'), glob('b/*');
  for (keys %files) { return 0 unless -e "a/$_" && -e "b/$_" && slurp("a/$_") eq slurp("b/$_") }
  return 1;
}

# ---- against what diff says ----

sub words { my ($value, $between) = @_; sort grep { length } split /\Q$between\E/, $value // '' }

# Whether what came and went leads from BEFORE to AFTER.
sub leads {
  my ($c, $before, $after) = @_;
  my $between = $c->{name} =~ /_TAGS$/ ? ',' : ' ';
  my %count;
  $count{$_}++ for words($before, $between), @{$c->{came}};
  $count{$_}-- for words($after, $between), @{$c->{went}};
  return !grep { $_ } values %count;
}

# Each change of the list CHANGES, whose names are PREFIX and KEY's, has to be one of EXPECTED; these are taken away.
sub check_changes {
  my ($changes, $prefix, $key, $expected) = @_;
  for my $c (@$changes) {
    for my $id (@{$c->{hosts}}) {
      my $is = delete $expected->{$id}{"$prefix$c->{$key}"} or fail "$c->{$key} of $id is told, and is the same";
      my ($before, $after) = @$is;
      my $kind = !defined $before ? 'added' : !defined $after ? 'gone' : 'changed';
      fail "$c->{$key} of $id is $kind, not $c->{kind}" if $kind ne $c->{kind};
      if ($c->{came}) {
        fail "$c->{$key} of $id: what came and went is wrong" unless leads($c, $before, $after);
        next if !defined $c->{before} && !defined $c->{after};
      }
      for (['before', $before], ['after', $after]) {
        my ($side, $want) = @$_;
        my $got = $c->{$side};
        $got =~ s/ in place \d+$// if $key eq 'step' && defined $got;
        fail "$c->{$key} of $id: $side is " . ($got // 'null') . ', not ' . ($want // 'null')
          if ($got // "\1") ne ($want // "\1");
      }
    }
  }
}

# The hosts of a change as the words have them.
sub named {
  my ($c) = @_;
  my @ids = @{$c->{hosts}};
  return 'all ' . @ids . ' hosts' if $c->{all} && @ids > 1;
  return "role $c->{role} (" . @ids . ' hosts)' if $c->{role} && @ids > 1;
  return join(', ', @ids) if @ids <= 3;
  return "$ids[0], $ids[1] and " . (@ids - 2) . ' more';
}

sub check_sets {
  my ($doc, $config, $both) = @_;
  my %of_role;
  push @{$of_role{$config->{hosts}{$_}{role}}}, $_ for @$both;
  for my $c (@{$doc->{settings}}, @{$doc->{steps}}, @{$doc->{hunks}}) {
    my $ids = "@{$c->{hosts}}";
    my ($role) = grep { $_ && "@{$of_role{$_}}" eq $ids } sort keys %of_role;
    fail "the hosts $ids are role " . ($role // 'none') if ($role // '') ne ($c->{role} // '');
    fail "the hosts $ids are all or not" if !!$c->{all} != ($ids eq "@$both");
  }
}

# A word as a shell takes it.
sub quoted {
  my ($text) = @_;
  return $text if length $text && $text =~ m{\A[A-Za-z0-9@%+=:,./_-]+\z};
  $text =~ s/'/'\\''/g;
  return "'$text'";
}

sub check_words {
  my ($doc, $said) = @_;
  my @want;
  for my $c (@{$doc->{settings}}) {
    my $what = $c->{came}
      ? join(' ', map { my ($sign, $word) = @$_; $sign . ($word =~ /^-/ ? ' ' : '') . quoted($word) }
        (map { ['+', $_] } @{$c->{came}}), (map { ['-', $_] } @{$c->{went}}))
      : $c->{kind} eq 'changed' ? quoted($c->{before}) . " \xE2\x86\x92 " . quoted($c->{after})
      : $c->{kind} . ': ' . quoted($c->{before} // $c->{after});
    push @want, "$c->{name}: $what on " . named($c);
  }
  my @got = grep { /^[A-Z_]+: / } split /\n/, $said;
  fail "words:\n" . join("\n", @got) . "\nnot:\n" . join("\n", @want) if "@got" ne "@want";
}

sub check_pair {
  my ($was, $is, $was_config, $is_config) = @_;
  my $doc = decode_json(scalar qx("$stagecraft" diff -o a --json 2>said));
  my $status = $? >> 8;
  my $said = qx("$stagecraft" diff -q -o a 2>/dev/null);
  fail "exit status $status, then $?" if $? >> 8 != $status || $status != (same_folders() ? 0 : 2);
  my @both = grep { $was->{$_} } sort keys %$is;
  my (%expected, %changed, @addresses);
  for my $id (@both) {
    my %names = (%{$was->{$id}}, %{$is->{$id}});
    for (sort keys %names) {
      my ($before, $after) = ($was->{$id}{$_}, $is->{$id}{$_});
      $expected{$id}{$_} = [$before, $after] if ($before // "\1") ne ($after // "\1");
      $seen{$_}++ if $expected{$id}{$_};
    }
    my @address = map { my $h = $_->{hosts}{$id}; $h->{address} . ($h->{port} ? ":$h->{port}" : '') } $was_config, $is_config;
    push @addresses, "$id $address[0] $address[1]" if $address[0] ne $address[1];
  }
  check_changes($doc->{settings}, '', 'name', \%expected);
  check_changes($doc->{steps}, 'step ', 'step', \%expected);
  for my $id (sort keys %expected) { fail "$_ of $id differs, and isn't told" for sort keys %{$expected{$id}} }
  my %got = map { $_ => join ' ', map { $_->{id} } @{$doc->{$_}} } qw(added gone);
  fail "added: $got{added}" if $got{added} ne join ' ', grep { !$was->{$_} } sort keys %$is;
  fail "gone: $got{gone}" if $got{gone} ne join ' ', grep { !$is->{$_} } sort keys %$was;
  my $addresses = join '; ', map { "$_->{id} $_->{before} $_->{after}" } @{$doc->{addresses}};
  fail "addresses: $addresses, not: @addresses" if $addresses ne join '; ', @addresses;
  check_sets($doc, $is_config, \@both);
  check_words($doc, $said);
}

sub compile {
  my ($config, $dir) = @_;
  write_config($config);
  system("rm -rf $dir && \"$stagecraft\" compile -q -o $dir 2>said") == 0 or fail "it doesn't compile:\n", slurp('said');
  return read_folder($dir);
}

for (1 .. $pairs) {
  $number++;
  my $before = new_config();
  my $after = changed($before);
  my $was = compile($before, 'a');
  check_pair($was, compile($after, 'b'), $before, $after);
}
# All that can differ has differed, where there were pairs enough.
my @kinds = sort keys %seen;
fail "only these ever differed: @kinds" if $pairs >= 300 && @kinds < 13;
printf "%d pairs; what differed: %s\n", $pairs, join ', ', map { "$_ $seen{$_}" } @kinds;
