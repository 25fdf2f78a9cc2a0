#include "orchestrator/launch/sbatch_script.hpp"

#include <fmt/format.h>

#include <string_view>

#include "orchestrator/launch/launcher.hpp"

namespace lockstep {

namespace {
constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

void require(bool legal, const char* field, const std::string& value, const char* rule) {
  if (!legal)
    throw LaunchError(fmt::format("slurm {} '{}' is not allowed: {}", field, value, rule));
}

bool only(std::string_view value, std::string_view extra) {
  for (const char c : value) {
    if (kLetters.find(c) == std::string_view::npos && extra.find(c) == std::string_view::npos)
      return false;
  }
  return true;
}

void check_name(const char* field, const std::string& value, std::string_view extra) {
  require(value.size() <= 128 && only(value, extra) && (value.empty() || value.front() != '-'),
          field, value, "letters, digits and a few signs only");
}

/// minutes, [D-]HH[:MM[:SS]] or MM:SS, as sbatch takes them.
void check_time(const std::string& value) {
  bool legal = value.size() <= 20;
  bool digit_before = false;
  for (const char c : value) {
    const bool digit = c >= '0' && c <= '9';
    legal = legal && (digit || ((c == ':' || c == '-') && digit_before));
    digit_before = digit;
  }
  require(legal && (value.empty() || digit_before), "time", value,
          "D-HH:MM:SS, HH:MM:SS or minutes");
}

/// A path is one argument of the script: anything but control characters, and absolute.
void check_path(const char* field, const std::string& value) {
  bool legal = !value.empty() && value.front() == '/' && value.size() < 4096;
  for (const char c : value) legal = legal && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  require(legal, field, value, "an absolute path without control characters");
}

void check(const SbatchRequest& request) {
  check_token(request.token);
  check_path("manifest", request.manifest);
  check_path("trainer", request.trainer);
  check_name("partition", request.partition, "._-,");
  check_name("account", request.account, "._-");
  check_name("qos", request.qos, "._-");
  check_name("constraint", request.constraint, "._-&|()[]*");
  check_name("mpi", request.mpi, "_");
  check_time(request.time);
  require(request.runs >= 1 && request.processes >= 1 && request.cpus_per_task >= 1 &&
              request.gpus_per_node >= 0 && request.throttle >= 0 && request.max_restarts >= 0,
          "counts", request.token, "at least one run, process and core, nothing negative");
}
}  // namespace

std::string sbatch_script() {
  return R"script(#!/bin/bash
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
)script";
}

std::vector<std::string> sbatch_argv(const SbatchRequest& request) {
  check(request);
  std::vector<std::string> argv{"sbatch",
                                "--parsable",
                                "--job-name=" + request.token,
                                "--comment=" + request.token,
                                "--open-mode=append",
                                "--output=/dev/null",
                                "--requeue",
                                "--signal=USR2@120",
                                "--nodes=1"};
  const auto text = [&](const char* option, const std::string& value) {
    if (!value.empty()) argv.push_back(fmt::format("{}={}", option, value));
  };
  const auto count = [&](const char* option, std::int64_t value) {
    argv.push_back(fmt::format("{}={}", option, value));
  };
  count("--ntasks-per-node", request.processes);
  count("--cpus-per-task", request.cpus_per_task);
  if (request.gpus_per_node > 0) count("--gpus-per-node", request.gpus_per_node);
  text("--partition", request.partition);
  text("--account", request.account);
  text("--qos", request.qos);
  text("--time", request.time);
  text("--constraint", request.constraint);
  std::string array = fmt::format("--array=0-{}", request.runs - 1);
  if (request.throttle > 0) array += fmt::format("%{}", request.throttle);
  argv.push_back(array);
  argv.insert(argv.end(), {"/dev/stdin", request.manifest, request.trainer, request.mpi,
                           request.token, std::to_string(request.max_restarts)});
  return argv;
}

}  // namespace lockstep
