#!/bin/sh
# Writes the fenced code blocks of a Markdown page into files: blocks_of.sh PAGE FOLDER makes FOLDER/cpp-1.inc, ...
set -eu
mkdir -p "$2"
awk -v folder="$2" '
  /^```[a-z]+$/ && !open { kind = substr($0, 4); file = folder "/" kind "-" ++count[kind] ".inc"; printf "" > file; open = 1; next }
  /^```$/ { if (open) close(file); open = 0; next }
  open { print > file }' "$1"
