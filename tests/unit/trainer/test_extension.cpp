// Adding an algorithm, a model, a data set and an exporter takes a row and a factory each, and no
// edit of a loop.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <set>

#include "reports/analysis.hpp"
#include "reports/report.hpp"
#include "results/store/study_data.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "tests/support/training.hpp"
#include "trainer/nn/layers.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;

class Softmax : public Model {
 public:
  explicit Softmax(const DatasetRow& data)
      : fc_(parameters_, "fc", data.channels * data.height * data.width, data.classes,
            Linear::Role::classifier) {}
  at::Tensor forward(const Weights& weights, const at::Tensor& images, const Pass&) const override {
    return fc_(weights, images.flatten(1));
  }

 private:
  Linear fc_;
};

Dataset two_colours(const DatasetRow& row, const RunConfig&, const std::filesystem::path&) {
  const auto make = [&](std::int64_t count) {
    const at::Tensor labels = at::arange(count, at::kLong).remainder(2);
    const at::Tensor images = (labels.to(at::kFloat) * 2 - 1).view({count, 1, 1, 1});
    return Samples{images.expand({count, 1, row.height, row.width}).contiguous(), labels};
  };
  return {make(row.train_samples), make(row.test_samples), {}, {}, {{"generated", "two colours"}}};
}

/// The builtin registry with one row more in each table.
Registry extended() {
  Registry registry = Registry::builtin();
  registry.tables.algorithms.push_back(
      {.name = "post_local_slowmo",
       .parts = {CadencePart::switch_then_h, ExchangePart::gradient_then_parameter, CodecPart::none,
                 "slow_momentum"},
       .uses = {"H", "switch_epoch", "momentum_buffers", "slow_momentum", "slow_lr"},
       .doc = "Synchronous at first, then local with slow momentum."});
  registry.tables.models.push_back({.name = "softmax", .doc = "Softmax regression."});
  registry.models["softmax"] = [](const RunConfig&, const DatasetRow& data) {
    return std::make_unique<Softmax>(data);
  };
  registry.tables.datasets.push_back({.name = "two-colours",
                                      .train_samples = 200,
                                      .test_samples = 20,
                                      .classes = 2,
                                      .channels = 1,
                                      .height = 2,
                                      .width = 2,
                                      .doc = "Black or white."});
  registry.datasets["two-colours"] = two_colours;
  return registry;
}

constexpr const char* kSpec = R"(
lockstep: 1
study: extended
base: {dataset: two-colours, model: softmax, workers: 2, batch_per_worker: 5, epochs: 2, lr: 0.1}
variants:
  - {algorithm: post_local_slowmo, H: 3, switch_epoch: 1, slow_momentum: 0.5}
)";
}  // namespace

TEST_CASE("Rows from outside are planned, trained and reported") {
  const Registry registry = extended();
  const SpecResult spec = read_spec(registry.tables, kSpec);
  INFO((spec.diagnostics.empty() ? "" : spec.diagnostics.front().message));
  REQUIRE(spec.ok());
  REQUIRE(spec.plan.runs.size() == 1);
  const PlannedRun& planned = spec.plan.runs.front();

  Given given = planned.config.values();
  for (const char* key : {"algorithm_revision", "model_revision", "dataset_revision"})
    given.erase(key);
  const Trained trained = train({given, registry}, threads_world(2));
  RunData run;
  run.id = planned.id.text();
  run.cell = planned.cell;
  run.config = planned.config;
  for (const Record& record : trained.records) {
    if (const auto* eval = std::get_if<EvalRecord>(&record))
      run.evals.push_back(reading_from(*eval));
  }
  REQUIRE(run.evals.size() == 3);
  CHECK(run.evals.back().accuracy == 1.0);
  // 18 steps an epoch: every step of the first, then every third.
  CHECK(sync_steps_of(trained).size() == 18 + 6);

  StudyData study;
  study.study = "extended";
  study.runs.push_back(run);
  const Exporter exporter{"count", "count.txt", "How many runs.", [&](const Analysis&) {
                            return std::to_string(study.runs.size()) + " run\n";
                          }};
  auto exporters = builtin_exporters();
  exporters.push_back(exporter);
  const Analysis analysis = analyse(registry.tables, study);
  CHECK(exporters.back().render(analysis) == "1 run\n");
  CHECK(exporters.front().render(analysis).find("post_local_slowmo") != Text::npos);
}

TEST_CASE("Every row of the builtin tables has its factory, and every factory its row") {
  const Registry registry = Registry::builtin();
  std::set<Text> outers;
  for (const AlgorithmRow& row : registry.tables.algorithms) outers.insert(row.parts.outer);
  CHECK(registry.outers.size() == outers.size());
  for (const Text& outer : outers) CHECK(registry.outers.count(outer) == 1);
  CHECK(registry.models.size() == registry.tables.models.size());
  for (const ModelRow& row : registry.tables.models) CHECK(registry.models.count(row.name) == 1);
  CHECK(registry.datasets.size() == registry.tables.datasets.size());
  for (const DatasetRow& row : registry.tables.datasets)
    CHECK(registry.datasets.count(row.name) == 1);
}

}  // namespace lockstep::test
