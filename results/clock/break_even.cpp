// When communicating less often pays at all.
#include <cmath>
#include <limits>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
/// Bisection over orders of magnitude: bandwidths from a byte to an exabyte per second.
constexpr double kLeastBandwidth = 1, kMostBandwidth = 1e18, kPrecision = 1e-12;
}  // namespace

std::optional<std::int64_t> break_even_H(const Network& network, std::int64_t p, double bytes,
                                         double backward_s) {
  const double exchange = all_reduce_s(network, p, bytes);
  if (exchange <= backward_s) return {};
  // The first H beyond exchange / (exchange - backward), and H = 1 is synchronous SGD itself.
  const double bound = exchange / (exchange - backward_s);
  auto H = static_cast<std::int64_t>(std::floor(bound)) + 1;
  if (H < 2) H = 2;
  return H;
}

double break_even_bandwidth(const Network& network, std::int64_t p, double bytes,
                            double backward_s) {
  const auto exchange = [&](double bandwidth) {
    return all_reduce_s({"", network.latency_s, bandwidth, ""}, p, bytes);
  };
  if (exchange(kMostBandwidth) > backward_s) return std::numeric_limits<double>::infinity();
  if (exchange(kLeastBandwidth) <= backward_s) return 0;
  double low = kLeastBandwidth, high = kMostBandwidth;
  while (high - low > kPrecision * high) {
    const double middle = std::sqrt(low * high) > low ? std::sqrt(low * high) : (low + high) / 2;
    if (middle <= low || middle >= high) break;
    (exchange(middle) > backward_s ? low : high) = middle;
  }
  return low;
}

}  // namespace lockstep
