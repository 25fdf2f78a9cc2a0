#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/support/training.hpp"
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

TEST_CASE("Backward fills the gradient row with the numbers of finite differences") {
  for (const Text model_name : {"mlp", "cnn", "resnet8"}) {
    INFO(model_name);
    const TrainingCase problem = case_of(model_name);
    const RunConfig config = problem.config();
    const Course course = course_of(problem.registry.tables, config);
    const Dataset dataset = problem.registry.load_dataset(config, {});
    const auto model = problem.registry.make_model(config);
    const Split split = stratified_split(dataset.train.labels, 10, course, 1);
    LocalSteps steps(*model, dataset, Sampler(split.train, course, 1, 4, 4), config, course,
                     {4, 0, 1}, false);

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
  LocalSteps steps(*model, dataset, Sampler(split.train, course, 1, 4, 4), config, course,
                   {4, 0, 2}, true);
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
