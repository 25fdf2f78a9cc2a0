#include "trainer/nn/model.hpp"

#include <ATen/ATen.h>

#include "trainer/data/random.hpp"
#include "trainer/nn/autocast.hpp"

namespace lockstep {

at::Tensor Model::logits(const Weights& weights, const at::Tensor& images, const Pass& pass) const {
  const Autocast autocast(pass.bfloat16);
  return forward(weights, images, pass).to(weights.parameters.front().scalar_type());
}

at::Tensor Model::loss(const Weights& weights, const Batch& batch, const Pass& pass) const {
  return at::cross_entropy_loss(logits(weights, batch.images, pass), batch.labels);
}

namespace {
void fill(const FlatLayout& layout, std::int64_t seed, const at::Tensor& row) {
  row.zero_();
  for (std::size_t i = 0; i < layout.slots().size(); ++i) {
    const Slot& slot = layout.slots()[i];
    at::Tensor values = layout.view(row, slot);
    if (slot.start.deviation == 0) {
      values.fill_(slot.start.mean);
      continue;
    }
    const CounterRandom random(seed, Stream::initial_parameters, static_cast<std::int64_t>(i));
    at::Tensor draws = at::empty(slot.shape, at::kDouble);
    auto* draw = draws.data_ptr<double>();
    for (std::int64_t k = 0; k < slot.numel; ++k) {
      draw[k] =
          slot.start.mean + slot.start.deviation * random.normal(static_cast<std::uint64_t>(k));
    }
    values.copy_(draws);
  }
}
}  // namespace

void initialise(const Model& model, std::int64_t seed, at::Tensor parameters, at::Tensor buffers) {
  fill(model.parameters(), seed, parameters);
  fill(model.buffers(), seed, buffers);
}

}  // namespace lockstep
