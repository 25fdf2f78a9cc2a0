#include "trainer/data/sampler.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "trainer/data/random.hpp"

namespace lockstep {

namespace {
/// How many of `total` each class gives, by largest remainder; ties go to the lower class.
std::vector<std::int64_t> quotas(const std::vector<std::vector<std::int64_t>>& by_class,
                                 std::int64_t total) {
  std::int64_t samples = 0;
  for (const auto& members : by_class) samples += static_cast<std::int64_t>(members.size());
  std::vector<std::int64_t> quota(by_class.size());
  std::vector<std::pair<std::int64_t, std::size_t>> remainders;
  std::int64_t given = 0;
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const std::int64_t share = static_cast<std::int64_t>(by_class[c].size()) * total;
    quota[c] = share / samples;
    given += quota[c];
    remainders.emplace_back(-(share % samples), c);
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; given < total; ++i, ++given) ++quota[remainders[i].second];
  return quota;
}
}  // namespace

Split stratified_split(const at::Tensor& labels, std::int64_t classes, const Course& course,
                       std::int64_t seed) {
  const auto* label = labels.data_ptr<std::int64_t>();
  const std::int64_t samples = course.train_samples + course.validation_samples;
  std::vector<std::vector<std::int64_t>> by_class(static_cast<std::size_t>(classes));
  for (std::int64_t i = 0; i < samples; ++i)
    by_class[static_cast<std::size_t>(label[i])].push_back(i);

  const auto quota = quotas(by_class, course.validation_samples);
  Split split;
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    CounterRandom(seed, Stream::validation_split, static_cast<std::int64_t>(c))
        .shuffle(by_class[c]);
    const auto middle = by_class[c].begin() + quota[c];
    split.validation.insert(split.validation.end(), by_class[c].begin(), middle);
    split.train.insert(split.train.end(), middle, by_class[c].end());
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

Sampler::Sampler(std::vector<std::int64_t> samples, const Course& course, std::int64_t seed,
                 std::int64_t workers, std::int64_t batch)
    : samples_(std::move(samples)),
      steps_per_epoch_(course.steps_per_epoch),
      seed_(seed),
      workers_(workers),
      batch_(batch) {}

void Sampler::shuffle_for(std::int64_t epoch) {
  if (epoch == epoch_) return;
  order_ = samples_;
  CounterRandom(seed_, Stream::epoch_order, epoch).shuffle(order_);
  epoch_ = epoch;
}

std::span<const std::int64_t> Sampler::batch(std::int64_t step, std::int64_t worker,
                                             std::int64_t count) {
  shuffle_for(epoch(step));
  const std::int64_t in_epoch = (step - 1) % steps_per_epoch_;
  const std::int64_t first = (in_epoch * workers_ + worker) * batch_;
  return std::span<const std::int64_t>(order_).subspan(static_cast<std::size_t>(first),
                                                       static_cast<std::size_t>(count * batch_));
}

}  // namespace lockstep
