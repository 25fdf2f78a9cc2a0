// The tables of algorithms, models and data sets. Raise a row's `revision` when a correction
// changes its results.
#include "sweeps/run/tables.hpp"

namespace lockstep {

std::vector<AlgorithmRow> builtin_algorithms() {
  return {
      {.name = "sync_sgd",
       .parts = {CadencePart::every_step, ExchangePart::gradient, CodecPart::none, "plain"},
       .uses = {"joint_batch"},
       .paper = "Goyal et al. 2017, arXiv 1706.02677",
       .doc = "Synchronous minibatch SGD: the mean gradient of all workers, every step."},
      {.name = "local_sgd",
       .parts = {CadencePart::every_h, ExchangePart::parameter, CodecPart::none, "plain"},
       .uses = {"H", "momentum_buffers"},
       .paper = "Stich 2019, arXiv 1805.09767",
       .doc = "H local steps, then the mean of the workers' parameters."},
      {.name = "post_local_sgd",
       .parts = {CadencePart::switch_then_h, ExchangePart::gradient_then_parameter, CodecPart::none,
                 "plain"},
       .uses = {"H", "momentum_buffers", "switch_epoch", "joint_batch"},
       .paper = "Lin et al. 2020, arXiv 1808.07217",
       .doc = "Synchronous SGD up to switch_epoch, then local SGD."},
      {.name = "slowmo",
       .parts = {CadencePart::every_h, ExchangePart::parameter, CodecPart::none, "slow_momentum"},
       .uses = {"H", "momentum_buffers", "slow_momentum", "slow_lr"},
       .overrides = {{"momentum_buffers", std::string("reset")}},
       .paper = "Wang et al. 2020, arXiv 1910.00643",
       .doc = "Local SGD with a slow momentum step on the averaged parameters."},
      {.name = "cocod",
       .parts = {CadencePart::every_h, ExchangePart::parameter, CodecPart::none,
                 "delayed_correction"},
       .uses = {"H", "momentum_buffers", "sync_delay"},
       .paper = "Shen et al. 2019, arXiv 1906.12043",
       .doc = "CoCoD-SGD: the average of a round arrives sync_delay steps later, under which "
              "training goes on."},
  };
}

namespace {
// Seconds per pixel are those of `lockstep calibrate` for 32 samples of Fashion-MNIST on one core
// of 2026, rounded; for ImageNet's, by their multiply-adds.
ModelRow cifar_resnet(const char* name, double pixel_s, const char* blocks) {
  return {.name = name,
          .uses = {"width", "bn_statistics", "bn_recalibration_batches"},
          .batch_norm = true,
          .shrinks = 4,
          .pixel_s = pixel_s,
          .paper = "He et al. 2016, arXiv 1512.03385, section 4.2",
          .doc = std::string("CIFAR ResNet with three stages of ") + blocks +
                 "; shortcuts without parameters (option A)."};
}

ModelRow imagenet_resnet(const char* name, double pixel_s, const char* parameters) {
  return {.name = name,
          .uses = {"zero_gamma", "bn_statistics", "bn_recalibration_batches"},
          .batch_norm = true,
          .shrinks = 32,
          .pixel_s = pixel_s,
          .paper = "He et al. 2016, arXiv 1512.03385, table 1",
          .doc = std::string("ImageNet ResNet, ") + parameters +
                 " parameters with 1000 classes; tensors and strides as in torchvision (v1.5)."};
}
}  // namespace

std::vector<ModelRow> builtin_models() {
  return {
      {.name = "mlp", .uses = {"hidden"}, .pixel_s = 1e-8, .doc = "One hidden layer with ReLU."},
      {.name = "cnn",
       .uses = {"width"},
       .pixel_s = 1e-7,
       .doc = "Two 3x3 convolutions with ReLU and 2x2 max-pooling, then one linear layer. No "
              "BatchNorm."},
      cifar_resnet("resnet8", 1e-6, "one basic block"),
      cifar_resnet("resnet20", 2e-6, "three basic blocks"),
      cifar_resnet("resnet56", 6e-6, "nine basic blocks"),
      imagenet_resnet("resnet18", 2e-6, "11,689,512"),
      imagenet_resnet("resnet50", 4e-6, "25,557,032"),
      imagenet_resnet("resnet101", 8e-6, "44,549,160"),
  };
}

namespace {
const std::vector<std::string> kIdxFiles = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                            "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
}

std::vector<DatasetRow> builtin_datasets() {
  return {
      {.name = "fashion-mnist",
       .uses = {"augmentation"},
       .train_samples = 60000,
       .test_samples = 10000,
       .classes = 10,
       .channels = 1,
       .height = 28,
       .width = 28,
       .files = kIdxFiles,
       .folders = {"FashionMNIST/raw"},
       .remedy = "install the Debian package dataset-fashion-mnist, or put the files there",
       .doc = "70,000 grey pictures of clothes, 28 x 28, 10 classes (Xiao et al. 2017, arXiv "
              "1708.07747)."},
      {.name = "mnist",
       .train_samples = 60000,
       .test_samples = 10000,
       .classes = 10,
       .channels = 1,
       .height = 28,
       .width = 28,
       .files = kIdxFiles,
       .folders = {"MNIST/raw"},
       .remedy = "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
                 "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz of the MNIST database "
                 "(yann.lecun.com/exdb/mnist) into a folder mnist",
       .doc = "70,000 grey pictures of digits, 28 x 28, 10 classes (LeCun et al. 1998)."},
      {.name = "cifar10",
       .uses = {"augmentation"},
       .train_samples = 50000,
       .test_samples = 10000,
       .classes = 10,
       .channels = 3,
       .height = 32,
       .width = 32,
       .files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                 "data_batch_5.bin", "test_batch.bin"},
       .folders = {"cifar-10-batches-bin"},
       .remedy =
           "unpack cifar-10-binary.tar.gz (CIFAR-10, binary version) in the data folder, which "
           "makes cifar-10-batches-bin",
       .doc = "60,000 colour pictures, 32 x 32, 10 classes (Krizhevsky 2009)."},
      {.name = "cifar100",
       .uses = {"augmentation"},
       .train_samples = 50000,
       .test_samples = 10000,
       .classes = 100,
       .channels = 3,
       .height = 32,
       .width = 32,
       .files = {"train.bin", "test.bin"},
       .folders = {"cifar-100-binary"},
       .remedy =
           "unpack cifar-100-binary.tar.gz (CIFAR-100, binary version) in the data folder, which "
           "makes cifar-100-binary",
       .doc = "60,000 colour pictures, 32 x 32, 100 fine classes (Krizhevsky 2009)."},
      {.name = "imagenet",
       .uses = {"augmentation"},
       .train_samples = 1281167,
       .test_samples = 50000,
       .classes = 1000,
       .channels = 3,
       .height = 224,
       .width = 224,
       .packed = true,
       .files = {"train.pack", "val.pack"},
       .remedy = "make them from ILSVRC2012's class folders with `lockstep-train pack "
                 "ILSVRC2012/train DATA/imagenet/train.pack`, and val likewise",
       .doc =
           "1,331,167 photographs, 1000 classes, tested on the 50,000 of the validation set, seen "
           "in 224 x 224 (Russakovsky et al. 2015, arXiv 1409.0575)."},
      {.name = "synthetic",
       .uses = {"noise"},
       .train_samples = 20000,
       .test_samples = 4000,
       .classes = 10,
       .channels = 1,
       .height = 12,
       .width = 12,
       .doc = "Gaussian clouds around ten fixed random centres, made by the program."},
      {.name = "synthetic-cifar",
       .uses = {"noise", "augmentation"},
       .train_samples = 10000,
       .test_samples = 2000,
       .classes = 10,
       .channels = 3,
       .height = 32,
       .width = 32,
       .doc = "Coarse random patterns under noise in the shape of CIFAR-10, made by the program: "
              "for timing."},
      {.name = "synthetic-imagenet",
       .uses = {"noise", "augmentation"},
       .train_samples = 2000,
       .test_samples = 500,
       .classes = 1000,
       .channels = 3,
       .height = 224,
       .width = 224,
       .doc = "Coarse random patterns under noise in the shape of ImageNet, made by the program: "
              "for timing."},
  };
}

}  // namespace lockstep
