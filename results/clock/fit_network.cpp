#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
using Samples = std::vector<ExchangeSample>;
using Formula = double (*)(const Network&, std::int64_t, double);
constexpr std::array<Formula, 3> kFormulas{rabenseifner_s, tree_all_reduce_s, ring_all_reduce_s};

/// Fits alternate with choosing the cheapest formula for each sample, until the choice stays.
constexpr int kMostRounds = 50;
/// Two columns whose angle has a smaller squared sine say the same.
constexpr double kSameDirection = 1e-9;

struct Line {
  double latency_s = 0;
  double s_per_byte = 0;
};

/// What a formula makes of latency and of seconds per byte: each is linear in both.
struct Shares {
  double messages, bytes;
};
Shares shares_of(Formula formula, const ExchangeSample& sample) {
  constexpr double kFree = 1e300;  // bytes cost nothing
  return {formula({"", 1, kFree, ""}, sample.p, 0),
          formula({"", 0, 1, ""}, sample.p, sample.bytes)};
}

/// Minimises the sum of ((seconds - latency m - s_per_byte b) / seconds)^2. A negative latency is
/// taken as 0. None: m and b are proportional.
std::optional<Line> fit_relative(const Samples& samples, const std::vector<Formula>& formulas) {
  double mm = 0, mb = 0, bb = 0, m = 0, b = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Shares share = shares_of(formulas[i], samples[i]);
    const double x = share.messages / samples[i].seconds, y = share.bytes / samples[i].seconds;
    mm += x * x, mb += x * y, bb += y * y, m += x, b += y;
  }
  const double determinant = mm * bb - mb * mb;
  if (!(determinant > kSameDirection * mm * bb)) return {};
  Line line{(bb * m - mb * b) / determinant, (mm * b - mb * m) / determinant};
  if (line.latency_s < 0) line = {0, b / bb};
  return line;
}

double seconds_of(const Line& line, Formula formula, const ExchangeSample& sample) {
  const Shares share = shares_of(formula, sample);
  return line.latency_s * share.messages + line.s_per_byte * share.bytes;
}

std::vector<Formula> cheapest(const Line& line, const Samples& samples) {
  std::vector<Formula> chosen;
  for (const ExchangeSample& sample : samples) {
    chosen.push_back(*std::min_element(kFormulas.begin(), kFormulas.end(), [&](auto a, auto b) {
      return seconds_of(line, a, sample) < seconds_of(line, b, sample);
    }));
  }
  return chosen;
}

double r_squared_of(const Network& network, const Samples& samples) {
  double mean = 0, residual = 0, spread = 0;
  for (const auto& sample : samples) mean += sample.seconds / static_cast<double>(samples.size());
  for (const auto& sample : samples) {
    const double error = sample.seconds - all_reduce_s(network, sample.p, sample.bytes);
    residual += error * error;
    spread += (sample.seconds - mean) * (sample.seconds - mean);
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

std::optional<NetworkFit> fit_exchanges(std::string name, const Samples& samples) {
  std::vector<Formula> formulas(samples.size(), kFormulas.front());
  std::optional<Line> line;
  for (int round = 0; round < kMostRounds; ++round) {
    line = fit_relative(samples, formulas);
    if (!line || !(line->s_per_byte > 0)) return {};
    std::vector<Formula> next = cheapest(*line, samples);
    if (next == formulas) break;
    formulas = std::move(next);
  }
  NetworkFit fit{{std::move(name), line->latency_s, 1 / line->s_per_byte, ""}, 0};
  fit.r_squared = r_squared_of(fit.network, samples);
  return fit;
}

NetworkFit fit_network(std::string name, std::int64_t p,
                       const std::vector<AllReduceSample>& samples) {
  check(p, samples);
  Samples exchanges;
  for (const auto& [bytes, seconds] : samples) exchanges.push_back({p, bytes, seconds});
  std::optional<NetworkFit> fit = fit_exchanges(std::move(name), exchanges);
  if (!fit) {
    throw std::invalid_argument(
        "the seconds do not grow with the bytes; measure larger messages, alone on the machine");
  }
  fit->network.source = "fitted to measured all-reduces of " + std::to_string(p) + " endpoints";
  return *fit;
}

}  // namespace lockstep
