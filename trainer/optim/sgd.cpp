#include "trainer/optim/sgd.hpp"

#include <ATen/ATen.h>

namespace lockstep {

namespace {
bool is_weight(SlotKind kind) { return kind == SlotKind::weight; }

template <typename Real>
struct Rule {
  Real lr, momentum, weight_decay;
};

template <bool kNesterov, typename Real>
void heavy(Real* __restrict x, Real* __restrict m, const Real* __restrict g, std::int64_t count,
           Rule<Real> rule) {
  for (std::int64_t i = 0; i < count; ++i) {
    const Real gradient = g[i] + rule.weight_decay * x[i];
    const Real buffer = rule.momentum * m[i] + gradient;
    m[i] = buffer;
    x[i] -= rule.lr * (kNesterov ? gradient + rule.momentum * buffer : buffer);
  }
}

template <typename Real>
void plain(Real* __restrict x, const Real* __restrict g, std::int64_t count, Rule<Real> rule) {
  for (std::int64_t i = 0; i < count; ++i) x[i] -= rule.lr * (g[i] + rule.weight_decay * x[i]);
}
}  // namespace

Sgd::Sgd(const RunConfig& config, const FlatLayout& layout)
    : momentum_(config.real("momentum")), nesterov_(config.flag("nesterov")) {
  const double weight_decay = config.real("weight_decay");
  const bool everywhere = config.flag("decay_norm_and_bias");
  for (std::size_t i = 0; i < layout.slots().size(); ++i) {
    const Slot& slot = layout.slots()[i];
    const std::int64_t end =
        i + 1 < layout.slots().size() ? layout.slots()[i + 1].offset : layout.size();
    const double decay = everywhere || is_weight(slot.kind) ? weight_decay : 0;
    if (!segments_.empty() && segments_.back().weight_decay == decay) {
      segments_.back().count += end - slot.offset;
    } else {
      segments_.push_back({slot.offset, end - slot.offset, decay});
    }
  }
}

void Sgd::step(at::Tensor& parameters, at::Tensor& momentum, const at::Tensor& gradient,
               double lr) const {
  AT_DISPATCH_FLOATING_TYPES(parameters.scalar_type(), "sgd", [&] {
    auto* x = parameters.data_ptr<scalar_t>();
    const auto* g = gradient.data_ptr<scalar_t>();
    auto* m = has_momentum() ? momentum.data_ptr<scalar_t>() : nullptr;
    for (const Segment& segment : segments_) {
      const Rule<scalar_t> rule{static_cast<scalar_t>(lr), static_cast<scalar_t>(momentum_),
                                static_cast<scalar_t>(segment.weight_decay)};
      const std::int64_t first = segment.first;
      if (!m) {
        plain(x + first, g + first, segment.count, rule);
      } else if (nesterov_) {
        heavy<true>(x + first, m + first, g + first, segment.count, rule);
      } else {
        heavy<false>(x + first, m + first, g + first, segment.count, rule);
      }
    }
  });
}

}  // namespace lockstep
