// The identities hold on what we ship, and each is able to fail.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/data/random.hpp"
#include "trainer/engine/certificate.hpp"

namespace lockstep::test {

namespace {
std::vector<RunConfig> one_of_each(const TrainingCase& base) {
  std::vector<RunConfig> configs;
  for (const AlgorithmRow& row : base.registry.tables.algorithms) {
    configs.push_back(base.with({{"algorithm", row.name}}).config());
  }
  return configs;
}

std::map<std::string, bool> verdicts(const TrainingCase& problem) {
  const TempDir scratch;
  std::map<std::string, bool> held;
  for (const IdentityCheck& check :
       check_identities(problem.registry, one_of_each(problem), {}, scratch.path())) {
    INFO(check.name << " " << check.algorithm << ": " << check.deviation);
    const auto [entry, fresh] = held.emplace(check.name, check.held());
    if (!fresh) entry->second = entry->second && check.held();
  }
  return held;
}

TrainingCase float_case() {
  return small_case().with({{"precision", std::string("float32")}, {"momentum", 0.9}});
}

/// A model whose loss depends on how often it was asked for: nothing that is trained twice is
/// trained alike.
class Moody : public Model {
 public:
  Moody() { parameters_.add("x", SlotKind::weight, {4}, {.deviation = 1.0}); }
  at::Tensor forward(const Weights&, const at::Tensor& images, const Pass&) const override {
    return at::zeros({images.size(0), 10}, images.options());
  }
  at::Tensor loss(const Weights& weights, const Batch&, const Pass&) const override {
    return (weights.parameters[0] * static_cast<double>(++asked_)).sum();
  }

 private:
  inline static int asked_ = 0;
};
}  // namespace

TEST_CASE("all identities hold on a network without and with BatchNorm") {
  for (const auto& [name, held] : verdicts(float_case())) {
    INFO(name);
    CHECK(held);
  }
  const TrainingCase resnet =
      float_case()
          .without({"hidden"})
          .with({{"model", std::string("resnet8")}, {"width", std::int64_t{2}}});
  for (const auto& [name, held] : verdicts(resnet)) {
    INFO(name);
    CHECK(held);
  }
}

TEST_CASE("a learning rate at which the study itself diverges fails no identity") {
  for (const auto& [name, held] : verdicts(float_case().with({{"lr", 1e9}}))) {
    INFO(name);
    CHECK(held);
  }
}

TEST_CASE("a model that is not a function of weights and batch is found out") {
  TrainingCase problem = float_case().without({"hidden"});
  problem.registry.tables.models.push_back({.name = "moody", .doc = "Never twice the same."});
  problem.registry.models["moody"] = [](const RunConfig&, const DatasetRow&) {
    return std::make_unique<Moody>();
  };
  auto held = verdicts(problem.with({{"model", std::string("moody")}}));
  CHECK_FALSE(held.at("resume"));
  CHECK_FALSE(held.at("one worker"));
  CHECK(held.at("agreement"));  // whatever was averaged is shared
}

TEST_CASE("no configuration is a mistake of the caller") {
  CHECK_THROWS_AS(check_identities(Registry::builtin(), {}, {}, {}), std::logic_error);
}

}  // namespace lockstep::test
