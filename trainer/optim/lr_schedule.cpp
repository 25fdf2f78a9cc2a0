#include "trainer/optim/lr_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lockstep {

LrSchedule::LrSchedule(const RunConfig& config, const Course& course) : course_(course) {
  const std::string& name = config.text("lr_schedule");
  kind_ = name == "step" ? Kind::step : name == "cosine" ? Kind::cosine : Kind::constant;
  if (config.has("warmup_from"))
    warmup_from_ = std::min(config.real("warmup_from"), course.peak_lr);
  if (kind_ == Kind::step) {
    milestones_ = config.reals("lr_milestones");
    decay_ = config.real("lr_decay");
  }
}

double LrSchedule::at(std::int64_t step) const {
  const double peak = course_.peak_lr;
  const std::int64_t before = step - 1;
  if (before < course_.warmup_steps) {
    const double share = static_cast<double>(before) / static_cast<double>(course_.warmup_steps);
    return warmup_from_ + (peak - warmup_from_) * share;
  }
  if (kind_ == Kind::cosine) {
    const double share = static_cast<double>(before - course_.warmup_steps) /
                         static_cast<double>(course_.total_steps - course_.warmup_steps);
    return peak * 0.5 * (1 + std::cos(std::numbers::pi * share));
  }
  const double progress = static_cast<double>(before) / static_cast<double>(course_.total_steps);
  const auto reached =
      std::upper_bound(milestones_.begin(), milestones_.end(), progress) - milestones_.begin();
  return peak * std::pow(decay_, static_cast<double>(reached));
}

}  // namespace lockstep
