// The blocks of trainer/TUTORIAL.md, compiled and run: what a reader copies works.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "results/record/run_directory.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/support/training.hpp"
#include "trainer/nn/layers.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;

#include "cpp-1.inc"
#include "cpp-5.inc"

/// `registry` with what the page adds to the tables and to the factories.
Registry with_tutorial(Registry registry) {
  registry.tables.algorithms.push_back(
#include "cpp-2.inc"
  );
  registry.outers.insert(
#include "cpp-3.inc"
  );
  registry.tables.models.push_back(
#include "cpp-6.inc"
  );
  registry.models.insert(
#include "cpp-7.inc"
  );
  return registry;
}

TrainingCase tutorial_case() {
  TrainingCase problem = small_case();
  problem.registry = with_tutorial(std::move(problem.registry));
  return problem;
}
}  // namespace

TEST_CASE("tutorial: the algorithm keeps its oracle, and stops change no bit") {
  const TrainingCase problem = tutorial_case().with({{"H", std::int64_t{4}}});
  for (const int processes : {1, 2}) {
    const World world = threads_world(processes);
#include "cpp-4.inc"
    const auto stopped = problem.with({{"algorithm", Text("server_sgd")}, {"slow_lr", 0.5}});
    CHECK(same_bits(train(stopped, world, {6, 8}).parameters, half.parameters));
  }
}

TEST_CASE("tutorial: the study is three runs") {
  const Registry registry = with_tutorial(Registry::builtin());
  const SpecResult spec =
      read_spec(registry.tables, read_file(Text(LOCKSTEP_TUTORIAL_BLOCKS) + "/yaml-1.inc"));
  INFO((spec.diagnostics.empty() ? "" : spec.diagnostics.front().message));
  REQUIRE(spec.ok());
  CHECK(spec.plan.runs.size() == 3);
}

TEST_CASE("tutorial: the model learns") {
  const TrainingCase problem = tutorial_case().with(
      {{"model", Text("deep_mlp")}, {"steps", std::int64_t{200}}, {"momentum", 0.9}});
  const Trained trained = train(problem, threads_world(2));
  std::vector<double> accuracies;
  for (const Record& record : trained.records) {
    if (const auto* eval = std::get_if<EvalRecord>(&record)) accuracies.push_back(eval->accuracy);
  }
  REQUIRE(!accuracies.empty());
  CHECK(accuracies.back() > 0.3);  // ten classes: guessing is 0.1
}

}  // namespace lockstep::test
