#include <algorithm>
#include <stdexcept>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
struct Line {
  double intercept = 0;
  double slope = 0;
};

/// Minimises the sum of ((y - intercept - slope x) / y)^2. A negative intercept is taken as 0.
Line fit_relative(const std::vector<AllReduceSample>& samples) {
  double s = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
  for (const auto& [x, y] : samples) {
    const double weight = 1 / (y * y);
    s += weight;
    sx += weight * x;
    sxx += weight * x * x;
    sy += weight * y;
    sxy += weight * x * y;
  }
  const double determinant = s * sxx - sx * sx;
  Line line{(sxx * sy - sx * sxy) / determinant, (s * sxy - sx * sy) / determinant};
  if (line.intercept < 0) line = {0, sxy / sxx};
  return line;
}

double r_squared_of(const Line& line, const std::vector<AllReduceSample>& samples) {
  double mean = 0, residual = 0, spread = 0;
  for (const auto& sample : samples) mean += sample.seconds / static_cast<double>(samples.size());
  for (const auto& [x, y] : samples) {
    const double error = y - line.intercept - line.slope * x;
    residual += error * error;
    spread += (y - mean) * (y - mean);
  }
  return spread > 0 ? 1 - residual / spread : 0;
}

void check(std::int64_t p, const std::vector<AllReduceSample>& samples) {
  if (p < 2)
    throw std::invalid_argument("a network fit needs all-reduces of at least two endpoints");
  for (const auto& sample : samples) {
    if (!(sample.seconds > 0) || !(sample.bytes > 0)) {
      throw std::invalid_argument("a network fit needs positive bytes and seconds");
    }
  }
  const auto sizes =
      std::minmax_element(samples.begin(), samples.end(),
                          [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  if (samples.empty() || sizes.first->bytes == sizes.second->bytes) {
    throw std::invalid_argument("a network fit needs at least two sizes of message");
  }
}
}  // namespace

NetworkFit fit_network(std::string name, std::int64_t p,
                       const std::vector<AllReduceSample>& samples) {
  check(p, samples);
  const Line line = fit_relative(samples);
  if (!(line.slope > 0)) {
    throw std::invalid_argument(
        "the seconds do not grow with the bytes; measure larger messages, alone on the machine");
  }
  NetworkFit fit;
  fit.network.name = std::move(name);
  fit.network.latency_s = line.intercept / (2 * static_cast<double>(p - 1));
  fit.network.bandwidth_bytes_s = ring_bytes_per_endpoint(p, 1) / line.slope;
  fit.network.source = "fitted to measured all-reduces of " + std::to_string(p) + " endpoints";
  fit.r_squared = r_squared_of(line, samples);
  return fit;
}

}  // namespace lockstep
