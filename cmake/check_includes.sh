#!/bin/sh
# Headers of packages in /usr/include compile without a link, so CMake's layering check cannot see them. This one
# reads the #include lines: folder, what it must not include. Exits 1 naming file, line and rule.
set -eu
cd "${1:-$(dirname "$0")/..}"
status=0
forbid() {
  folder=$1
  pattern=$2
  if grep -rnE "^#include [<\"]($pattern)" "$folder"; then
    echo "layering: $folder must not include $pattern (ARCHITECTURE.md, allowed links)" >&2
    status=1
  fi
}
torch='torch/|ATen/|c10/'
mpi='mpi\.h|nccl'
sqlite='SQLiteCpp/|sqlite3'
yaml='yaml-cpp/'
boost_process='boost/process|boost/filesystem'
for folder in sweeps/run results/record results/bundle results/clock; do
  forbid $folder "$torch|$mpi|$sqlite|$yaml|boost/|trainer/|orchestrator/|reports/|sweeps/spec/"
done
forbid results/record 'sweeps/|results/(clock|store)/'
forbid results/bundle 'sweeps/|results/(clock|store)/'
forbid results/clock 'sweeps/|results/(record|store)/'
forbid sweeps/spec "$torch|$mpi|$sqlite|boost/|trainer/|orchestrator/|reports/|results/"
forbid results/store "$torch|$mpi|$yaml|trainer/|orchestrator/|reports/|sweeps/spec/"
forbid reports "$torch|$mpi|$yaml|$sqlite|$boost_process|trainer/|orchestrator/|sweeps/spec/"
forbid orchestrator "$torch|$mpi|trainer/"
forbid trainer "$sqlite|$yaml|boost/|sweeps/spec/|results/store/|reports/|orchestrator/"
forbid trainer/comm 'sweeps/|results/'
forbid trainer/sync 'trainer/(engine|data|nn|optim)/'
exit $status
