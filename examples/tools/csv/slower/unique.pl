# What is measured: the items of a list, each once, in their order.
use strict;
use warnings;

sub unique {
    my @found;
    for my $item (@_) {
        push @found, $item unless grep { $_ == $item } @found;
    }
    return @found;
}

1;
