# A CI runner to test workflows with: does what examples/ci says, as GitHub's and GitLab's runners would, for one event.
#
#   examples_ci.pl json FILE                                the file as JSON
#   examples_ci.pl scripts FILE FOLDER                      its shell, to be linted: a file a step, or a job
#   examples_ci.pl github|gitlab FILE FOLDER [NAME=VALUE…]  all jobs of an event
#
# NAMEs are those of GitHub's contexts (github.event_name, secrets.TS_AUTHKEY; env.X goes before the file's), or GitLab's variables.
# FOLDER/repository.git gets checked out, at its HEAD; where a step names another repository, FOLDER/stagecraft.git. A job has a
# folder there, with work/, kept/ (what it uploads), summary.md, console. "JOB: success", failure or skipped is printed of
# each, with what it waits for. FOLDER/ran has the lines that were reached, FILE:JOB:STEP:LINE; FOLDER/lines those that there are.
#
# An expression, an action or a key that it doesn't know ends it: nothing is passed over.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path);
use JSON::PP;
use YAML::XS ();

my ($mode, $file, $folder, @given) = @ARGV;
$YAML::XS::Boolean = 'JSON::PP';
my $ci = YAML::XS::LoadFile($file);
my ($name) = $file =~ m{([^/]+)$};
my %context = map { split /=/, $_, 2 } @given;
my %result; # of jobs

my %modes = (json => \&json, scripts => \&scripts, github => \&github, gitlab => \&gitlab);
$folder = abs_path($folder) if $folder;
$modes{$mode}->();
exit(!!grep { $_ eq 'failure' } values %result);

# ---- of both ----

sub write_file {
  my ($to, $how, $text) = @_;
  open my $f, $how, $to or die "$to: $!\n";
  print $f $text;
  close $f or die "$to: $!\n";
}

sub read_file {
  local (@ARGV, $/) = @_;
  return -e $ARGV[0] ? <> // '' : '';
}

# Ends it if a hash has other keys than these.
sub only {
  my ($what, $hash, @known) = @_;
  my %known = map { $_ => 1 } @known;
  $known{$_} or die "$what: $_ is not known\n" for sort keys %$hash;
}

# What an expression is worth: texts, patterns, operators, and names, which $named tells the values of.
sub worth {
  my ($text, $named) = @_;
  my %perl = ('==' => 'eq', '!=' => 'ne');
  my $code = '';
  while ($text =~ m{\G\s*(?:(?<op>==|!=|=~|!~|&&|\|\||!|\(|\))|(?<q>["'])(?<s>.*?)\g{q}|(?<re>/[^/]+/)|(?<n>\$?[A-Za-z_][\w.]*(?:\(\))?))\s*}gc) {
    my %is = %+;
    my $value = $is{s} // (defined $is{n} ? $named->($is{n}) : undef);
    $code .= defined $value ? quoted($value) : $is{re} // $perl{ $is{op} } // $is{op};
    $code .= ' ';
  }
  die "expression: $text\n" if (pos $text // 0) < length $text;
  my $result = eval $code;
  die "expression: $text: $@" if $@;
  return $result;
}

sub quoted {
  my $text = shift;
  $text =~ s/([\\'])/\\$1/g;
  return "'$text'";
}

sub flat { return map { ref ? flat(@$_) : $_ } @_ }

sub checkout {
  my ($from, $to, $commit) = @_;
  system('git', 'clone', '-q', '--no-local', "$folder/$from", $to) == 0 or die "$from: no checkout\n";
  system('git', '-C', $to, 'checkout', '-q', $commit) == 0 or die "$from: no $commit\n" if $commit;
}

sub keep {
  my ($place, @paths) = @_;
  for (@paths) {
    next unless -e "$place/work/$_";
    system('cp', '-R', "$place/work/$_", "$place/kept/") == 0 or die "$_: not kept\n";
  }
}

# Notes the lines of $text that are commands.
sub note_lines {
  my ($where, $text) = @_;
  my $n = 0;
  my @lines = map { $n++; /^\s*(#.*)?$/ ? () : "$name:$where:$n\n" } split /\n/, $text;
  write_file("$folder/lines", '>>', join '', @lines);
}

# Runs $text as a runner does, with nothing but $env in its environment. The lines that were reached are known by bash's
# own trace, which goes nowhere else.
sub bash {
  my ($where, $text, $place, %env) = @_;
  write_file("$place/script", '>', "$text\n");
  my $pid = fork // die "fork: $!\n";
  if (!$pid) {
    my @passed = grep { /^(PATH|HOME|STUB_\w+|GIT_CONFIG_\w+)$/ } keys %ENV;
    %ENV = ((map { $_ => $ENV{$_} } @passed), CI => 'true', LC_ALL => 'C.UTF-8', %env);
    chdir "$place/work" or die "$place/work: $!\n";
    open STDIN, '<', '/dev/null' or die "$!\n";
    open STDOUT, '>>', "$place/console" or die "$!\n";
    open STDERR, '>&', \*STDOUT or die "$!\n";
    my @shell = qw(bash --noprofile --norc -c);
    exec @shell, "exec {BASH_XTRACEFD}>../trace; PS4='+\${LINENO} '; set -eo pipefail -x; . ../script" or die "bash: $!\n";
  }
  waitpid $pid, 0;
  my $ok = $? == 0;
  my %reached = map { /^\++(\d+) / ? ($1 => 1) : () } split /\n/, read_file("$place/trace");
  write_file("$folder/ran", '>>', join '', map { "$name:$where:$_\n" } sort keys %reached);
  unlink "$place/trace", "$place/script";
  return $ok;
}

sub report {
  my ($id, $result, @waits) = @_;
  $result{$id} = $result;
  print "$id: $result", (map { " ($_)" } grep { defined } @waits), "\n";
}

sub json { print JSON::PP->new->canonical->pretty->encode($ci) }

sub scripts {
  my %text;
  if (my $jobs = $ci->{jobs}) {
    for my $id (keys %$jobs) {
      my $n = 0;
      for my $step (@{ $jobs->{$id}{steps} }) { $n++; $text{"$id-$n"} = $step->{run} if defined $step->{run} }
    }
  } else {
    $text{$_} = gitlab_script($_) for gitlab_jobs();
  }
  write_file("$folder/$_.sh", '>', "#!/bin/bash\nset -eo pipefail\n$text{$_}\n") for keys %text;
}

# ---- GitHub ----

sub github {
  only('the workflow', $ci, qw(name on permissions defaults env jobs));
  die "the shell is not bash\n" unless $ci->{defaults}{run}{shell} eq 'bash';
  $context{"env.$_"} //= $ci->{env}{$_} for keys %{ $ci->{env} };
  my %todo = %{ $ci->{jobs} };
  while (%todo) {
    my ($id) = grep { my $needs = $todo{$_}{needs}; !$needs || $result{$needs} } sort keys %todo;
    die "needs go in a circle\n" unless $id;
    github_job($id, delete $todo{$id});
  }
}

# Of a context; what an event doesn't have, or no variable is, is empty.
sub github_value {
  my ($expression, $failed) = @_;
  my %state = ('always()' => 1, 'cancelled()' => 0, 'success()' => $failed ? 0 : 1, 'failure()' => $failed ? 1 : 0);
  return worth($expression, sub {
    my $word = shift;
    return $state{$word} if exists $state{$word};
    die "$word is not known\n" unless exists $context{$word} || $word =~ /^(github\.event|vars)\.\w+$/;
    return $context{$word} // '';
  });
}

sub github_whether {
  my ($if, $failed) = @_;
  $if =~ s/^\$\{\{(.*)\}\}$/$1/;
  return 0 if $failed && $if !~ /\b(always|cancelled|failure)\(/;
  return github_value($if, $failed);
}

sub github_filled {
  my $hash = shift // {};
  my %filled = %$hash;
  s/\$\{\{(.*?)\}\}/github_value("$1")/ge for values %filled;
  return %filled;
}

sub github_job {
  my ($id, $job) = @_;
  only("job $id", $job, qw(if needs runs-on timeout-minutes environment concurrency permissions steps));
  my $go = (!$job->{needs} || $result{ $job->{needs} } eq 'success') && github_whether($job->{if} // 'success()');
  my ($place, $failed, $n) = ("$folder/$id", 0, 0);
  make_path("$place/work", "$place/kept") if $go;
  for my $step (@{ $job->{steps} }) {
    $n++;
    only("step $n of $id", $step, qw(name if env run uses with));
    note_lines("$id:$n", $step->{run}) if defined $step->{run};
    next unless $go && github_whether($step->{if} // 'success()', $failed);
    if (defined $step->{uses}) { github_action($step->{uses}, $place, github_filled($step->{with})) }
    elsif (!github_run("$id:$n", $step, $place)) { $failed = 1 }
  }
  report($id, !$go ? 'skipped' : $failed ? 'failure' : 'success', $job->{environment} && "environment $job->{environment}");
}

sub github_run {
  my ($where, $step, $place) = @_;
  local $ENV{PATH} = join ':', reverse(split /\n/, read_file("$place/path")), $ENV{PATH};
  write_file("$place/step.md", '>', '');
  my $ok = bash($where, $step->{run}, $place, GITHUB_ACTIONS => 'true', GITHUB_EVENT_NAME => $context{'github.event_name'},
    GITHUB_WORKSPACE => "$place/work", GITHUB_STEP_SUMMARY => "$place/step.md", GITHUB_PATH => "$place/path",
    github_filled($ci->{env}), github_filled($step->{env}));
  write_file("$place/summary.md", '>>', read_file("$place/step.md"));
  return $ok;
}

# What the actions do, as far as a job sees it.
sub github_action {
  my ($uses, $place, %with) = @_;
  my ($action, $commit) = split /@/, $uses;
  die "$uses: not a commit\n" unless $commit =~ /^[0-9a-f]{40}$/;
  if ($action eq 'actions/checkout') {
    die "$uses: leaves a token behind\n" if $with{'persist-credentials'} // 1;
    checkout($with{repository} ? 'stagecraft.git' : 'repository.git', join('/', "$place/work", $with{path} // ()), $with{ref});
  } elsif ($action eq 'actions/upload-artifact') {
    keep($place, split ' ', $with{path});
  } elsif ($action eq 'github/codeql-action/upload-sarif') {
    die "$uses: there is nothing to upload\n" unless -s "$place/work/$with{sarif_file}";
    keep($place, $with{sarif_file});
  } else {
    die "$uses: not known\n";
  }
}

# ---- GitLab ----

sub gitlab_jobs { return sort grep { ref $ci->{$_} eq 'HASH' && $ci->{$_}{script} } keys %$ci }
sub gitlab_script { return join "\n", flat($ci->{default}{before_script}, $ci->{ $_[0] }{script}) }

# The first of the rules that holds.
sub gitlab_rule {
  for my $rule (@{ $_[0] }) {
    only('a rule', $rule, qw(if when variables));
    return $rule if worth($rule->{if}, sub { $context{ substr $_[0], 1 } // '' });
  }
  return;
}

sub gitlab {
  my @stages = @{ $ci->{stages} };
  only('the file', $ci, qw(stages variables workflow default), gitlab_jobs());
  only('default', $ci->{default}, qw(image interruptible timeout before_script));
  only('stages', { map { $ci->{$_}{stage} => 1 } gitlab_jobs() }, @stages);
  my $go = gitlab_rule($ci->{workflow}{rules});
  for my $stage (@stages) {
    my @of_stage = grep { $ci->{$_}{stage} eq $stage } gitlab_jobs();
    gitlab_job($_, $ci->{$_}, $go) for @of_stage;
    $go = 0 if grep { $result{$_} eq 'failure' } @of_stage;
  }
}

sub gitlab_job {
  my ($id, $job, $go) = @_;
  only("job $id", $job, qw(stage rules environment resource_group interruptible timeout script artifacts));
  note_lines($id, gitlab_script($id));
  my $rule = gitlab_rule($job->{rules});
  my $result = 'skipped';
  if ($go && $rule) {
    my $place = "$folder/$id";
    make_path("$place/kept");
    checkout('repository.git', "$place/work");
    my %variables = (%{ $ci->{variables} }, %{ $rule->{variables} // {} });
    s/^\$(\w+)$/$context{$1} \/\/ die "$1 is not known\n"/e for values %variables;
    my $ok = bash($id, gitlab_script($id), $place, GITLAB_CI => 'true', CI_PROJECT_DIR => "$place/work", %variables, %context);
    gitlab_keep($job->{artifacts}, $place, $ok);
    $result = $ok ? 'success' : 'failure';
  }
  report($id, $result, $rule && $rule->{when}, $job->{environment} && "environment $job->{environment}{name}");
}

sub gitlab_keep {
  my ($artifacts, $place, $ok) = @_;
  only('artifacts', $artifacts, qw(when expose_as paths reports));
  keep($place, flat($artifacts->{paths} // []), values %{ $artifacts->{reports} // {} })
    if $ok || ($artifacts->{when} // '') eq 'always';
}
