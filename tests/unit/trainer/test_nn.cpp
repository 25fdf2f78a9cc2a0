#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/support/training.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/data/random.hpp"
#include "trainer/engine/local_steps.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

TrainingCase case_of(const Text& model) {
  TrainingCase problem = small_case();
  if (model != "mlp") problem = problem.without({"hidden"}).with({{"width", Int{4}}});
  return problem.with({{"model", model}});
}
DatasetRow pictures(Int channels, Int extent, Int classes) {
  return {.name = "pictures",
          .classes = classes,
          .channels = channels,
          .height = extent,
          .width = extent};
}

std::unique_ptr<Model> make(const Text& name, const DatasetRow& data, const Given& more = {}) {
  const Registry registry = Registry::builtin();
  Given given = {{"algorithm", Text("sync_sgd")},
                 {"model", name},
                 {"dataset", Text("synthetic")},
                 {"epochs", Int{1}}};
  given.insert(more.begin(), more.end());
  return registry.models.at(name)(resolve(registry.tables, given).config, data);
}

/// One worker of a model, in float64, with statistics that are not those of the start.
struct Instance {
  at::Tensor parameters, buffers;
  Weights weights;

  explicit Instance(const Model& model)
      : parameters(at::zeros({model.parameters().size()}, at::kDouble)),
        buffers(at::zeros({model.buffers().size()}, at::kDouble)) {
    initialise(model, 3, parameters, buffers);
    const CounterRandom random(5, Stream::synthetic_data);
    for (Int i = 0; i < buffers.size(0); ++i)
      buffers[i] += 0.5 * random.uniform(static_cast<std::uint64_t>(i));
    weights = view_weights(model, parameters, buffers);
  }
};

at::Tensor some_images(Int count, const DatasetRow& data) {
  at::Tensor images = at::empty({count, data.channels, data.height, data.width}, at::kDouble);
  const CounterRandom random(6, Stream::synthetic_data);
  auto* value = images.data_ptr<double>();
  for (Int i = 0; i < images.numel(); ++i) value[i] = random.normal(static_cast<std::uint64_t>(i));
  return images.contiguous(at::MemoryFormat::ChannelsLast);
}

/// The CIFAR ResNet of He et al. 2016 written down once more, by the names of its tensors and
/// without the classes that build it.
class PlainCifarResNet {
 public:
  PlainCifarResNet(const Model& model, const Instance& instance) {
    for (const Slot& slot : model.parameters().slots())
      tensors_[slot.name] = model.parameters().view(instance.parameters, slot).contiguous();
    for (const Slot& slot : model.buffers().slots())
      tensors_[slot.name] = model.buffers().view(instance.buffers, slot).contiguous();
  }

  at::Tensor operator()(at::Tensor x, int blocks, bool training) {
    x = at::relu(norm("bn1", at::conv2d(x, tensors_.at("conv1.weight"), {}, 1, 1), training));
    for (int stage = 1; stage <= 3; ++stage) {
      for (int i = 0; i < blocks; ++i) {
        const Text name = "layer" + std::to_string(stage) + "." + std::to_string(i) + ".";
        const bool halves = stage > 1 && i == 0;
        at::Tensor y = at::conv2d(x, tensors_.at(name + "conv1.weight"), {}, halves ? 2 : 1, 1);
        y = at::relu(norm(name + "bn1", y, training));
        y = norm(name + "bn2", at::conv2d(y, tensors_.at(name + "conv2.weight"), {}, 1, 1),
                 training);
        if (halves) {
          const at::Tensor half = at::avg_pool2d(x, 1, 2);
          x = at::cat({half, at::zeros_like(half)}, 1);
        }
        x = at::relu(x + y);
      }
    }
    return at::linear(x.mean({2, 3}), tensors_.at("fc.weight"), tensors_.at("fc.bias"));
  }

 private:
  at::Tensor norm(const Text& name, const at::Tensor& x, bool training) {
    const auto wide = [&](const at::Tensor& row) { return row.view({1, -1, 1, 1}); };
    const at::Tensor mean =
        training ? x.mean({0, 2, 3}) : tensors_.at(name + ".running_mean").clone();
    const at::Tensor variance = training ? (x - wide(mean)).pow(2).mean({0, 2, 3})
                                         : tensors_.at(name + ".running_var").clone();
    return (x - wide(mean)) / (wide(variance) + 1e-5).sqrt() * wide(tensors_.at(name + ".weight")) +
           wide(tensors_.at(name + ".bias"));
  }

  std::map<Text, at::Tensor> tensors_;
};
}  // namespace

TEST_CASE("Views of a row share it, lie apart, and keep channels last") {
  FlatLayout layout;
  layout.add("conv", SlotKind::weight, {2, 3, 3, 3});
  layout.add("fc", SlotKind::weight, {5, 7});
  at::Tensor row = at::zeros({layout.size()});
  CHECK(layout.numel() == 54 + 35);
  CHECK(layout.slots()[1].offset % 64 == 0);
  at::Tensor conv = layout.view(row, layout.slots()[0]);
  CHECK(conv.is_contiguous(at::MemoryFormat::ChannelsLast));
  conv.fill_(1);
  layout.view(row, layout.slots()[1]).fill_(2);
  CHECK(row.sum().item<double>() == 54 + 2 * 35);
}

TEST_CASE("Networks have the numbers of parameters that are known of them") {
  const DatasetRow imagenet = pictures(3, 224, 1000);
  CHECK(make("resnet18", imagenet)->parameters().numel() == 11'689'512);
  CHECK(make("resnet50", imagenet)->parameters().numel() == 25'557'032);
  CHECK(make("resnet101", imagenet)->parameters().numel() == 44'549'160);
  CHECK(make("resnet50", imagenet)->buffers().numel() == 53'120);
  CHECK(make("resnet101", imagenet)->buffers().numel() == 105'344);
  // He et al. 2016, table 6: 0.27 M and 0.85 M.
  const DatasetRow cifar = pictures(3, 32, 10);
  CHECK(make("resnet20", cifar)->parameters().numel() == 269'722);
  CHECK(make("resnet56", cifar)->parameters().numel() == 853'018);
}

TEST_CASE("A CIFAR ResNet is what the paper says, in training and in evaluation") {
  for (const auto& [name, blocks] : std::map<Text, int>{{"resnet8", 1}, {"resnet20", 3}}) {
    const DatasetRow data = pictures(3, 13, 7);  // odd, so that halving has to round
    const auto model = make(name, data, {{"width", Int{4}}});
    const at::Tensor images = some_images(3, data);
    for (const bool training : {false, true}) {
      INFO(name << (training ? " in training" : " in evaluation"));
      const Instance instance(*model);
      const at::Tensor expected = PlainCifarResNet(*model, instance)(images, blocks, training);
      const at::NoGradGuard no_grad;
      const at::Tensor logits =
          model->forward(instance.weights, images, Pass{.training = training});
      CHECK(logits.sizes() == at::IntArrayRef({3, 7}));
      CHECK(difference(logits, expected) < 1e-12);
    }
  }
}

TEST_CASE("ImageNet ResNets take pictures of every size, and blocks that start silent") {
  const at::NoGradGuard no_grad;
  for (const Int extent : {12, 28, 65}) {
    const DatasetRow data = pictures(1, extent, 5);
    const auto model = make("resnet18", data);
    const Instance instance(*model);
    CHECK(model->forward(instance.weights, some_images(2, data), {}).sizes() ==
          at::IntArrayRef({2, 5}));
  }
  const auto scales = [](bool zero_gamma) {
    const auto model = make("resnet50", pictures(3, 32, 10), {{"zero_gamma", zero_gamma}});
    std::map<Text, double> starts;
    for (const Slot& slot : model->parameters().slots()) starts[slot.name] = slot.start.mean;
    return starts;
  };
  const auto silent = scales(true), loud = scales(false);
  CHECK(silent.at("layer3.5.bn3.weight") == 0);
  CHECK(silent.at("layer3.5.bn2.weight") == 1);
  CHECK(silent.at("layer1.0.downsample.1.weight") == 1);
  CHECK(loud.at("layer3.5.bn3.weight") == 1);
}

TEST_CASE("Training moves the statistics of BatchNorm as torch does, evaluation leaves them") {
  const DatasetRow data = pictures(3, 8, 4);
  const auto model = make("resnet8", data, {{"width", Int{4}}});
  Instance instance(*model);
  const at::Tensor images = some_images(4, data);
  const at::NoGradGuard no_grad;
  const at::Tensor before = instance.buffers.clone();
  model->forward(instance.weights, images, {});
  CHECK(same_bits(instance.buffers, before));
  model->forward(instance.weights, images, {.training = true, .bn_momentum = 0.25});
  const at::Tensor x = at::conv2d(images, instance.weights.parameters[0], {}, 1, 1);
  const auto& slots = model->buffers().slots();
  const at::Tensor mean = x.mean({0, 2, 3}), variance = x.var({0, 2, 3}, /*unbiased=*/true);
  CHECK(difference(instance.weights.buffers[0],
                   0.75 * model->buffers().view(before, slots[0]) + 0.25 * mean) < 1e-12);
  CHECK(difference(instance.weights.buffers[1],
                   0.75 * model->buffers().view(before, slots[1]) + 0.25 * variance) < 1e-12);
}

TEST_CASE("Backward fills the gradient row with the numbers of finite differences") {
  for (const Text model_name : {"mlp", "cnn", "resnet8", "resnet20"}) {
    INFO(model_name);
    const TrainingCase problem = case_of(model_name);
    const RunConfig config = problem.config();
    const Course course = course_of(problem.registry.tables, config);
    const Dataset dataset = problem.registry.load_dataset(config, {});
    const auto model = problem.registry.make_model(config);
    const Split split = stratified_split(dataset.train.labels, 10, course, 1);
    const auto alone = make_self_communicator(1);
    LocalSteps steps(*model, dataset, Sampler(split.train, course, 1, 4, 4), config, course, *alone,
                     false);

    steps.compute_gradient(0, 1);
    const at::Tensor gradient = steps.gradient(0).clone();
    CHECK(gradient.abs().max().item<double>() > 0);
    at::Tensor row = steps.rows().parameters[0];
    constexpr double kStep = 1e-6;
    for (const Slot& slot : model->parameters().slots()) {
      const Int index = slot.offset + slot.numel / 2;
      const double start = row[index].item<double>();
      double losses[2];
      for (const int side : {0, 1}) {
        row[index] = start + (side == 0 ? kStep : -kStep);
        steps.compute_gradient(0, 1);
        losses[side] = steps.losses()[0];
      }
      row[index] = start;
      INFO(slot.name);
      CHECK((losses[0] - losses[1]) / (2 * kStep) ==
            Approx(gradient[index].item<double>()).margin(1e-7).epsilon(1e-5));
    }
  }
}

TEST_CASE("The gradient row keeps its memory from step to step") {
  const TrainingCase problem = case_of("cnn");
  const RunConfig config = problem.config();
  const Course course = course_of(problem.registry.tables, config);
  const Dataset dataset = problem.registry.load_dataset(config, {});
  const auto model = problem.registry.make_model(config);
  const Split split = stratified_split(dataset.train.labels, 10, course, 1);
  const auto two = make_self_communicator(2);
  LocalSteps steps(*model, dataset, Sampler(split.train, course, 1, 4, 4), config, course, *two,
                   true);
  const void* before = steps.weights(1).parameters[0].grad().data_ptr();
  for (Int step = 1; step <= 3; ++step) {
    steps.compute_gradient(1, step);
    CHECK(steps.weights(1).parameters[0].grad().data_ptr() == before);
    CHECK(steps.gradient(1).abs().sum().item<double>() > 0);
    CHECK(steps.gradient(0).abs().sum().item<double>() ==
          0);  // another worker's row is not touched
  }
}

TEST_CASE("The averaged model learns what it is taught") {
  const TrainingCase problem =
      small_case().without({"steps"}).with({{"epochs", Int{8}},
                                            {"momentum", 0.9},
                                            {"algorithm", Text("local_sgd")},
                                            {"H", Int{4}},
                                            {"noise", 0.3}});
  const Trained trained = train(problem, threads_world(1));
  std::vector<double> validation;
  double test = 0;
  for (const Record& record : trained.records) {
    if (const auto* eval = std::get_if<EvalRecord>(&record)) {
      if (eval->split == "validation") validation.push_back(eval->accuracy);
      if (eval->split == "test") test = eval->accuracy;
    }
  }
  REQUIRE(validation.size() == 8);  // one an epoch, the end included
  CHECK(validation.back() > 0.9);
  CHECK(test > 0.9);
}

}  // namespace lockstep::test
