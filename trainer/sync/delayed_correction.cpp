// CoCoD-SGD, Shen et al. 2019 (arXiv 1906.12043): the average of what was sent, plus what was
// learnt meanwhile:
//   x_i := mean_j s_j + (x_i - s_i),  s = parameters at launch
// The mean over workers is kept; without delay this is local SGD.
#include <ATen/ATen.h>

#include "trainer/sync/outer.hpp"

namespace lockstep {

namespace {
class DelayedCorrection : public Outer {
 public:
  void start(const WorkerRows& rows) override { sent_ = rows.parameters.clone(); }
  void launched(const WorkerRows& rows) override { sent_.copy_(rows.parameters); }

  void apply(WorkerRows& rows, const at::Tensor& mean, double) override {
    rows.parameters.sub_(sent_).add_(mean);
  }

  void save(SavedState& state) const override { state.rows["outer.sent"] = sent_; }
  void load(const SavedState& state) override { sent_.copy_(state.rows.at("outer.sent")); }

 private:
  at::Tensor sent_;  ///< s (workers, n)
};
}  // namespace

std::unique_ptr<Outer> make_delayed_correction(const RunConfig&) {
  return std::make_unique<DelayedCorrection>();
}

}  // namespace lockstep
