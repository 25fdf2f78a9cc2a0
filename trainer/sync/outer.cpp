#include "trainer/sync/outer.hpp"

#include <ATen/ATen.h>

#include <stdexcept>

namespace lockstep {

namespace {
class Plain : public Outer {
 public:
  void apply(WorkerRows& rows, const at::Tensor& mean, double) override {
    rows.parameters.copy_(mean.expand_as(rows.parameters));
  }
};
}  // namespace

std::unique_ptr<Outer> make_plain_outer() { return std::make_unique<Plain>(); }

std::unique_ptr<Outer> make_outer(const AlgorithmRow& row, const RunConfig& config) {
  switch (row.parts.outer) {
    case OuterPart::plain:
      return make_plain_outer();
    case OuterPart::slow_momentum:
      return make_slow_momentum(config.real("slow_momentum"), config.real("slow_lr"));
    case OuterPart::delayed_correction:
      return make_delayed_correction();
  }
  throw std::logic_error("unknown outer part");
}

}  // namespace lockstep
