#!/bin/sh
# How many compilers at once: one per core, but no more than memory allows at 1.5 GB for a file with LibTorch.
cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)  # nproc heeds them; a compiler does not
gigabytes=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
jobs=$((cores < gigabytes ? cores : gigabytes))
echo $((jobs < 1 ? 1 : jobs))
