# What is measured: the items of a list, each once, in their order.
use strict;
use warnings;

sub unique {
    my %there;
    return grep { !$there{$_}++ } @_;
}

1;
