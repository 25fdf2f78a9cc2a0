// SlowMo, Wang, Tantia, Ballas, Rabbat 2020 (arXiv 1910.00643), Algorithm 1:
//   u := beta u + (z - mean) / lr;  z := z - alpha lr u;  every row := z
// z is the model before the first inner step; u and z are the same in every process by construction
// and never sent.
#include <ATen/ATen.h>

#include <stdexcept>

#include "trainer/sync/outer.hpp"

namespace lockstep {

namespace {
class SlowMomentum : public Outer {
 public:
  SlowMomentum(double slow_momentum, double slow_lr) : beta_(slow_momentum), alpha_(slow_lr) {}

  void start(const WorkerRows& rows) override {
    anchor_ = rows.parameters[0].clone();
    slow_ = at::zeros_like(anchor_);
  }

  void apply(WorkerRows& rows, const at::Tensor& mean, double lr) override {
    if (!(lr > 0))
      throw std::invalid_argument(
          "slow momentum divides by the learning rate, which is not above 0");
    AT_DISPATCH_FLOATING_TYPES(anchor_.scalar_type(), "slow_momentum", [&] {
      auto* z = anchor_.data_ptr<scalar_t>();
      auto* u = slow_.data_ptr<scalar_t>();
      const auto* m = mean.data_ptr<scalar_t>();
      const auto beta = static_cast<scalar_t>(beta_);
      const auto rate = static_cast<scalar_t>(lr);
      const auto step = static_cast<scalar_t>(alpha_ * lr);
      for (std::int64_t i = 0; i < anchor_.numel(); ++i) {
        u[i] = beta * u[i] + (z[i] - m[i]) / rate;
        z[i] -= step * u[i];
      }
    });
    rows.parameters.copy_(anchor_.expand_as(rows.parameters));
  }

  void save(SavedState& state) const override {
    state.shared["outer.anchor"] = anchor_;
    state.shared["outer.slow_momentum"] = slow_;
  }
  void load(const SavedState& state) override {
    anchor_.copy_(state.shared.at("outer.anchor"));
    slow_.copy_(state.shared.at("outer.slow_momentum"));
  }

 private:
  double beta_, alpha_;
  at::Tensor anchor_;  ///< z (n)
  at::Tensor slow_;    ///< u (n)
};
}  // namespace

std::unique_ptr<Outer> make_slow_momentum(const RunConfig& config) {
  return std::make_unique<SlowMomentum>(config.real("slow_momentum"), config.real("slow_lr"));
}

}  // namespace lockstep
