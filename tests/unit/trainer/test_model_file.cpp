// A model as a file: what a run leaves, another one can start from.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/training.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/engine/model_file.hpp"

namespace lockstep::test {

namespace {
using Catch::Contains;
using Text = std::string;
using Int = std::int64_t;
namespace fs = std::filesystem;

TrainingCase resnet_case() {
  return small_case().without({"hidden"}).with({{"model", Text("resnet8")}, {"width", Int{2}}});
}

/// A model and one row of each kind, filled from seed 7.
struct Trained8 {
  std::unique_ptr<Model> model;
  AveragedModel rows;

  explicit Trained8(const TrainingCase& problem = resnet_case())
      : model(problem.registry.make_model(problem.config())),
        rows{at::zeros({model->parameters().size()}, at::kDouble),
             at::zeros({model->buffers().size()}, at::kDouble)} {
    initialise(*model, 7, rows.parameters, rows.buffers);
  }
  TensorFile file() const { return to_file(*model, rows); }
};

Text error_of(const TensorFile& file, const Model& model) {
  try {
    fill_from(file, model, at::zeros({model.parameters().size()}),
              at::zeros({model.buffers().size()}));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

/// Puts a file where init_from looks for it; returns its SHA-256.
Text publish(const TensorFile& file, const fs::path& data_folder) {
  fs::create_directories(data_folder / "models");
  const auto written = write_tensor_file(data_folder / "models" / "new", file);
  fs::rename(data_folder / "models" / "new", data_folder / start_place(written.sha256));
  return written.sha256;
}
}  // namespace

TEST_CASE("A run starts from the model that its file holds") {
  const TempDir folder;
  const Trained8 trained;
  const Text hash = publish(trained.file(), folder.path());
  const TensorFile start = read_start(hash, folder.path());

  const TrainingCase problem = resnet_case().with({{"init_from", hash}, {"seed", Int{2}}});
  const RunConfig config = problem.config();
  const Course course = course_of(problem.registry.tables, config);
  const Dataset dataset = problem.registry.load_dataset(config, {});
  const Split split = stratified_split(dataset.train.labels, 10, course, 2);
  const auto four = make_self_communicator(4);
  LocalSteps steps(*trained.model, dataset, Sampler(split.train, course, 2, 4, 4), config, course,
                   *four, true, &start);
  for (const Int worker : {0, 3}) {
    CHECK(same_bits(steps.rows().parameters[worker], trained.rows.parameters));
    CHECK(same_bits(steps.rows().buffers[worker], trained.rows.buffers));
  }
}

TEST_CASE("The content of a start is part of the question, and its absence of none") {
  const Text hash(64, 'a');
  const RunConfig plain = resnet_case().config();
  CHECK(RunId::of(resnet_case().with({{"init_from", Text("none")}}).config()) == RunId::of(plain));
  CHECK(RunId::of(resnet_case().with({{"init_from", hash}}).config()) != RunId::of(plain));
  for (const Text& wrong : {Text("model.safetensors"), Text(63, 'a'), Text(64, 'A')}) {
    const auto problems =
        resolve(Tables::builtin(), resnet_case().with({{"init_from", wrong}}).given).problems;
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0].message, Contains("must be none, or the SHA-256"));
  }
}

TEST_CASE("A start of another kind is refused, and each tensor that does not fit is named") {
  const Trained8 narrow, wide(resnet_case().with({{"width", Int{3}}}));
  CHECK(error_of(narrow.file(), *narrow.model).empty());
  CHECK_THAT(error_of(wide.file(), *narrow.model),
             Contains("conv1.weight is [3, 1, 3, 3], not [2, 1, 3, 3]") &&
                 Contains("layer3.0.bn2.running_var is [12], not [8]"));
  TensorFile file = narrow.file();
  file.tensors["bn1.num_batches_tracked"] = at::zeros({}, at::kLong);
  file.tensors["fc.weight"] = file.tensors.at("fc.weight").to(at::kFloat);
  CHECK(error_of(file, *narrow.model).empty());
  file.tensors["fc2.bias"] = at::zeros({4});
  file.tensors.erase("fc.bias");
  CHECK_THAT(error_of(file, *narrow.model),
             Contains("fc.bias is missing") && Contains("fc2.bias is not in the model"));
}

TEST_CASE("A start that is missing, damaged or another file says so") {
  const TempDir folder;
  const Text hash = publish(Trained8().file(), folder.path());
  const auto error_with = [&](const Text& wanted) {
    try {
      read_start(wanted, folder.path());
    } catch (const DataError& error) {
      return Text(error.what());
    }
    return Text();
  };
  CHECK(error_with(hash).empty());
  const Text other(64, '0');
  CHECK_THAT(error_with(other),
             Contains((folder.path() / start_place(other)).string()) && Contains("LOCKSTEP_DATA"));
  fs::rename(folder.path() / start_place(hash), folder.path() / start_place(other));
  CHECK_THAT(error_with(other), Contains("its SHA-256 is " + hash));
  const Text text = "no tensors";
  const Text text_hash = sha256_hex(text);
  write_file_atomically(folder.path() / start_place(text_hash), text);
  CHECK_THAT(error_with(text_hash), Contains("not a good tensor file"));
}

}  // namespace lockstep::test
