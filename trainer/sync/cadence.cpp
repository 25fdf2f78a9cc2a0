#include "trainer/sync/cadence.hpp"

#include <algorithm>
#include <stdexcept>

namespace lockstep {

namespace {
/// Every step up to and including `switch_step`, then every H steps counted from it. H = 1 is every
/// step.
class SwitchThenEveryH : public Cadence {
 public:
  SwitchThenEveryH(std::int64_t switch_step, std::int64_t local_steps)
      : switch_step_(switch_step), local_steps_(local_steps) {}

  std::int64_t next_sync(std::int64_t after) const override {
    if (after < switch_step_) return after + 1;
    return switch_step_ + ((after - switch_step_) / local_steps_ + 1) * local_steps_;
  }
  bool every_step(std::int64_t step) const override { return step <= switch_step_; }

 private:
  std::int64_t switch_step_, local_steps_;
};
}  // namespace

std::unique_ptr<Cadence> make_cadence(const AlgorithmRow& row, const RunConfig& config,
                                      const Course& course) {
  switch (row.parts.cadence) {
    case CadencePart::every_step:
      return std::make_unique<SwitchThenEveryH>(course.total_steps, 1);
    case CadencePart::every_h:
      return std::make_unique<SwitchThenEveryH>(0, config.integer("H"));
    case CadencePart::switch_then_h:
      return std::make_unique<SwitchThenEveryH>(course.switch_step, config.integer("H"));
  }
  throw std::logic_error("unknown cadence");
}

}  // namespace lockstep
