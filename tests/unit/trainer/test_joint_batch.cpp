// joint_batch: one pass for the workers of a process is what they would have computed one by one.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/support/training.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

TrainingCase joint_case(const Text& model) {
  TrainingCase problem = small_case().with({{"joint_batch", Text("on")},
                                            {"momentum", 0.9},
                                            {"nesterov", true},
                                            {"weight_decay", 0.001}});
  if (model != "mlp")
    problem = problem.without({"hidden"})
                  .with({{"width", Int{4}}, {"model", model}, {"bn_statistics", Text("average")}});
  return problem;
}

TrainingCase separate(const TrainingCase& problem) {
  return problem.with({{"joint_batch", Text("off")}});
}

/// Two orders of summation in float64 part by 1e-16 in each of 24 steps; a step may amplify it by
/// 2 or so where the loss is steep.
constexpr double kRounding = 1e-11;
}  // namespace

TEST_CASE("A joint pass equals separate passes up to rounding, statistics of workers included") {
  for (const Text model : {"mlp", "resnet8"}) {
    const TrainingCase problem = joint_case(model);
    const Trained expected = train(separate(problem), threads_world(1));
    for (const int processes : {1, 2}) {
      INFO(model << " on " << processes << " processes");
      const Trained joint = train(problem, threads_world(processes));
      CHECK_FALSE(same_bits(joint.parameters, expected.parameters));
      CHECK(difference(joint.parameters, expected.parameters) < kRounding);
      CHECK(difference(joint.momentum, expected.momentum) < kRounding);
      if (model != "mlp") CHECK(difference(joint.buffers, expected.buffers) < kRounding);
      CHECK(sync_steps_of(joint) == sync_steps_of(expected));
    }
    // One worker to a process: there is nothing to join.
    CHECK(same_bits(train(problem, threads_world(4)).parameters, expected.parameters));
  }
}

TEST_CASE("Workers of a joint pass keep statistics of their own") {
  const TrainingCase problem = joint_case("resnet8").with({{"bn_statistics", Text("local")}});
  const Trained joint = train(problem, threads_world(1));
  const Trained expected = train(separate(problem), threads_world(1));
  CHECK(difference(joint.buffers, expected.buffers) < kRounding);
  CHECK(difference(joint.buffers[0], joint.buffers[3]) > 1e-3);
  // Normalised over all samples, the same batches train another model.
  const Trained big =
      train(separate(problem).with({{"workers", Int{1}}, {"batch_per_worker", Int{16}}}),
            threads_world(1));
  CHECK(difference(big.parameters[0], expected.parameters[0]) > 1e-3);
}

TEST_CASE("A joint phase ends where workers part, and resumes bit for bit") {
  const TrainingCase problem =
      joint_case("resnet8").without({"steps"}).with({{"algorithm", Text("post_local_sgd")},
                                                     {"H", Int{4}},
                                                     {"switch_epoch", Int{1}},
                                                     {"epochs", Int{2}}});
  const Trained joint = train(problem, threads_world(2));
  CHECK(difference(joint.parameters, train(separate(problem), threads_world(2)).parameters) <
        kRounding);
  CHECK(same_bits(train(problem, threads_world(2), {7, 30}).parameters, joint.parameters));
}

TEST_CASE("joint_batch is refused where workers do not stay equal") {
  const auto resolution = resolve(Tables::builtin(), {{"algorithm", Text("local_sgd")},
                                                      {"model", Text("mlp")},
                                                      {"dataset", Text("synthetic")},
                                                      {"epochs", Int{1}},
                                                      {"joint_batch", Text("on")}});
  REQUIRE(resolution.problems.size() == 1);
  CHECK(resolution.problems[0].parameter == "joint_batch");
}

}  // namespace lockstep::test
