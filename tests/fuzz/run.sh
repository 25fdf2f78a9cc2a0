#!/bin/sh
# Fuzzes every target for SECONDS seconds with libFuzzer: run.sh BUILD CORPORA SECONDS [TARGET...]. New inputs go to
# BUILD/corpus/<target>, so that the kept corpus stays small; an input that crashes lies in BUILD/crashes/<target> and
# belongs into CORPORA/<target> with the fix. Exits 1 where a target found one. RSS and time are limited, as an input
# of 16 KiB that takes a gigabyte or ten seconds is a crash too.
set -eu
build=$1 corpora=$2 seconds=$3
shift 3
[ $# -gt 0 ] || set -- spec records manifest shard plan config
failed=0
for target in "$@"; do
  mkdir -p "$build/corpus/$target" "$build/crashes/$target"
  log=$build/crashes/$target.log
  if "$build/bin/fuzz_$target" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=1024 \
      -dict="$corpora/../$target.dict" -artifact_prefix="$build/crashes/$target/" -print_final_stats=1 \
      "$build/corpus/$target" "$corpora/$target" >"$log" 2>&1; then
    verdict=PASS
  else
    verdict=FAIL
    failed=1
    tail -n 40 "$log" >&2
  fi
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%-9s %12s inputs in %5s s  %s\n' "$target" "${inputs:-?}" "$seconds" "$verdict"
done
exit $failed
