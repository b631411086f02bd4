#!/bin/sh
# Lines of a file, each once: unique.sh FILE
exec sort -u "$1" -o /dev/null
