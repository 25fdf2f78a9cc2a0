#include "trainer/engine/precision.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "results/record/run_directory.hpp"
#include "trainer/engine/provenance.hpp"

namespace lockstep {

at::ScalarType scalar_type_of(const RunConfig& config) {
  return config.text("precision") == "float64" ? at::kDouble : at::kFloat;
}

bool casts_to_bfloat16(const RunConfig& config) { return config.text("precision") == "bfloat16"; }

bool multiplies_bfloat16(std::istream& cpuinfo) {
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("flags")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word == "avx512_bf16" || word == "amx_bf16") return true;
    }
    return false;
  }
  return false;
}

void require_precision(const RunConfig& config) {
  std::ifstream cpuinfo("/proc/cpuinfo");
  if (!casts_to_bfloat16(config) || multiplies_bfloat16(cpuinfo)) return;
  throw ConfigError(fmt::format(
      "precision bfloat16 needs a processor with AVX512_BF16 or AMX, and {} ({}) has neither: run "
      "the study on another machine, or as one of precision float32",
      host_name(), cpu_model()));
}

}  // namespace lockstep
