#include "trainer/engine/evaluation.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "trainer/data/random.hpp"
#include "trainer/engine/local_steps.hpp"
#include "trainer/sync/sync_algorithm.hpp"

namespace lockstep {

namespace {
constexpr std::int64_t kBatch =
    256;  ///< samples at once in evaluation: memory, not results, depends on it

/// Worker w's share of `indices`: contiguous, sizes differ by one at most.
std::span<const std::int64_t> share(std::span<const std::int64_t> indices, std::int64_t worker,
                                    std::int64_t workers) {
  const auto size = static_cast<std::int64_t>(indices.size());
  const std::int64_t first = size * worker / workers;
  const std::int64_t last = size * (worker + 1) / workers;
  return indices.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
}
}  // namespace

Evaluation::Evaluation(const Model& model, const Dataset& dataset,
                       const std::vector<std::int64_t>& train_indices, const RunConfig& config,
                       Communicator& comm, std::function<void()> alive)
    : model_(model),
      dataset_(dataset),
      train_indices_(train_indices),
      config_(config),
      comm_(comm),
      alive_(std::move(alive)) {}

AveragedModel Evaluation::averaged_model(const WorkerRows& rows) const {
  AveragedModel model{at::empty_like(rows.parameters[0]), rows.buffers[0].clone()};
  comm_.mean(rows.parameters, model.parameters, {}).wait();
  if (rows.buffers.size(1) == 0) return model;
  switch (statistics_policy(config_)) {
    case StatisticsPolicy::average:
      comm_.mean(rows.buffers, model.buffers, {}).wait();
      break;
    case StatisticsPolicy::recalibrate:
      recalibrate(model);
      break;
    case StatisticsPolicy::local:
    case StatisticsPolicy::rank0:
      comm_.broadcast(model.buffers, 0).wait();
      break;
  }
  return model;
}

void Evaluation::recalibrate(AveragedModel& model) const {
  const at::NoGradGuard no_grad;
  const WorkerRange workers = comm_.workers();
  const std::int64_t batch = std::min<std::int64_t>(
      config_.integer("batch_per_worker"), static_cast<std::int64_t>(train_indices_.size()));
  // The batches are shared out over the workers, at least one each; each worker's mean counts the
  // same.
  const std::int64_t per_worker =
      std::max<std::int64_t>(1, config_.integer("bn_recalibration_batches") / workers.total);
  const CounterRandom random(config_.integer("seed"), Stream::recalibration_order);
  const at::Tensor rows =
      at::empty({workers.count, model.buffers.size(0)}, model.buffers.options());
  std::vector<std::int64_t> indices(static_cast<std::size_t>(batch));
  for (std::int64_t hosted = 0; hosted < workers.count; ++hosted) {
    at::Tensor statistics = rows[hosted];
    statistics.zero_();
    const Weights weights = view_weights(model_, model.parameters, statistics);
    for (std::int64_t k = 0; k < per_worker; ++k) {
      for (std::int64_t i = 0; i < batch; ++i) {
        const std::int64_t draw = ((workers.first + hosted) * per_worker + k) * batch + i;
        const auto at = random.below(static_cast<std::uint64_t>(draw),
                                     static_cast<std::int64_t>(train_indices_.size()));
        indices[static_cast<std::size_t>(i)] = train_indices_[static_cast<std::size_t>(at)];
      }
      const Batch samples =
          gather(dataset_, dataset_.train, indices, model.parameters.scalar_type() == at::kDouble);
      // A running mean with weight 1/(k+1) for batch k is the plain mean over the batches.
      model_.logits(weights, samples.images,
                    {.training = true,
                     .bn_momentum = 1.0 / static_cast<double>(k + 1),
                     .bfloat16 = casts_to_bfloat16(config_)});
      alive_();
    }
  }
  comm_.mean(rows, model.buffers, {}).wait();
}

Score Evaluation::score(const AveragedModel& model, const Samples& samples,
                        std::span<const std::int64_t> indices) const {
  const at::NoGradGuard no_grad;
  const WorkerRange workers = comm_.workers();
  const Weights weights = view_weights(model_, model.parameters, model.buffers);
  const bool double_precision = model.parameters.scalar_type() == at::kDouble;
  at::Tensor sums = at::zeros({workers.count, 2}, at::kDouble);  // summed loss, correct answers
  for (std::int64_t hosted = 0; hosted < workers.count; ++hosted) {
    auto mine = share(indices, workers.first + hosted, workers.total);
    while (!mine.empty()) {
      const auto count = std::min<std::size_t>(mine.size(), kBatch);
      const Batch batch = gather(dataset_, samples, mine.first(count), double_precision);
      const at::Tensor logits =
          model_.logits(weights, batch.images, {.bfloat16 = casts_to_bfloat16(config_)});
      const at::Tensor loss = at::cross_entropy_loss(logits, batch.labels);
      const at::Tensor correct = logits.argmax(1).eq(batch.labels).sum();
      sums[hosted][0] += loss.item<double>() * static_cast<double>(count);
      sums[hosted][1] += correct.item<double>();
      mine = mine.subspan(count);
      alive_();
    }
  }
  at::Tensor all = at::empty({workers.total, 2}, at::kDouble);
  comm_.all_gather(sums, all).wait();
  const at::Tensor total = all.sum(0);
  Score score;
  score.samples = static_cast<std::int64_t>(indices.size());
  score.loss = total[0].item<double>() / static_cast<double>(score.samples);
  score.accuracy = total[1].item<double>() / static_cast<double>(score.samples);
  return score;
}

}  // namespace lockstep
