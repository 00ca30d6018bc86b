# canary.pl pieces: for the key on standard input, its forms, each cut at every point; a line a piece, those of messages first.
# canary.pl check KEY FILE…: says where eight characters in a row of the key's secret part can be read, in whatever form.
use strict;
use warnings;
use MIME::Base64 qw(encode_base64 decode_base64);

sub hidden { my ($key) = @_; return $key =~ /^tskey-[a-z]+-([^?]*)/ ? $1 : die "no key\n" }

sub forms {
  my ($key) = @_;
  my (@forms) = ($key, $key =~ s/\?.*//r, unpack('H*', $key), uc unpack('H*', $key));
  push @forms, $key =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger, "'$key'", $key =~ s/&/\\u0026/gr, "--auth-key=$key --ssh";
  for my $before ('', 'x', 'xy') {
    my $text = encode_base64($before . $key . '.', '');
    push @forms, $text, $text =~ tr{+/}{-_}r;
  }
  return @forms;
}

sub pieces {
  chomp(my $key = <STDIN>);
  for my $form (forms($key)) {
    for my $at (0 .. length $form) {
      print 'begin ', substr($form, 0, $at), "\n", substr($form, $at), " end\n";
    }
  }
}

# Everything that TEXT can be read as.
sub readings {
  my ($text) = @_;
  my @read = ($text, $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger, $text =~ s/&amp;/&/gr, $text =~ s/\\u0026/&/gr);
  for my $run ($text =~ m{[\w+/-]{10,}}g) {
    for my $at (0 .. 3) { push @read, decode_base64(substr($run, $at) =~ tr{-_}{+/}r) }
  }
  for my $run ($text =~ /[0-9A-Fa-f]{8,}/g) {
    for my $at (0, 1) { push @read, pack 'H*', substr $run, $at }
  }
  return @read;
}

sub check {
  my ($key, @files) = @_;
  my ($secret, $found) = (hidden($key), 0);
  my $any = join '|', map { quotemeta substr $secret, $_, 8 } 0 .. length($secret) - 8;
  for my $file (@files) {
    open my $from, '<:raw', $file or die "$file: $!\n";
    while (my $line = <$from>) {
      next unless grep { /$any/ } readings($line);
      print "$file: $line";
      last if ++$found == 5;
    }
  }
  exit($found ? 1 : 0);
}

my $verb = shift // '';
$verb eq 'pieces' ? pieces() : $verb eq 'check' ? check(@ARGV) : die "usage: canary.pl pieces | check KEY FILE…\n";
