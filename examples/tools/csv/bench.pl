# A program of one's own that measures: it prints a row of CSV a sample. "rows": without the columns' names.
use strict;
use warnings;
use FindBin qw($Bin);
use Time::HiRes qw(time);
require "$Bin/unique.pl";

print "bench,inputs.length,metric,value,units,direction,run\n" unless @ARGV;
for my $length (10, 300) {
    my @items = ((1 .. $length) x 2);
    for my $sample (1 .. 5) {
        my $begun = time;
        unique(@items) for 1 .. 100;
        printf "unique,%d,time,%.9f,s,minimize,%d\n", $length, (time - $begun) / 100, $$;
    }
}
