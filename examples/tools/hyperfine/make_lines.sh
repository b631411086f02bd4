#!/bin/sh
for lines in 1000 10000; do
    seq "$lines" | sed 's/.$//' > "$lines.txt"
done
