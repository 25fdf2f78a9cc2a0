// The table of parameters. A default, once released, is frozen: changing one would change what old
// ids mean. A new parameter gets `since` one above the newest here, so that the ids of old runs
// stay.
#include "sweeps/run/tables.hpp"

namespace lockstep {

namespace {
using Strings = std::vector<std::string>;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Range kAtLeastOne{1, 1e9};
constexpr Range kFraction{0, 1};
constexpr Range kBelowOne{0, 1, false, true};
constexpr Range kPositive{0, kInf, true, true};
constexpr Range kNotNegative{0, kInf, false, true};
Value text(const char* value) { return std::string(value); }
Value integer(std::int64_t value) { return value; }

std::vector<Parameter> question_parameters() {
  return {
      {.name = "algorithm",
       .type = Type::text,
       .doc = "How workers stay in touch: a row of the algorithm table."},
      {.name = "model",
       .type = Type::text,
       .doc = "The network that is trained: a row of the model table."},
      {.name = "dataset",
       .type = Type::text,
       .doc = "What it is trained on: a row of the data set table."},
      {.name = "seed",
       .type = Type::integer,
       .initial = integer(1),
       .range = {0, 2147483647},
       .doc = "Seeds everything: initial parameters, data order, validation split, noise."},
      {.name = "workers",
       .type = Type::integer,
       .unit = "workers",
       .initial = integer(1),
       .range = {1, 65536},
       .doc = "Logical workers W, each with its own parameters, optimizer and data shard."},
      {.name = "batch_per_worker",
       .type = Type::integer,
       .unit = "samples",
       .initial = integer(32),
       .range = {1, 1048576},
       .doc = "Samples per worker and local step."},
      {.name = "epochs",
       .type = Type::integer,
       .unit = "epochs",
       .range = kAtLeastOne,
       .instead_of = "steps",
       .doc = "Length of training in passes over the training set."},
      {.name = "steps",
       .type = Type::integer,
       .unit = "local steps",
       .range = kAtLeastOne,
       .instead_of = "epochs",
       .doc = "Length of training in local steps; instead of epochs."},
      {.name = "train_samples",
       .type = Type::integer,
       .unit = "samples",
       .initial = integer(0),
       .range = {0, 1e9},
       .doc = "Use only the first so many training samples, validation included; 0: all of them."},
      {.name = "evals_per_epoch",
       .type = Type::integer,
       .unit = "evaluations",
       .initial = integer(1),
       .range = {1, 1000},
       .doc = "Evaluations on the validation set per epoch; the last step is always evaluated."},
      {.name = "precision",
       .type = Type::text,
       .initial = text("float32"),
       .choices = Strings{"float32", "float64", "bfloat16"},
       .doc = "Number format of parameters and arithmetic. bfloat16 casts forward passes and keeps "
              "parameters, gradients and BatchNorm statistics in float32; it needs a processor "
              "with AVX512_BF16 or AMX."},
      {.name = "init_from",
       .type = Type::text,
       .initial = text("none"),
       .pattern = Pattern{"none|[0-9a-f]{64}",
                          "none, or the SHA-256 of a model.safetensors (64 hex digits)"},
       .since = 2,
       .doc = "Start from this model instead of random parameters: the SHA-256 of a safetensors "
              "file, which lies in the data folder as models/<SHA-256>.safetensors."},
      {.name = "emulated_network",
       .type = Type::text,
       .initial = text("none"),
       .choices = Strings{"none", "1GbE", "10GbE", "25GbE", "100GbE", "NDR400", "NVLink"},
       .when = Condition{"workers", {integer(1)}, true},
       .since = 3,
       .doc = "Let no exchange end before this network would have ended it, to hold the simulated "
              "clock against wall-clock time; changes no result. Means something on the measured "
              "clock alone: no report redraws such a run for a network."},
  };
}

std::vector<Parameter> optimizer_parameters() {
  return {
      {.name = "lr",
       .type = Type::real,
       .unit = "learning rate",
       .initial = 0.1,
       .range = kPositive,
       .doc = "Peak inner learning rate that each worker applies."},
      {.name = "lr_scaling",
       .type = Type::text,
       .initial = text("none"),
       .choices = Strings{"none", "linear"},
       .doc = "linear multiplies lr by workers x batch_per_worker / lr_reference_batch (Goyal et "
              "al. 2017)."},
      {.name = "lr_reference_batch",
       .type = Type::integer,
       .unit = "samples",
       .initial = integer(256),
       .range = kAtLeastOne,
       .when = Condition{"lr_scaling", {text("linear")}},
       .doc = "Global batch at which linear scaling leaves lr as it is."},
      {.name = "lr_schedule",
       .type = Type::text,
       .initial = text("constant"),
       .choices = Strings{"constant", "step", "cosine"},
       .doc = "How lr falls after the warm-up; evaluated at (t-1)/T."},
      {.name = "lr_milestones",
       .type = Type::real_list,
       .unit = "fraction of training",
       .initial = std::vector<double>{0.5, 0.75},
       .range = {0, 1, true, true},
       .when = Condition{"lr_schedule", {text("step")}},
       .doc = "Where the step schedule multiplies lr by lr_decay; rising."},
      {.name = "lr_decay",
       .type = Type::real,
       .initial = 0.1,
       .range = {0, 1, true, false},
       .when = Condition{"lr_schedule", {text("step")}},
       .doc = "Factor of each step of the step schedule."},
      {.name = "warmup_epochs",
       .type = Type::real,
       .unit = "epochs",
       .initial = 0.0,
       .range = {0, 1e6},
       .doc = "Linear warm-up from warmup_from to the peak over so many epochs."},
      {.name = "warmup_from",
       .type = Type::real,
       .unit = "learning rate",
       .initial = 0.1,
       .range = kNotNegative,
       .when = Condition{"warmup_epochs", {0.0}, true},
       .doc = "Where the warm-up starts; the peak itself where that is lower."},
      {.name = "momentum",
       .type = Type::real,
       .initial = 0.9,
       .range = kBelowOne,
       .doc = "Momentum of the inner SGD (torch convention: the learning rate is outside the "
              "buffer)."},
      {.name = "nesterov",
       .type = Type::boolean,
       .initial = false,
       .when = Condition{"momentum", {0.0}, true},
       .doc = "Nesterov's form of the momentum step."},
      {.name = "weight_decay",
       .type = Type::real,
       .initial = 0.0,
       .range = kNotNegative,
       .doc = "Coupled weight decay: added to the gradient."},
      {.name = "decay_norm_and_bias",
       .type = Type::boolean,
       .initial = false,
       .when = Condition{"weight_decay", {0.0}, true},
       .doc = "Whether weight decay reaches normalisation layers and biases too."},
  };
}

std::vector<Parameter> algorithm_parameters() {
  constexpr Scope rows = Scope::rows_that_use_it;
  return {
      {.name = "H",
       .type = Type::integer,
       .unit = "local steps",
       .initial = integer(1),
       .range = {1, 1e6},
       .scope = rows,
       .doc = "Local steps between two syncs."},
      {.name = "switch_epoch",
       .type = Type::integer,
       .unit = "epochs",
       .initial = integer(1),
       .range = {0, 1e9},
       .scope = rows,
       .doc = "Synchronous SGD up to the end of this epoch, local SGD after it."},
      {.name = "momentum_buffers",
       .type = Type::text,
       .initial = text("maintain"),
       .choices = Strings{"maintain", "reset", "average"},
       .scope = rows,
       .when = Condition{"momentum", {0.0}, true},
       .doc = "What a sync does to the workers' momentum buffers; average doubles the traffic."},
      {.name = "slow_momentum",
       .type = Type::real,
       .initial = 0.5,
       .range = kBelowOne,
       .scope = rows,
       .doc = "Slow momentum beta of SlowMo."},
      {.name = "slow_lr",
       .type = Type::real,
       .initial = 1.0,
       .range = kPositive,
       .scope = rows,
       .doc = "Slow learning rate alpha of SlowMo."},
      {.name = "joint_batch",
       .type = Type::text,
       .initial = text("off"),
       .choices = Strings{"off", "on"},
       .scope = rows,
       .since = 2,
       .doc = "on: one backward pass for all workers of a process while they are in lockstep, each "
              "with a BatchNorm of its own; equal to off up to rounding, which depends on the "
              "number of processes."},
      {.name = "sync_delay",
       .type = Type::integer,
       .unit = "local steps",
       .initial = integer(1),
       .range = {0, 1e6},
       .scope = rows,
       .doc = "Local steps taken while an average is under way; at most H."},
  };
}

std::vector<Parameter> row_parameters() {
  constexpr Scope rows = Scope::rows_that_use_it;
  return {
      {.name = "bn_statistics",
       .type = Type::text,
       .initial = text("recalibrate"),
       .choices = Strings{"local", "rank0", "average", "recalibrate"},
       .scope = rows,
       .doc = "BatchNorm statistics of the averaged model: worker 0's own (local), worker 0's "
              "given to all at "
              "each sync, their mean given to all, or measured anew on training batches before an "
              "evaluation."},
      {.name = "bn_recalibration_batches",
       .type = Type::integer,
       .unit = "batches",
       .initial = integer(16),
       .range = {1, 100000},
       .scope = rows,
       .when = Condition{"bn_statistics", {text("recalibrate")}},
       .doc = "Training batches that recalibration looks at."},
      {.name = "hidden",
       .type = Type::integer,
       .unit = "units",
       .initial = integer(128),
       .range = {1, 65536},
       .scope = rows,
       .doc = "Width of the hidden layer."},
      {.name = "width",
       .type = Type::integer,
       .unit = "channels",
       .initial = integer(16),
       .range = {1, 4096},
       .scope = rows,
       .doc = "Channels of the first stage; later stages double it."},
      {.name = "zero_gamma",
       .type = Type::boolean,
       .initial = true,
       .scope = rows,
       .since = 2,
       .doc = "Start the last BatchNorm scale of every residual block at 0 instead of 1 (Goyal et "
              "al. 2017, section 5.1)."},
      {.name = "augmentation",
       .type = Type::text,
       .initial = text("none"),
       .choices = Strings{"none", "crop_flip", "resized_crop_flip"},
       .scope = rows,
       .since = 2,
       .doc =
           "crop_flip: training pictures are padded by 4 pixels, cropped at random and mirrored "
           "at random (He et al. 2016); evaluation and recalibration see them as they are. "
           "resized_crop_flip, for packed pictures only: a window of 8 to 100 % of a picture's "
           "area, resized, mirrored at random (Szegedy et al. 2015); evaluation sees the middle."},
      {.name = "noise",
       .type = Type::real,
       .unit = "standard deviations",
       .initial = 1.0,
       .range = kNotNegative,
       .scope = rows,
       .doc = "Noise around the class centres; more is harder."},
  };
}
}  // namespace

std::vector<Parameter> builtin_parameters() {
  std::vector<Parameter> all;
  for (auto&& part :
       {question_parameters(), optimizer_parameters(), algorithm_parameters(), row_parameters()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace lockstep
