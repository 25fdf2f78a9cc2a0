#include "orchestrator/schedule/machine_checks.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/progress.hpp"

namespace lockstep {

using State = Check::State;

namespace {
constexpr std::int64_t kLittleSharedMemory = 128 << 20;  // twice the default of containers
constexpr double kBusyShare = 0.5;                       // of the cores
constexpr int kFixedWal = 3051003;                       // SQLite 3.51.3

/// What stands behind "<name>\t: " in /proc/cpuinfo, of the first processor.
std::string_view entry_of(std::string_view cpuinfo, std::string_view name) {
  const std::size_t at = cpuinfo.find(name);
  if (at == cpuinfo.npos) return {};
  const std::size_t from = cpuinfo.find(": ", at);
  if (from == cpuinfo.npos) return {};
  return cpuinfo.substr(from + 2, cpuinfo.find('\n', from) - from - 2);
}

bool has_word(std::string_view words, const std::string& word) {
  return (" " + std::string(words) + " ").find(" " + word + " ") != std::string::npos;
}
}  // namespace

Check check_cpu(std::string_view cpuinfo) {
  const std::string_view flags = entry_of(cpuinfo, "flags");
  std::string found;
  for (const char* flag : {"avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16"}) {
    if (has_word(flags, flag)) found += std::string(found.empty() ? "" : " ") + flag;
  }
  const std::string_view model = entry_of(cpuinfo, "model name");
  Check check{State::ok, "CPU",
              fmt::format("{}{}{}", model.empty() ? "unknown model" : model,
                          found.empty() ? "" : "; ", found),
              ""};
  if (!flags.empty() && !has_word(flags, "avx2")) {
    check.state = State::warning;
    check.detail += "; no AVX2: training is several times slower";
    check.fix = "use a newer machine, or let the virtual machine pass its host's CPU through";
  }
  return check;
}

Check check_load(double load, int cores) {
  Check check{State::ok, "load", fmt::format("{:.1f} on {} cores", load, cores), ""};
  if (load > kBusyShare * cores) {
    check.state = State::warning;
    check.detail += ": calibrations and measured times would hold others' work";
    check.fix = "stop what else runs (top shows it) before `lockstep calibrate`";
  }
  return check;
}

Check check_shared_memory(std::int64_t free_bytes) {
  Check check{State::ok, "shared memory",
              bytes_text(static_cast<double>(free_bytes)) + " free in /dev/shm", ""};
  if (free_bytes < kLittleSharedMemory) {
    check.state = State::warning;
    check.detail += ": runs of several processes may stop with a bus error";
    check.fix = "give a container more: docker run --shm-size=1g";
  }
  return check;
}

Check check_terminal(bool is_tty, const std::string& term, int columns) {
  if (!is_tty) return {State::ok, "terminal", "none: plain lines, no colours", ""};
  Check check{State::ok, "terminal", fmt::format("{}, {} columns", term, columns), ""};
  if (columns < 60) {
    check.state = State::warning;
    check.fix = "tables are easier to read from 80 columns on";
  }
  return check;
}

Check check_journal_mode(const std::string& mode, int sqlite_version) {
  if (mode != "wal") return {State::ok, "index journal", mode, ""};
  if (sqlite_version >= kFixedWal) return {State::ok, "index journal", "wal", ""};
  return {State::warning, "index journal",
          "wal, with an SQLite before 3.51.3 that may lose commits",
          "lockstep db rebuild makes an index with a rollback journal"};
}

std::vector<Check> check_this_machine() {
  std::ifstream file("/proc/cpuinfo");
  const std::string cpuinfo((std::istreambuf_iterator<char>(file)), {});
  double load = 0;
  if (::getloadavg(&load, 1) != 1) load = 0;
  std::vector<Check> checks{check_cpu(cpuinfo), check_load(load, usable_cores())};
  struct statvfs info {};
  if (::statvfs("/dev/shm", &info) == 0) {
    checks.push_back(check_shared_memory(static_cast<std::int64_t>(info.f_bavail) *
                                         static_cast<std::int64_t>(info.f_frsize)));
  } else {
    checks.push_back({State::warning, "shared memory", "there is no /dev/shm",
                      "mount a tmpfs there: Open MPI passes messages through it"});
  }
  return checks;
}

}  // namespace lockstep
