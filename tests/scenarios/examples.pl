#!/usr/bin/perl
# Takes the examples out of manual pages: one file each in DIR, named by page,
# number and kind (shell, json, config, template, program, text).
#   examples.pl DIR PAGE...
use strict;
use warnings;
use File::Basename qw(basename);

my $dir = shift or die "usage: examples.pl DIR PAGE...\n";

sub plain { # what mdoc shows
	my ($text) = @_;
	$text =~ s/\\\(dq/"/g;
	$text =~ s/\\&//g;
	$text =~ s/\\e/\\/g;
	return $text;
}

sub kind {
	my ($text) = @_;
	return 'program' if $text =~ /^#!/;
	return 'json' if $text =~ /^\{ "v"/;
	return 'template' if $text =~ /^\{\{/ && $text !~ /\.\.\./;
	return 'config' if $text =~ /^(?:[a-z]+ = \(|[a-z]+: \{|\{ name = |\@include )/;
	return 'shell' if $text =~ /^(?:cpauto|cpautod|export|sudo|journalctl|echo|curl|promtool|systemctl) /;
	return 'text';
}

for my $path (@ARGV) {
	open my $in, '<', $path or die "$path: $!\n";
	my ($n, $block) = (0);
	my $put = sub {
		my ($text) = @_;
		my $file = sprintf '%s/%s-%02d.%s', $dir, basename($path), ++$n, kind($text);
		open my $out, '>', $file or die "$file: $!\n";
		print $out $text;
		close $out;
	};
	while (<$in>) {
		if (/^\.Bd -literal/) { $block = '' }
		elsif (/^\.Ed/) { $put->(plain($block)) if defined $block; undef $block }
		elsif (defined $block) { $block .= $_ }
		elsif (/^\.D[l1] (.*)/) { $put->(plain($1) . "\n") }
	}
}
