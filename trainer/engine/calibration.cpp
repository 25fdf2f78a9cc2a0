#include "trainer/engine/calibration.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "trainer/comm/self.hpp"
#include "trainer/engine/local_steps.hpp"

namespace lockstep {

namespace {
constexpr int kWarmupSteps = 5;  ///< the first step fills oneDNN's primitive cache and costs double
constexpr std::size_t kMinSamples = 20;
constexpr std::size_t kMinBlocks = 10;  ///< they tell a deviation to about a quarter
constexpr double kInterrupted = 2;  ///< medians; on an idle machine 1 step in 1,000 takes longer
constexpr std::int64_t kCaches = std::int64_t{64} << 20;  ///< bytes; more than a core's share
constexpr std::int64_t kMostCopies = 4096;  ///< of tiny models, which stay cached anyway
constexpr int kNetworkRepeats = 9;
constexpr std::int64_t kSmallest = std::int64_t{1} << 10;
constexpr std::int64_t kLargest = std::int64_t{1} << 26;

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

/// Rounds are sums of steps, and a sum goes by the mean: the median forgets the slow ones. But what
/// takes longer than `most` has been interrupted by others and is no step of an idle machine.
double mean_up_to(double most, const std::vector<double>& values) {
  double sum = 0;
  std::int64_t count = 0;
  for (const double value : values) {
    if (value <= most) sum += value, ++count;
  }
  return sum / static_cast<double>(count);
}

/// StepSpread's deviation of the means of `length` consecutive values around the mean of all.
double deviation_of_blocks(const std::vector<double>& values, std::size_t length) {
  const double mean = mean_up_to(std::numeric_limits<double>::infinity(), values);
  const double normal = std::sqrt(std::numbers::pi / 2);  // deviations per mean absolute one
  double off = 0;
  const std::size_t blocks = values.size() / length;
  for (std::size_t b = 0; b < blocks; ++b) {
    double sum = 0;
    for (std::size_t i = 0; i < length; ++i) sum += values[b * length + i];
    off += std::abs(sum / static_cast<double>(length) - mean);
  }
  return normal * off / static_cast<double>(blocks);
}

/// Blocks of 1, 2, 4, ... steps, as long as there are enough of them to tell how they vary.
StepSpread spread_of(const std::vector<double>& totals, double cost_s) {
  StepSpread spread;
  spread.interrupted_s = mean_up_to(std::numeric_limits<double>::infinity(), totals) - cost_s;
  for (std::size_t length = 1; length * kMinBlocks <= totals.size(); length *= 2)
    spread.deviation_s.push_back(deviation_of_blocks(totals, length));
  return spread;
}

/// Copies enough that the next one has left the caches when its turn comes, as has what an average
/// is made of.
std::vector<at::Tensor> cold_copies(const at::Tensor& row) {
  const auto bytes = row.numel() * static_cast<std::int64_t>(row.element_size());
  std::vector<at::Tensor> copies(
      static_cast<std::size_t>(std::min(kMostCopies, 2 + kCaches / bytes)));
  for (at::Tensor& copy : copies) copy = row.clone();
  return copies;
}

template <class Work>
double seconds_of(Work work) {
  const double begin_s = now_s();
  work();
  return now_s() - begin_s;
}
}  // namespace

MeasuredStep measure_step(const Registry& registry, const RunConfig& config, const Dataset& dataset,
                          double seconds) {
  require_precision(config);
  const Course course = course_of(registry.tables, config);
  const auto model = registry.make_model(config);
  const std::int64_t classes = registry.tables.dataset(config.text("dataset"))->classes;
  const std::int64_t seed = config.integer("seed");
  const Split split = stratified_split(dataset.train.labels, classes, course, seed);
  const auto workers = static_cast<int>(config.integer("workers"));
  const auto alone = make_self_communicator(1);
  LocalSteps steps(*model, dataset,
                   Sampler(split.train, course, seed, workers, config.integer("batch_per_worker")),
                   config, course, *alone, false);

  const at::Tensor row = steps.rows().parameters[0];
  const std::vector<at::Tensor> means = cold_copies(row);

  std::vector<double> totals, backwards, behind_average;
  const double deadline_s = now_s() + seconds;
  for (std::int64_t i = 0; now_s() < deadline_s || behind_average.size() < kMinSamples; ++i) {
    const std::int64_t step = i % course.total_steps + 1;
    const bool averaged = i % 2 == 0;
    if (averaged) row.copy_(means[static_cast<std::size_t>(i / 2) % means.size()]);
    const double backward_before_s = steps.seconds().backward;
    const double total_s = seconds_of([&] {
      steps.compute_gradient(0, step);
      steps.update(0, step, steps.gradient(0));
    });
    if (i < kWarmupSteps) continue;
    (averaged ? behind_average : totals).push_back(total_s);
    if (!averaged) backwards.push_back(steps.seconds().backward - backward_before_s);
  }
  const double median_s = quantile(totals, 0.5), most_s = kInterrupted * median_s;
  const double longer_s = quantile(behind_average, 0.5) - median_s;
  const StepCost cost{mean_up_to(most_s, totals), quantile(backwards, 0.5),
                      std::max(0.0, longer_s)};
  const auto interrupted =
      std::count_if(totals.begin(), totals.end(), [=](double step_s) { return step_s > most_s; });
  const auto samples = static_cast<std::int64_t>(totals.size());
  return {cost,
          quantile(totals, 0.1),
          quantile(totals, 0.9),
          spread_of(totals, cost.step_s),
          samples,
          static_cast<double>(interrupted) / static_cast<double>(samples)};
}

std::vector<AllReduceSample> measure_network(Communicator& comm) {
  std::vector<AllReduceSample> samples;
  at::Tensor between = at::zeros({kCaches / 4}, at::kFloat);  // what steps do to the caches
  for (std::int64_t bytes = kSmallest; bytes <= kLargest; bytes *= 4) {
    const at::Tensor rows = comm.zeros(comm.workers().count, bytes / 4, at::kFloat);
    at::Tensor out = rows[0];
    std::vector<double> seconds;
    for (int repeat = -2; repeat < kNetworkRepeats; ++repeat) {
      between.add_(1);
      comm.barrier();
      const double took_s = seconds_of([&] { comm.mean(rows, out, {}).wait(); });
      if (repeat >= 0) seconds.push_back(took_s);
    }
    samples.push_back({static_cast<double>(bytes), quantile(seconds, 0.5)});
  }
  return samples;
}

}  // namespace lockstep
