#include "trainer/engine/provenance.hpp"

#include <link.h>
#include <torch/version.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include "lockstep_version.hpp"
#include "results/record/run_directory.hpp"

extern char** environ;

namespace lockstep {

namespace {
constexpr std::array<std::string_view, 9> kAllowed = {"SLURM_", "CUDA_",     "NCCL_",
                                                      "OMPI_",  "OMP_",      "CUBLAS_",
                                                      "TORCH_", "OPENBLAS_", "LD_LIBRARY_PATH"};
constexpr std::array<std::string_view, 5> kSecretWords = {"TOKEN", "SECRET", "PASS", "KEY",
                                                          "CREDENTIAL"};

bool allowed(std::string_view name) {
  for (const auto prefix : kAllowed) {
    if (name.starts_with(prefix)) return true;
  }
  return name == "PATH";
}

bool looks_secret(std::string_view name) {
  for (const auto word : kSecretWords) {
    if (name.find(word) != name.npos) return true;
  }
  return false;
}

/// Files of shared objects whose name contains "blas", resolved.
int note_blas(dl_phdr_info* info, std::size_t, void* out) {
  const std::string_view name = info->dlpi_name ? info->dlpi_name : "";
  if (name.find("blas") != name.npos) {
    std::error_code ignored;
    *static_cast<std::string*>(out) = std::filesystem::canonical(name, ignored).string();
  }
  return 0;
}

/// CPU seconds that all cores have worked since boot: user, nice, system, irq, softirq and what
/// other guests of the host took (proc(5)); -1 where unknown.
double busy_seconds() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  if (!(stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal))
    return -1;
  return (user + nice + system + irq + softirq + steal) / static_cast<double>(sysconf(_SC_CLK_TCK));
}
}  // namespace

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown CPU";
}

std::map<std::string, std::string> loaded_libraries() {
  std::string blas = "none found";
  dl_iterate_phdr(note_blas, &blas);
  return {{"torch", TORCH_VERSION}, {"blas", blas}};
}

double busy_cores(double seconds) {
  const double before = busy_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const double after = busy_seconds();
  return before < 0 || after < 0 ? -1 : (after - before) / seconds;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string environment_json() {
  nlohmann::ordered_json json = {
      {"format", 1},           {"host", host_name()},      {"pid", ::getpid()},
      {"cpu", cpu_model()},    {"version", kVersion},      {"commit", kCommit},
      {"compiler", kCompiler}, {"build_type", kBuildType}, {"libraries", loaded_libraries()}};
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    const std::string name(text.substr(0, text.find('=')));
    if (!allowed(name)) continue;
    variables[name] = looks_secret(name) ? "(masked)" : std::string(text.substr(name.size() + 1));
  }
  json["environment"] = variables;
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace lockstep
