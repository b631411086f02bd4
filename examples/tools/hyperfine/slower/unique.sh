#!/bin/sh
# Lines of a file, each once: unique.sh FILE
sort "$1" | while read -r line; do
    [ "$line" = "$last" ] || last=$line
done
