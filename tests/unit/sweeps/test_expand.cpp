// From axes, variants, include and exclude to runs.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;
using Texts = std::vector<std::string>;

TEST_CASE("base alone is one run") { CHECK(plan(base()).runs.size() == 1); }

TEST_CASE("a grid is multiplied, the seed innermost wherever it stands") {
  const Plan all = plan(base() + "grid: {seed: [1, 2], lr: [0.1, 0.2], workers: [1, 2]}\n");
  CHECK(values(all, "seed") == Texts{"1", "2", "1", "2", "1", "2", "1", "2"});
  CHECK(values(all, "workers") == Texts{"1", "1", "2", "2", "1", "1", "2", "2"});
  CHECK(values(all, "lr") == Texts{"0.1", "0.1", "0.1", "0.1", "0.2", "0.2", "0.2", "0.2"});
}

TEST_CASE("variants are outermost, their own axes next") {
  const Plan all = plan(
      "base: {model: mlp, dataset: synthetic, epochs: 1}\n"
      "grid: {lr: [0.1, 0.2], seed: [1, 2]}\n"
      "variants:\n"
      "  - algorithm: sync_sgd\n"
      "  - algorithm: local_sgd\n"
      "    grid: {H: [2, 4]}\n");
  REQUIRE(all.runs.size() == 4 + 8);
  CHECK(all.runs[3].config.text("algorithm") == "sync_sgd");
  CHECK(all.runs[4].config.text("algorithm") == "local_sgd");
  CHECK(all.runs[7].config.integer("H") == 2);
  CHECK(all.runs[8].config.integer("H") == 4);
  CHECK(all.runs[4].config.real("lr") == 0.1);
  CHECK(all.runs[6].config.real("lr") == 0.2);
}

TEST_CASE("base < grid < variant") {
  const Plan all = plan(
      "base: {model: mlp, dataset: synthetic, epochs: 1, momentum: 0.5}\n"
      "grid: {lr: [0.1, 0.2], seed: [1, 2]}\n"
      "variants:\n"
      "  - {algorithm: sync_sgd, momentum: 0.8}\n"
      "  - {algorithm: sync_sgd, lr: 0.4}\n"
      "  - algorithm: sync_sgd\n"
      "    grid: {lr: [0.5, 0.6, 0.7]}\n");
  // The second and third variant decide lr themselves, so the outer axis is not multiplied with
  // them.
  REQUIRE(all.runs.size() == 4 + 2 + 6);
  CHECK(all.runs[0].config.real("momentum") == 0.8);
  CHECK(all.runs[4].config.real("lr") == 0.4);
  CHECK(all.runs[4].config.real("momentum") == 0.5);
  CHECK(all.runs[6].config.real("lr") == 0.5);
}

TEST_CASE("zip couples axes") {
  const Plan all = plan(
      "base: {model: mlp, dataset: synthetic, epochs: 1}\n"
      "variants:\n"
      "  - algorithm: slowmo\n"
      "    zip: {slow_momentum: [0.5, 0.8, 0.9], slow_lr: {linspace: [1, 0.5, 3]}}\n");
  CHECK(values(all, "slow_momentum") == Texts{"0.5", "0.8", "0.9"});
  CHECK(values(all, "slow_lr") == Texts{"1", "0.75", "0.5"});
}

TEST_CASE("the same run from several variants is one run") {
  const Plan all = plan(
      "base: {model: mlp, dataset: synthetic, epochs: 1}\n"
      "grid: {seed: [1, 2]}\n"
      "variants:\n"
      "  - {algorithm: local_sgd, H: 4}\n"
      "  - algorithm: local_sgd\n"
      "    grid: {H: [2, 4]}\n");
  CHECK(values(all, "H") == Texts{"4", "4", "2", "2"});
}

TEST_CASE("include adds runs over base, untouched by grid and exclude") {
  const Plan all = plan(base() +
                        "grid: {seed: [1, 2], lr: [0.1, 0.2]}\n"
                        "include:\n"
                        "  - {lr: 0.9}\n"
                        "exclude:\n"
                        "  - {lr: 0.2}\n"
                        "  - {seed: 2}\n");
  CHECK(values(all, "lr") == Texts{"0.1", "0.9"});
  CHECK(values(all, "seed") == Texts{"1", "1"});
}

TEST_CASE("include without grid and variants does not add base itself") {
  const Plan all = plan(
      "base: {model: mlp, dataset: synthetic, epochs: 1}\n"
      "include:\n"
      "  - {algorithm: sync_sgd}\n"
      "  - {algorithm: local_sgd, H: 8}\n");
  CHECK(values(all, "algorithm") == Texts{"sync_sgd", "local_sgd"});
}

TEST_CASE("exclude matches defaults too, and all of its values") {
  const Plan all = plan(base() +
                        "grid: {seed: [1, 2], lr: [0.1, 0.2]}\n"
                        "exclude:\n"
                        "  - {momentum: 0.9, lr: 1e-1, seed: 2}\n");
  CHECK(values(all, "lr") == Texts{"0.1", "0.2", "0.2"});
}

TEST_CASE("an excluded run need not be legal") {
  const Plan all = plan(base(", train_samples: 1000") +
                        "grid: {workers: [2, 32], batch_per_worker: [16, 64]}\n"
                        "exclude:\n"
                        "  - {workers: 32, batch_per_worker: 64}\n");
  CHECK(all.runs.size() == 3);
}

TEST_CASE("what deserves a second look is a warning, and the plan stands") {
  const SpecResult result = parsed("lockstep: 1\nstudy: t\n" + base(", lr: 0.3") +
                                   "grid: {seed: [1, 1], lr: [0.1]}\n"
                                   "exclude:\n"
                                   "  - {lr: 0.2}\n");
  CHECK(result.ok());
  CHECK(result.plan.runs.size() == 1);
  std::string all;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    CHECK(diagnostic.severity == Diagnostic::Severity::warning);
    all += diagnostic.message + "\n";
  }
  CHECK(all ==
        "the axis lr of grid replaces this value\n"
        "seed 1 is listed twice\n"
        "this exclude matches no run\n");
}

TEST_CASE("random axes: integers are rounded, zip draws independently") {
  const Plan all = plan(
      "base: {model: mlp, dataset: synthetic, epochs: 1}\n"
      "variants:\n"
      "  - algorithm: local_sgd\n"
      "    zip:\n"
      "      lr: {random: {loguniform: [0.01, 1]}, count: 20, seed: 7}\n"
      "      momentum: {random: {uniform: [0, 0.99]}, count: 20, seed: 7}\n"
      "      H: {random: {loguniform: [1, 64]}, count: 20, seed: 7}\n");
  CHECK(all.runs.size() == 20);
  for (const PlannedRun& run : all.runs) {
    CHECK(run.config.integer("H") >= 1);
    CHECK(run.config.integer("H") <= 64);
    CHECK(std::abs(run.config.real("lr") - run.config.real("momentum")) > 0);
  }
}

TEST_CASE("lists are values of parameters that take lists") {
  const Plan all =
      plan(base(", lr_schedule: step") + "grid: {lr_milestones: [[0.5], [0.25, 0.75]]}\n");
  CHECK(values(all, "lr_milestones") == Texts{"[0.5]", "[0.25, 0.75]"});
}

TEST_CASE("the limit of runs can be raised by the caller") {
  const std::string text = "lockstep: 1\nstudy: t\n" + base() +
                           "grid: {seed: {range: [1, 200, 1]}, lr: {linspace: [0.1, 0.2, 100]}}\n";
  CHECK_FALSE(read_spec(tables(), text).ok());
  CHECK(read_spec(tables(), text, 20'000).plan.runs.size() == 20'000);
  CHECK_FALSE(read_spec(tables(), text, 19'999).ok());
}

TEST_CASE("aliases share values within a spec") {
  const Plan all = plan(
      "base: {model: mlp, dataset: synthetic, epochs: 1}\n"
      "variants:\n"
      "  - {algorithm: local_sgd, grid: &hs {H: [2, 4]}}\n"
      "  - {algorithm: slowmo, grid: *hs}\n");
  CHECK(values(all, "H") == Texts{"2", "4", "2", "4"});
}
