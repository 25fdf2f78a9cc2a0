#include "trainer/engine/doctor.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "trainer/engine/provenance.hpp"
#include "trainer/engine/stopwatch.hpp"

namespace lockstep {

namespace {
constexpr std::int64_t kMatrix = 512;
constexpr double kSlowGflops =
    20;  ///< below it, a reference BLAS: OpenBLAS reaches 80 and more on one core

double sgemm_gflops() {
  const at::Tensor a = at::ones({kMatrix, kMatrix}), b = at::ones({kMatrix, kMatrix});
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const double begin_s = now_s();
    const at::Tensor c = at::mm(a, b);
    best = std::max(best, 2.0 * kMatrix * kMatrix * kMatrix / (now_s() - begin_s) * 1e-9);
  }
  return best;
}

nlohmann::ordered_json entry(const char* name, bool ok, std::string detail, std::string fix) {
  return {
      {"name", name}, {"ok", ok}, {"detail", std::move(detail)}, {"fix", ok ? "" : std::move(fix)}};
}
}  // namespace

int check_machine() {
  const auto libraries = loaded_libraries();
  const double gflops = sgemm_gflops();
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  checks.push_back(entry("LibTorch", true, libraries.at("torch"), ""));
  checks.push_back(entry("BLAS", libraries.at("blas").find("openblas") != std::string::npos,
                         libraries.at("blas"), "apt-get install libopenblas0-pthread"));
  checks.push_back(entry(
      "matrix product", gflops >= kSlowGflops, fmt::format("{:.0f} GFLOP/s on one core", gflops),
      "install OpenBLAS (libopenblas0-pthread), and see that no other process uses this core"));
  fmt::print("{}\n", nlohmann::ordered_json{{"checks", checks}}.dump(1));
  return 0;
}

}  // namespace lockstep
