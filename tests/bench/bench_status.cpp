// How long `lockstep status` takes over a workspace of 10,000 runs in every state, process start
// included: best and median of several rounds, PASS where the best is below its limit. The CPU time
// says more where others use the machine: two threads work at once.
//   bench_status [runs] [folder: keep the workspace there, or use the one that is there]
#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "orchestrator/launch/process.hpp"
#include "results/record/file_system.hpp"
#include "tests/bench/status_workspace.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;
namespace fs = std::filesystem;

namespace {
constexpr int kRounds = 9;
constexpr double kLimitS = 0.2;  // a look should feel like none
constexpr double kDeadlineS = 60;

double children_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// False: too slow, or it failed, or its answer lacks `expected`.
bool measure(const fs::path& program, const Workspace& workspace, std::vector<std::string> words,
             const std::string& expected) {
  std::string name;
  for (const std::string& word : words) name += word + " ";
  words.insert(words.begin(), program.string());
  words.insert(words.end(), {"--workspace", workspace.root().string()});
  std::vector<double> times, cpu;
  const test::TempDir temp;
  for (int i = 0; i < kRounds; ++i) {
    // Into a file: what the reader of three megabytes takes is not the command's.
    const fs::path answer = temp.path() / std::to_string(i);
    const FileHandle out = create_new_file(answer);
    const auto start = std::chrono::steady_clock::now();
    const double cpu_start = children_cpu_s();
    Process process =
        Process::start({.argv = words, .stdout_fd = out.get(), .stderr_fd = out.get()});
    const auto exit = process.wait(kDeadlineS);
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu.push_back(children_cpu_s() - cpu_start);
    const std::string told = read_file(answer);
    if (exit != Exit{} || told.find(expected) == std::string::npos) {
      fmt::print("FAIL  lockstep {}ended with {}: {}\n", name, exit ? exit->shell_code() : -1,
                 told.substr(0, 200));
      return false;
    }
  }
  std::sort(times.begin(), times.end());
  std::sort(cpu.begin(), cpu.end());
  const bool good = times.front() < kLimitS;
  fmt::print("{}  lockstep {:<21} best {:.3f} s, median {:.3f} s, CPU {:.3f} s, limit {:.1f} s\n",
             good ? "PASS" : "FAIL", name, times.front(), times[times.size() / 2], cpu.front(),
             kLimitS);
  return good;
}
}  // namespace

int main(int argc, char** argv) {
  const std::size_t runs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10000;
  const test::TempDir temp;
  const Workspace workspace(argc > 2 ? fs::absolute(argv[2]) : temp.path());
  if (!fs::exists(workspace.studies())) test::build_status_workspace(workspace, runs);
  const fs::path program = fs::canonical("/proc/self/exe").parent_path() / "lockstep";
  const std::size_t done = runs * 80 / 100;  // of each hundred, as the workspace is built
  bool good = measure(program, workspace, {"status"}, fmt::format("{} done", done));
  good = measure(program, workspace, {"status", "bench"}, fmt::format("{} done", done)) && good;
  good = measure(program, workspace, {"status", "bench", "--json"},
                 fmt::format("\"done\":{}", done)) &&
         good;
  return good ? 0 : 1;
}
