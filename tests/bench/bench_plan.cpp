// How long a plan of 10,000 runs takes, ids included: prints the best and the median of several
// rounds, in seconds. Passes where the best plan takes less than 0.3 s. Usage:
// bench_plan [rounds]
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "sweeps/spec/sweep_spec.hpp"
#include "tests/bench/bench_result.hpp"

namespace {
// 20 learning rates x 25 seeds x (10 + 10) variants of H: 10,000 runs.
constexpr const char* kSpec = R"(
lockstep: 1
study: bench
base: {dataset: fashion-mnist, model: resnet8, workers: 8, epochs: 10, lr_schedule: cosine}
grid:
  lr: {logspace: [0.001, 1, 20]}
  seed: {range: [1, 25, 1]}
variants:
  - algorithm: local_sgd
    grid: {H: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]}
  - algorithm: slowmo
    grid: {H: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]}
)";

template <typename Work>
double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <typename Work>
double report(const char* name, int rounds, nlohmann::ordered_json& json, Work work) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) times.push_back(seconds(work));
  std::sort(times.begin(), times.end());
  fmt::print("{:<28} best {:.3f} s, median {:.3f} s\n", name, times.front(),
             times[times.size() / 2]);
  json[name] = {{"best_s", times.front()}, {"median_s", times[times.size() / 2]}};
  return times.front();
}
}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
  const auto tables = lockstep::Tables::builtin();
  auto result = lockstep::read_spec(tables, kSpec);
  fmt::print("{} runs, {} rounds\n", result.plan.runs.size(), rounds);
  constexpr double kWantedS = 0.3;
  nlohmann::ordered_json json = {{"runs", result.plan.runs.size()}, {"rounds", rounds}};
  const double best_s = report("read_spec (ids included)", rounds, json,
                               [&] { result = lockstep::read_spec(tables, kSpec); });
  report("plan as JSON and its hash", rounds, json, [&] { lockstep::plan_hash(result.plan); });
  const bool pass = best_s < kWantedS && result.plan.runs.size() == 10000;
  fmt::print("{}: less than {} s wanted\n", lockstep::bench::verdict(pass), kWantedS);
  json["pass"] = pass;
  lockstep::bench::print_json("plan", json);
  return pass ? 0 : 1;
}
