#!/bin/bash
# The lockstep job script. It is the same for every study: what to run stands in the files that it is given.
# Arguments: manifest (array index -> run directory), trainer, MPI plugin, token, restarts.
set -u
trap : TERM   # not '': an ignored signal would be inherited by the ranks
mapfile -t runs <"$1"
index=${SLURM_ARRAY_TASK_ID:-0}
run=${runs[$index]}
self=$SLURM_JOB_ID   # requeue the element, never the array
[ -n "${SLURM_ARRAY_JOB_ID:-}" ] && self=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
restart=${SLURM_RESTART_COUNT:-0}
token=$4.$index.$restart   # unique per start, so that an old marker never counts
mkdir -p "$run/launch"
exec >>"$run/launch/$token.log" 2>&1
srun --mpi="$3" --kill-on-bad-exit=1 --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" \
  "$2" --run-dir "$run" --token "$token"
rc=$?
# The marker decides, the exit code is a hint: this start's attempt has a RESULT that says checkpointed.
checkpointed() {
  local claim result
  for claim in "$run"/attempts/*.claim; do
    grep -qF "$token" "$claim" 2>/dev/null || continue
    result=${claim%.claim}/RESULT
    grep -q '"reason": *"checkpointed"' "$result" 2>/dev/null && return 0
  done
  return 1
}
if checkpointed && [ "$restart" -lt "$5" ]; then
  scontrol requeue "$self" && exit 0
fi
exit "$rc"
