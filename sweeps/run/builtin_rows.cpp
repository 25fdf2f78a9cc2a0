// The tables of algorithms, models and data sets. Raise a row's `revision` when a correction
// changes its results.
#include "sweeps/run/tables.hpp"

namespace lockstep {

std::vector<AlgorithmRow> builtin_algorithms() {
  return {
      {.name = "sync_sgd",
       .parts = {CadencePart::every_step, ExchangePart::gradient, CodecPart::none,
                 OuterPart::plain},
       .paper = "Goyal et al. 2017, arXiv 1706.02677",
       .doc = "Synchronous minibatch SGD: the mean gradient of all workers, every step."},
      {.name = "local_sgd",
       .parts = {CadencePart::every_h, ExchangePart::parameter, CodecPart::none, OuterPart::plain},
       .uses = {"H", "momentum_buffers"},
       .paper = "Stich 2019, arXiv 1805.09767",
       .doc = "H local steps, then the mean of the workers' parameters."},
      {.name = "post_local_sgd",
       .parts = {CadencePart::switch_then_h, ExchangePart::gradient_then_parameter, CodecPart::none,
                 OuterPart::plain},
       .uses = {"H", "momentum_buffers", "switch_epoch"},
       .paper = "Lin et al. 2020, arXiv 1808.07217",
       .doc = "Synchronous SGD up to switch_epoch, then local SGD."},
      {.name = "slowmo",
       .parts = {CadencePart::every_h, ExchangePart::parameter, CodecPart::none,
                 OuterPart::slow_momentum},
       .uses = {"H", "momentum_buffers", "slow_momentum", "slow_lr"},
       .overrides = {{"momentum_buffers", std::string("reset")}},
       .paper = "Wang et al. 2020, arXiv 1910.00643",
       .doc = "Local SGD with a slow momentum step on the averaged parameters."},
      {.name = "cocod",
       .parts = {CadencePart::every_h, ExchangePart::parameter, CodecPart::none,
                 OuterPart::delayed_correction},
       .uses = {"H", "momentum_buffers", "sync_delay"},
       .paper = "Shen et al. 2019, arXiv 1906.12043",
       .doc = "CoCoD-SGD: the average of a round arrives sync_delay steps later, under which "
              "training goes on."},
  };
}

std::vector<ModelRow> builtin_models() {
  return {
      {.name = "mlp", .uses = {"hidden"}, .doc = "One hidden layer with ReLU."},
      {.name = "cnn",
       .uses = {"width"},
       .doc = "Two 3x3 convolutions with ReLU and 2x2 max-pooling, then one linear layer. No "
              "BatchNorm."},
      {.name = "resnet8",
       .uses = {"width", "bn_statistics", "bn_recalibration_batches"},
       .batch_norm = true,
       .paper = "He et al. 2016, arXiv 1512.03385, section 4.2",
       .doc = "CIFAR ResNet with three stages of one basic block; shortcuts without parameters "
              "(option A)."},
  };
}

std::vector<DatasetRow> builtin_datasets() {
  return {
      {.name = "fashion-mnist",
       .train_samples = 60000,
       .test_samples = 10000,
       .classes = 10,
       .channels = 1,
       .height = 28,
       .width = 28,
       .files = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                 "t10k-labels-idx1-ubyte"},
       .package = "Debian package dataset-fashion-mnist",
       .doc = "70,000 grey pictures of clothes, 28 x 28, 10 classes (Xiao et al. 2017, arXiv "
              "1708.07747)."},
      {.name = "synthetic",
       .uses = {"noise"},
       .train_samples = 20000,
       .test_samples = 4000,
       .classes = 10,
       .channels = 1,
       .height = 12,
       .width = 12,
       .doc = "Gaussian clouds around ten fixed random centres, made by the program."},
  };
}

}  // namespace lockstep
