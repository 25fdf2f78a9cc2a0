#include "sweeps/run/legality.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sweeps/run/course.hpp"

namespace lockstep {

namespace {
using Problems = std::vector<Problem>;

void enough_samples(const Tables& tables, const RunConfig& config, Problems& problems) {
  const DatasetRow& dataset = *tables.dataset(config.text("dataset"));
  const std::int64_t asked = config.integer("train_samples");
  if (asked > dataset.train_samples) {
    problems.push_back(
        {"train_samples",
         fmt::format("train_samples is {}, but {} has {}", asked, dataset.name,
                     dataset.train_samples),
         fmt::format("use at most {}, or leave it out for all", dataset.train_samples)});
    return;
  }
  const Course course = course_of(tables, config);
  if (course.validation_samples == 0) {
    problems.push_back({"train_samples",
                        fmt::format("{} training samples leave none to validate on", asked),
                        "a tenth of them is the validation set: use more"});
  } else if (course.steps_per_epoch == 0) {
    problems.push_back(
        {"batch_per_worker",
         fmt::format(
             "an epoch has no step: {} workers x {} samples are more than the {} training samples",
             config.integer("workers"), config.integer("batch_per_worker"), course.train_samples),
         "use fewer workers, a smaller batch_per_worker or more train_samples"});
  } else if (course.warmup_steps > course.total_steps) {
    problems.push_back({"warmup_epochs",
                        fmt::format("the warm-up of {} steps is longer than the training of {}",
                                    course.warmup_steps, course.total_steps),
                        "shorten warmup_epochs"});
  }
}

void rising_milestones(const Tables&, const RunConfig& config, Problems& problems) {
  if (!config.has("lr_milestones")) return;
  const auto& milestones = config.reals("lr_milestones");
  if (milestones.empty() || std::adjacent_find(milestones.begin(), milestones.end(),
                                               std::greater_equal<>()) != milestones.end()) {
    problems.push_back({"lr_milestones", "lr_milestones must rise, and there must be one at least",
                        "they are fractions of training, for example [0.5, 0.75]"});
  }
}

void delay_within_round(const Tables&, const RunConfig& config, Problems& problems) {
  if (!config.has("sync_delay")) return;
  if (config.integer("sync_delay") > config.integer("H")) {
    problems.push_back({"sync_delay",
                        fmt::format("sync_delay {} is longer than a round of H = {} steps",
                                    config.integer("sync_delay"), config.integer("H")),
                        fmt::format("an average must arrive before the next one leaves: at most {}",
                                    config.integer("H"))});
  }
}

void switch_within_training(const Tables& tables, const RunConfig& config, Problems& problems) {
  if (!config.has("switch_epoch")) return;
  const Course course = course_of(tables, config);
  if (course.switch_step > course.total_steps) {
    problems.push_back({"switch_epoch",
                        fmt::format("switch_epoch {} lies after the end of training",
                                    config.integer("switch_epoch")),
                        "the end itself is allowed: it is synchronous SGD throughout"});
  }
}

void rate_above_zero(const Tables&, const RunConfig& config, Problems& problems) {
  if (!config.has("slow_momentum") || !config.has("warmup_from")) return;
  if (config.real("warmup_from") > 0) return;
  problems.push_back({"warmup_from",
                      "slow momentum divides by the learning rate, which would be 0 at step 1",
                      "let the warm-up start above 0"});
}
/// Pictures of one size are padded and cropped, those of any size are resized.
void fitting_augmentation(const Tables& tables, const RunConfig& config, Problems& problems) {
  if (!config.has("augmentation") || config.text("augmentation") == "none") return;
  const DatasetRow& data = *tables.dataset(config.text("dataset"));
  const std::string fitting = data.packed ? "resized_crop_flip" : "crop_flip";
  if (config.text("augmentation") == fitting) return;
  problems.push_back(
      {"augmentation",
       fmt::format("{} does not go with {}, whose pictures have {}", config.text("augmentation"),
                   data.name, data.packed ? "any size" : "one size"),
       fmt::format("use {}, or none", fitting)});
}

/// A variance needs two values: a batch of one picture that has shrunk to one pixel has none.
void enough_to_normalise(const Tables& tables, const RunConfig& config, Problems& problems) {
  const ModelRow& model = *tables.model(config.text("model"));
  const DatasetRow& data = *tables.dataset(config.text("dataset"));
  const auto shrunk = [&](std::int64_t extent) {
    return (extent + model.shrinks - 1) / model.shrinks;
  };
  const std::int64_t batch = config.integer("batch_per_worker");
  if (!model.batch_norm || batch * shrunk(data.height) * shrunk(data.width) > 1) return;
  problems.push_back({"batch_per_worker",
                      fmt::format("the last stage of {} sees one pixel of one picture, and "
                                  "BatchNorm cannot take a variance of it",
                                  model.name),
                      "use at least 2"});
}
}  // namespace

std::vector<Problem> composition_problems(const Tables& tables, const RunConfig& config) {
  Problems problems;
  for (const auto rule :
       {enough_samples, rising_milestones, delay_within_round, switch_within_training,
        rate_above_zero, fitting_augmentation, enough_to_normalise}) {
    rule(tables, config, problems);
  }
  return problems;
}

}  // namespace lockstep
