// The averaged model of a run directory as a file: from a checkpoint, from the end, and when there
// is nothing good.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/attempt.hpp"
#include "trainer/engine/checkpoint.hpp"
#include "trainer/engine/export_model.hpp"
#include "trainer/engine/model_file.hpp"

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;
using Catch::Contains;
using Text = std::string;
using Int = std::int64_t;

/// 24 steps of local SGD, H = 5, with BatchNorm by this policy.
struct Run {
  TempDir temporary;
  TrainingCase problem;
  RunConfig config;
  RunDirectory directory;

  explicit Run(const char* policy = "recalibrate")
      : problem(small_case()
                    .without({"hidden"})
                    .with({{"model", Text("resnet8")},
                           {"width", Int{1}},
                           {"algorithm", Text("local_sgd")},
                           {"H", Int{5}},
                           {"momentum", 0.9},
                           {"bn_statistics", Text(policy)}})),
        config(problem.config()),
        directory(temporary.path() / RunId::of(config).text()) {
    directory.create(config.canonical_json());
  }

  /// As lockstep-train does it; a checkpoint at every report with `checkpoints`.
  TrainExit train(Int stop_at_step, bool checkpoints = false) {
    MeteredCommunicator comm(make_self_communicator(4));
    AttemptOptions options{.run_directory = directory.path(), .token = "t"};
    options.stop_at_step = stop_at_step;
    options.checkpoint_every_s = checkpoints ? 1e-9 : 0;
    options.keep.last = 1000;
    return run_attempt(problem.registry, config, options, {}, comm);
  }
  fs::path out(const char* name) const { return temporary.path() / name; }
  ExportedModel export_to(const fs::path& path, std::optional<Int> step = std::nullopt) const {
    return export_model(problem.registry, config, {directory.path(), {}, path, step});
  }
  Text error(const fs::path& path, std::optional<Int> step = std::nullopt) const {
    try {
      export_to(path, step);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }
};

void damage(const fs::path& path) { std::ofstream(path) << "damaged"; }
}  // namespace

TEST_CASE("The model of a checkpoint is the one that an evaluation there would have seen") {
  for (const char* policy : {"local", "average", "recalibrate"}) {
    INFO(policy);
    Run run(policy);
    REQUIRE(run.train(7) == TrainExit::checkpointed);  // in mid-round: workers differ
    const ExportedModel exported = run.export_to(run.out("model"));
    CHECK(exported.source == "step-7-a1");
    const Text bytes = read_file(run.out("model"));
    CHECK(exported.sha256 == sha256_hex(bytes));
    const TensorFile file = parse_tensor_file(bytes, "model");
    CHECK(file.metadata.at("checkpoint") == "step-7-a1");

    MeteredCommunicator comm(make_self_communicator(4));
    const Dataset dataset = run.problem.registry.load_dataset(run.config, {});
    AveragedModel seen;
    EngineListener listener;
    listener.checkpoint = [](const TrainingState&) { return true; };
    Engine engine(run.problem.registry, run.config, dataset, comm, listener, {.stop_at_step = 7});
    engine.run();
    const TensorFile expected = to_file(engine.model(), engine.averaged_model());
    REQUIRE(file.tensors.size() == expected.tensors.size());
    for (const auto& [name, tensor] : expected.tensors)
      CHECK(same_bits(file.tensors.at(name), tensor.contiguous()));
  }
}

TEST_CASE("A finished run gives its final model, byte for byte, from its last checkpoint too") {
  Run run;
  REQUIRE(run.train(0, true) == TrainExit::done);
  const Text model = read_file(run.directory.model());
  CHECK(run.export_to(run.out("a")).source == "model.safetensors");
  CHECK(read_file(run.out("a")) == model);
  CHECK(run.export_to(run.out("b"), 24).source == "step-24-a1");
  CHECK(read_file(run.out("b")) == model);
  const ExportedModel earlier = run.export_to(run.out("c"), 12);
  CHECK(earlier.source == "step-12-a1");
  CHECK(read_file(run.out("c")) != model);
}

TEST_CASE("What is damaged is passed over and told, and nothing good is an error") {
  Run run;
  CHECK_THAT(run.error(run.out("x")), Contains("no final model and no good checkpoint") &&
                                          Contains("checkpoints that are there: none"));
  REQUIRE(run.train(0, true) == TrainExit::done);
  damage(run.directory.model());
  const ExportedModel from_last = run.export_to(run.out("a"));
  CHECK(from_last.source == "step-24-a1");
  REQUIRE(from_last.notes.size() == 1);
  CHECK_THAT(from_last.notes.front(), Contains("final model passed over"));

  damage(run.directory.checkpoint({24, 1}) / "rank0.safetensors");
  const ExportedModel before = run.export_to(run.out("b"));
  CHECK(before.source == run.directory.checkpoint_names()[1].text());
  CHECK_THAT(before.notes.back(), Contains("checkpoint rejected: step-24-a1"));
  CHECK_THAT(run.error(run.out("c"), 24),
             Contains("no good checkpoint of step 24") && Contains("damaged"));
  CHECK_THAT(run.error(run.out("c"), 999), Contains("no good checkpoint of step 999"));
  CHECK_FALSE(fs::exists(run.out("c")));

  CHECK_THAT(run.error(run.out("b")), Contains("exists"));
  CHECK_THAT(run.error(run.out("no") / "folder"), Contains("is no folder"));
}

TEST_CASE("Another run starts from what was exported") {
  Run run;
  REQUIRE(run.train(7) == TrainExit::checkpointed);
  const ExportedModel exported = run.export_to(run.out("model"));
  const fs::path place = run.temporary.path() / start_place(exported.sha256);
  fs::create_directories(place.parent_path());
  fs::rename(run.out("model"), place);
  const TensorFile start = read_start(exported.sha256, run.temporary.path());
  const auto model = run.problem.registry.make_model(run.config);
  CHECK_NOTHROW(fill_from(start, *model, at::zeros({model->parameters().size()}, at::kDouble),
                          at::zeros({model->buffers().size()}, at::kDouble)));
}

}  // namespace lockstep::test
