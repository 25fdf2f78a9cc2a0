// From what was given to a complete configuration, or to all that is wrong with it.
#include <catch2/catch.hpp>

#include "sweeps/run/run_config.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;
using Given = std::map<std::string, Value>;

namespace {
Value text(const char* value) { return std::string(value); }
Value integer(std::int64_t value) { return value; }

Given minimal(const char* algorithm = "sync_sgd") {
  return {{"algorithm", text(algorithm)},
          {"model", text("mlp")},
          {"dataset", text("synthetic")},
          {"epochs", integer(2)}};
}

Given with(Given given, const std::string& name, Value value) {
  given[name] = std::move(value);
  return given;
}

RunConfig config(const Given& given) {
  Resolution resolution = resolve(tables(), given);
  INFO((resolution.problems.empty() ? "" : resolution.problems[0].message));
  REQUIRE(resolution.problems.empty());
  return resolution.config;
}

/// The messages, one to a line.
std::string problems(const Given& given) {
  std::string all;
  for (const Problem& problem : resolve(tables(), given).problems) all += problem.message + "\n";
  return all;
}
}  // namespace

TEST_CASE("a configuration has what its rows use, and nothing else") {
  const RunConfig sync = config(minimal());
  CHECK(sync.has("hidden"));
  CHECK(sync.has("noise"));
  for (const char* name :
       {"H", "momentum_buffers", "width", "bn_statistics", "steps", "lr_decay", "warmup_from"}) {
    INFO(name);
    CHECK_FALSE(sync.has(name));
  }
  CHECK(config(minimal("local_sgd")).integer("H") == 1);
  CHECK_THROWS_AS(sync.integer("H"), std::logic_error);
  CHECK_FALSE(sync.flag("decay_norm_and_bias"));
}

TEST_CASE("defaults are the table's, but for what the algorithm overrides") {
  CHECK(config(minimal("local_sgd")).text("momentum_buffers") == "maintain");
  CHECK(config(minimal("slowmo")).text("momentum_buffers") == "reset");
  CHECK(config(with(minimal("slowmo"), "momentum_buffers", text("maintain")))
            .text("momentum_buffers") == "maintain");
}

TEST_CASE("conditions switch parameters on and off") {
  CHECK(config(with(minimal(), "lr_schedule", text("step"))).has("lr_milestones"));
  CHECK(config(with(minimal(), "lr_scaling", text("linear"))).integer("lr_reference_batch") == 256);
  CHECK(config(with(minimal(), "warmup_epochs", 0.5)).has("warmup_from"));
  CHECK_FALSE(config(with(minimal(), "momentum", 0.0)).has("nesterov"));
  CHECK_FALSE(config(with(minimal("local_sgd"), "momentum", 0.0)).has("momentum_buffers"));
  CHECK(config(with(minimal(), "weight_decay", 0.1)).has("decay_norm_and_bias"));
  // A condition on a parameter that is itself not used does not hold.
  CHECK_FALSE(config(minimal()).has("bn_recalibration_batches"));
  const Given resnet = with(minimal(), "model", text("resnet8"));
  CHECK(config(resnet).has("bn_recalibration_batches"));
  CHECK_FALSE(config(with(resnet, "bn_statistics", text("local"))).has("bn_recalibration_batches"));
}

TEST_CASE("what is not used is a problem, with the reason") {
  CHECK(problems(with(minimal(), "H", integer(4))) ==
        "H is not used by algorithm sync_sgd, model mlp or dataset synthetic\n");
  CHECK(problems(with(minimal(), "lr_decay", 0.5)) ==
        "lr_decay is not used when lr_schedule is constant\n");
}

TEST_CASE("all problems are told at once, in the order of the table") {
  Given bad = minimal();
  bad["lr"] = -1.0;
  bad["workers"] = integer(0);
  bad["H"] = integer(4);
  bad["tempo"] = 1.0;
  CHECK(problems(bad) ==
        "unknown parameter 'tempo'\n"
        "workers must be at least 1 and at most 65536, found 0\n"
        "lr must be above 0, found -1\n"
        "H is not used by algorithm sync_sgd, model mlp or dataset synthetic\n");
}

TEST_CASE("rows are needed") {
  CHECK(problems({}) == "algorithm is missing\nmodel is missing\ndataset is missing\n");
  CHECK(problems(with(minimal(), "model", text("bert"))) == "model 'bert' does not exist\n");
}

TEST_CASE("exactly one of epochs and steps") {
  CHECK(config(minimal()).has("epochs"));
  Given steps = minimal();
  steps.erase("epochs");
  CHECK(problems(steps) == "epochs is missing\n");
  steps["steps"] = integer(100);
  CHECK_FALSE(config(steps).has("epochs"));
  CHECK(problems(with(minimal(), "steps", integer(100))) ==
        "epochs and steps exclude each other\n");
}

TEST_CASE("an illegal condition is told once, not also through what hangs on it") {
  Given given = with(minimal(), "lr_schedule", text("sinus"));
  given["lr_decay"] = 0.5;
  CHECK(problems(given) == "lr_schedule 'sinus' does not exist\n");
}

TEST_CASE("a parameter without default must be given") {
  Tables own = tables();
  own.parameters.push_back({.name = "budget", .type = Type::real, .doc = "Test."});
  CHECK(resolve(own, minimal()).problems.at(0).message == "budget is missing");
  CHECK(resolve(own, with(minimal(), "budget", 1.0)).problems.empty());
}

TEST_CASE("illegal compositions") {
  CHECK(problems(with(with(minimal("cocod"), "H", integer(4)), "sync_delay", integer(5))) ==
        "sync_delay 5 is longer than a round of H = 4 steps\n");
  CHECK(problems(with(with(minimal("cocod"), "H", integer(4)), "sync_delay", integer(4))).empty());
  CHECK(problems(with(minimal("post_local_sgd"), "switch_epoch", integer(3))) ==
        "switch_epoch 3 lies after the end of training\n");
  CHECK(problems(with(minimal("post_local_sgd"), "switch_epoch", integer(2))).empty());
  Given step = with(minimal(), "lr_schedule", text("step"));
  CHECK_FALSE(problems(with(step, "lr_milestones", std::vector<double>{0.5, 0.5})).empty());
  CHECK_FALSE(problems(with(step, "lr_milestones", std::vector<double>{})).empty());
  CHECK(problems(with(step, "lr_milestones", std::vector<double>{0.2, 0.5})).empty());
  CHECK(problems(with(minimal(), "train_samples", integer(20001))) ==
        "train_samples is 20001, but synthetic has 20000\n");
  CHECK(problems(with(minimal(), "train_samples", integer(4))) ==
        "4 training samples leave none to validate on\n");
  // 18,000 training samples: 562 x 32 fit, 563 x 32 do not.
  CHECK(problems(with(minimal(), "workers", integer(562))).empty());
  CHECK_FALSE(problems(with(minimal(), "workers", integer(563))).empty());
  CHECK_FALSE(problems(with(minimal(), "warmup_epochs", 2.1)).empty());
  CHECK(problems(with(minimal(), "warmup_epochs", 2.0)).empty());
  // 12 x 12 pixels shrink to 3 x 3 in a CIFAR ResNet, to one in an ImageNet ResNet.
  const Given one = with(minimal(), "batch_per_worker", integer(1));
  CHECK(problems(with(one, "model", text("resnet20"))).empty());
  CHECK(problems(with(one, "model", text("resnet18"))) ==
        "the last stage of resnet18 sees one pixel of one picture, and BatchNorm cannot take a "
        "variance of it\n");
  CHECK(
      problems(with(with(one, "model", text("resnet18")), "batch_per_worker", integer(2))).empty());
}

TEST_CASE("canonical bytes: sorted keys, no spaces, shortest numbers") {
  const RunConfig slowmo = config(with(with(minimal("slowmo"), "H", integer(8)), "lr", 1e-1));
  CHECK(
      slowmo.canonical_json() ==
      R"({"H":8,"algorithm":"slowmo","algorithm_revision":1,"batch_per_worker":32,"dataset":"synthetic",)"
      R"("dataset_revision":1,"epochs":2,"evals_per_epoch":1,"hidden":128,"lr":0.1,"lr_scaling":"none",)"
      R"("lr_schedule":"constant","model":"mlp","model_revision":1,"momentum":0.9,"momentum_buffers":"reset",)"
      R"("nesterov":false,"noise":1.0,"precision":"float32","seed":1,"slow_lr":1.0,"slow_momentum":0.5,)"
      R"("train_samples":0,"warmup_epochs":0.0,"weight_decay":0.0,"workers":1})");
}

TEST_CASE(
    "slow momentum is refused where the warm-up starts at a rate of 0, by which it would divide") {
  auto given = minimal();
  given["warmup_epochs"] = 1.0;
  given["warmup_from"] = 0.0;
  CHECK(resolve(tables(), given).problems.empty());  // nobody else divides by it
  given["algorithm"] = std::string("slowmo");
  const auto problems = resolve(tables(), given).problems;
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().parameter == "warmup_from");
  given["warmup_from"] = 0.01;
  CHECK(resolve(tables(), given).problems.empty());
}

TEST_CASE("config.json is read strictly") {
  const std::string good = config(minimal()).canonical_json();
  CHECK(parse_config(tables(), good) == config(minimal()));
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    return bad;
  };
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() - 1),
        good + " ", " " + good, replaced("\"lr\":0.1", "\"lr\":0.10"),
        replaced("\"lr\":0.1", "\"lr\":1e-1"), replaced("\"lr\":0.1", "\"lr\":\"0.1\""),
        replaced("\"lr\":0.1", "\"lr\":null"), replaced("\"lr\":0.1", "\"lr\":0.1,\"lr\":0.1"),
        replaced("\"lr\":0.1", "\"lr\":-0.1"), replaced("\"lr\":0.1,", ""),
        replaced("\"lr\":0.1", "\"lr\":0.1,\"tempo\":1"),
        replaced("\"workers\":1", "\"workers\":1.0"),
        replaced("\"workers\":1", "\"workers\":18446744073709551617"),
        replaced("\"algorithm_revision\":1", "\"algorithm_revision\":2"),
        replaced("\"nesterov\":false", "\"nesterov\":0")}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_config(tables(), bad), ConfigError);
  }
}
