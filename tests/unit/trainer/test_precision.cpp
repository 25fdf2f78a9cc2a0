// bfloat16 autocast: near float32, following the weights, and as invariant as any other precision.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/support/training.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/local_steps.hpp"
#include "trainer/nn/autocast.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

TrainingCase bfloat16_case() {
  return small_case()
      .without({"hidden"})
      .with({{"model", Text("resnet8")},
             {"width", Int{4}},
             {"precision", Text("bfloat16")},
             {"algorithm", Text("local_sgd")},
             {"H", Int{5}}});
}

/// One step of hosted workers 0 and 1 in one process.
struct Steps {
  RunConfig config;
  Course course;
  Dataset dataset;
  std::unique_ptr<Model> model;
  std::unique_ptr<Communicator> two = make_self_communicator(2);
  LocalSteps steps;

  explicit Steps(const TrainingCase& problem)
      : config(problem.config()),
        course(course_of(problem.registry.tables, config)),
        dataset(problem.registry.load_dataset(config, {})),
        model(problem.registry.make_model(config)),
        steps(*model, dataset,
              Sampler(stratified_split(dataset.train.labels, 10, course, 1).train, course, 1, 4, 4),
              config, course, *two, true) {}
};
}  // namespace

TEST_CASE("Rows, logits and gradients stay float32 under bfloat16, and near it") {
  Steps half(bfloat16_case()), full(bfloat16_case().with({{"precision", Text("float32")}}));
  CHECK(half.steps.rows().parameters.scalar_type() == at::kFloat);
  const Batch batch = gather(half.dataset, half.dataset.test, std::vector<Int>{0, 1, 2}, false);
  const at::Tensor cast =
      half.model->logits(half.steps.weights(0), batch.images, {.bfloat16 = true}).detach();
  const at::Tensor plain = half.model->logits(half.steps.weights(0), batch.images, {}).detach();
  CHECK(cast.scalar_type() == at::kFloat);
  // 8 bits of mantissa: 2^-9 per rounding, 9 layers.
  CHECK(difference(cast, plain) > 0);
  CHECK(difference(cast, plain) < 0.05);

  const void* before = half.steps.weights(1).parameters[0].grad().data_ptr();
  half.steps.compute_gradient(1, 1);
  full.steps.compute_gradient(1, 1);
  CHECK(half.steps.weights(1).parameters[0].grad().data_ptr() == before);
  const at::Tensor a = half.steps.gradient(1), b = full.steps.gradient(1);
  CHECK_FALSE(same_bits(a, b));
  CHECK((a - b).norm().item<double>() < 0.1 * b.norm().item<double>());
}

TEST_CASE("A cast weight is cast anew in every pass") {
  // Kept casts of the first weights would train nothing but biases, and the loss would still fall.
  at::Tensor weight = at::ones({4, 4});
  weight.set_requires_grad(true);
  const auto product = [&] {
    const Autocast autocast(true);
    return at::linear(at::ones({1, 4}), weight)[0][0].item<double>();
  };
  CHECK(product() == 4);
  {
    const at::NoGradGuard no_grad;
    weight.add_(1);
  }
  CHECK(product() == 8);

  Steps half(bfloat16_case());
  const Batch batch = gather(half.dataset, half.dataset.test, std::vector<Int>{0, 1, 2}, false);
  const auto logits = [&] {
    return half.model->logits(half.steps.weights(0), batch.images, {.bfloat16 = true}).detach();
  };
  const at::Tensor before = logits();
  CHECK(same_bits(before, logits()));
  half.steps.rows().parameters[0].add_(1);
  CHECK(difference(before, logits()) > 0.5);
}

TEST_CASE("bfloat16 gives the same bits for every number of processes and every stop") {
  const Trained one = train(bfloat16_case(), threads_world(1));
  for (const auto& other :
       {train(bfloat16_case(), threads_world(2)), train(bfloat16_case(), threads_world(4), {7})}) {
    CHECK(same_bits(other.parameters, one.parameters));
    CHECK(same_bits(other.buffers, one.buffers));
    CHECK(timeless(other.records) == timeless(one.records));
  }
}

TEST_CASE("bfloat16 wants a processor that has it") {
  const auto said = [](const char* text) {
    std::istringstream cpuinfo(text);
    return multiplies_bfloat16(cpuinfo);
  };
  CHECK(said("processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_bf16\n"));
  CHECK(said("flags : fpu amx_bf16 amx_tile\n"));
  CHECK_FALSE(said("model name : avx512_bf16\nflags : fpu avx512f avx512_bf16x\n"));
  CHECK_FALSE(said(""));
}

}  // namespace lockstep::test
