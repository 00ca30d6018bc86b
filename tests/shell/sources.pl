# sources.pl COUNT FOLDER: COUNT folders of apt sources, made up from a fixed seed: FOLDER/N/apt as /etc/apt, and
# FOLDER/N/expected, worked out without apt: what docker.install's official method has to make of it.
#   serves   an enabled entry of Docker's stable packages for bookworm and amd64 is there: nothing is written
#   added    none is, and ours gets along with what is there
#   refused  apt can't read what is there, or couldn't with ours beside it, or docker.list is somebody else's. So it is
#            for apt 2.2 and 2.6; apt 3.0 takes some that differ between http and https
use strict;
use warnings;

my ($count, $folder) = @ARGV;
my $seed = 20240229;

sub number {
    my ($below) = @_;
    $seed = ($seed * 1103515245 + 12345) % 2147483648;
    return int($seed / 65536) % $below;
}

sub one { return $_[number(scalar @_)] }

sub shuffled {
    my @left = @_;
    my @out;
    push @out, splice @left, number(scalar @left), 1 while @left;
    return @out;
}

my $ours = '/etc/apt/keyrings/docker.asc';
my $docker = 'https://download.docker.com/linux/debian';

sub entry {
    my %e = (
        uri => one(($docker) x 6, "$docker/", 'http://download.docker.com/linux/debian',
            'https://download.docker.com/linux/ubuntu', 'https://mirror.example/docker/linux/debian', 'http://deb.debian.org/debian'),
        suites => one(['bookworm'], ['bookworm'], ['bookworm'], ['bullseye'], ['bookworm', 'bullseye']),
        parts => one(['stable'], ['stable'], ['stable', 'test'], ['test'], ['test', 'nightly']),
        types => one(['deb'], ['deb'], ['deb'], ['deb-src'], ['deb', 'deb-src']),
        arch => one([], [], ['amd64'], ['arm64'], ['amd64', 'arm64']),
        signed => one('', $ours, $ours, '/etc/apt/keyrings/docker.gpg', '9DC858229FC7DD38854AE2D88D81803C0EBFCD88'),
        enabled => one('', '', '', 'yes', 'true', '1', 'on', 'no', 'No', 'false', '0', 'off', 'disable', 'without'),
        broken => number(25) == 0,
    );
    $e{on} = $e{enabled} !~ /^(no|false|0|off|disable|without)$/i;
    return \%e;
}

sub list_line { # one-line style; disabled is commented out
    my ($e) = @_;
    my @options;
    push @options, 'arch=' . join ',', @{$e->{arch}} if @{$e->{arch}};
    push @options, "signed-by=$e->{signed}" if $e->{signed};
    my $options = @options ? one('[', '[ ') . join(' ', shuffled(@options)) . one(']', ' ]') . ' ' : '';
    my $text = number(3) ? '' : "# Docker's packages: deb $docker bookworm stable\n\n";
    for my $type (@{$e->{types}}) {
        for my $suite (@{$e->{suites}}) {
            my $parts = $e->{broken} ? '' : join one(' ', "\t"), @{$e->{parts}};
            $text .= ($e->{on} ? one('', '', ' ') : one('#', '# ', '#  ')) . "$type $options$e->{uri} $suite $parts" . one('', '', ' ', ' # ours') . "\n";
        }
    }
    return $text;
}

sub stanza {
    my ($e) = @_;
    my %field = (
        Types => join(' ', @{$e->{types}}),
        URIs => $e->{uri},
        Suites => join(' ', @{$e->{suites}}),
        Components => join(' ', @{$e->{parts}}),
    );
    $field{Architectures} = join ' ', @{$e->{arch}} if @{$e->{arch}};
    $field{'Signed-By'} = $e->{signed} if $e->{signed};
    $field{Enabled} = $e->{enabled} if $e->{enabled} ne '';
    $field{'X-Repolib-Name'} = 'docker' unless number(3);
    delete $field{Suites} if $e->{broken};
    my $text = '';
    for my $name (shuffled(sort keys %field)) {
        my $value = $field{$name};
        my $gap = $name ne 'Enabled' && !number(5) ? "\n" . one(' ', "\t", '   ') : one(' ', ' ', '', "\t");
        $text .= one($name, $name, $name, lc $name, uc $name) . ":$gap$value" . one('', '', ' ') . "\n";
        $text .= "# Suites: bookworm\n" unless number(6);
    }
    return $text;
}

# Of enabled entries, in the order in which apt reads them: a list that has a Signed-By keeps it, whether it is by http or https.
sub readable {
    my %signed;
    for my $e (@_) {
        return 0 if $e->{broken};
        for my $suite (@{$e->{suites}}) {
            (my $key = "$e->{uri} $suite") =~ s{^https?:(.*?)/? }{$1 };
            return 0 if ($signed{$key} // '') ne '' && $signed{$key} ne $e->{signed};
            $signed{$key} = $e->{signed};
        }
    }
    return 1;
}

sub has { my ($want, @list) = @_; return scalar grep { $_ eq $want } @list }

sub serves {
    my ($e) = @_;
    return $e->{uri} =~ m{^https?://download\.docker\.com/linux/debian/?$} && has('bookworm', @{$e->{suites}}) &&
      has('stable', @{$e->{parts}}) && has('deb', @{$e->{types}}) && (!@{$e->{arch}} || has('amd64', @{$e->{arch}}));
}

sub write_file {
    my ($name, $text) = @_;
    open my $file, '>', $name or die "$name: $!";
    print $file $text;
    close $file or die "$name: $!";
}

for my $n (1 .. $count) {
    my $root = sprintf '%s/%03d', $folder, $n;
    mkdir $_ or die "$_: $!" for $root, "$root/apt", "$root/apt/sources.list.d";
    my %text = ('sources.list' => "# nothing\n");
    my %on;
    for (1 .. 1 + number(3)) {
        my $e = entry();
        my $name = one('sources.list', 'sources.list.d/docker.list', 'sources.list.d/other.list', ('sources.list.d/docker.sources') x 3, 'sources.list.d/x.sources');
        push @{$on{$name}}, $e if $e->{on};
        $text{$name} .= $name =~ /sources$/ ? (defined $text{$name} ? "\n" : '') . stanza($e) : list_line($e);
    }
    write_file("$root/apt/$_", $text{$_}) for keys %text;
    my $own = 'sources.list.d/docker.list';
    my @on = map { @{$on{$_}} } sort keys %on;
    my $new = {uri => $docker, suites => ['bookworm'], parts => ['stable'], signed => $ours};
    my $expected = !readable(@on) ? 'refused'
      : (grep { serves($_) } @on) ? 'serves'
      : defined $text{$own} || !readable(map { @{$_ eq $own ? [$new] : $on{$_}} } sort keys %on, $own) ? 'refused'
      :                                                                     'added';
    write_file("$root/expected", "$expected\n");
}
