#include "orchestrator/schedule/run_order.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace lockstep {

std::vector<std::size_t> run_order(const std::string& study, const std::vector<PlannedRun>& runs) {
  using Key = std::tuple<std::int64_t, std::string, std::string>;
  std::vector<Key> keys;
  for (const PlannedRun& run : runs) {
    const std::int64_t seed = run.config.has("seed") ? run.config.integer("seed") : 0;
    keys.emplace_back(seed, sha256_hex(study + '\n' + std::to_string(seed) + '\n' + run.id.text()),
                      run.id.text());
  }
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  return order;
}

}  // namespace lockstep
