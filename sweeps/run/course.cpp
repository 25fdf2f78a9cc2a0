#include "sweeps/run/course.hpp"

#include <cmath>

namespace lockstep {

namespace {
double peak_lr(const RunConfig& config) {
  const double lr = config.real("lr");
  if (config.text("lr_scaling") == "none") return lr;
  const auto global_batch =
      static_cast<double>(config.integer("workers") * config.integer("batch_per_worker"));
  return lr * global_batch / static_cast<double>(config.integer("lr_reference_batch"));
}

/// 1 - mu (1 - mu^H) / (H (1 - mu)) for heavy ball; Nesterov looks one step further: mu^2 for the
/// first mu.
double reset_factor(double momentum, bool nesterov, double local_steps) {
  const double ahead = nesterov ? momentum * momentum : momentum;
  return 1 - ahead * (1 - std::pow(momentum, local_steps)) / (local_steps * (1 - momentum));
}
}  // namespace

Course course_of(const Tables& tables, const RunConfig& config) {
  const DatasetRow& dataset = *tables.dataset(config.text("dataset"));
  const std::int64_t asked = config.integer("train_samples");
  const std::int64_t samples = asked == 0 ? dataset.train_samples : asked;

  Course course;
  course.validation_samples = std::llround(static_cast<double>(samples) * kValidationShare);
  course.train_samples = samples - course.validation_samples;
  const std::int64_t step_samples = config.integer("workers") * config.integer("batch_per_worker");
  course.steps_per_epoch = course.train_samples / step_samples;
  course.dropped_samples = course.train_samples - course.steps_per_epoch * step_samples;
  course.total_steps = config.has("steps") ? config.integer("steps")
                                           : config.integer("epochs") * course.steps_per_epoch;
  course.warmup_steps =
      std::llround(config.real("warmup_epochs") * static_cast<double>(course.steps_per_epoch));
  if (config.has("switch_epoch"))
    course.switch_step = config.integer("switch_epoch") * course.steps_per_epoch;
  course.peak_lr = peak_lr(config);
  return course;
}

double effective_lr_factor(const RunConfig& config) {
  double factor = 1;
  if (config.has("momentum_buffers") && config.text("momentum_buffers") == "reset") {
    factor = reset_factor(config.real("momentum"), config.flag("nesterov"),
                          static_cast<double>(config.integer("H")));
  }
  if (config.has("slow_momentum"))
    factor *= config.real("slow_lr") / (1 - config.real("slow_momentum"));
  return factor;
}

}  // namespace lockstep
