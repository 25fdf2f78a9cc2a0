#include "trainer/engine/model_file.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"
#include "sweeps/run/run_id.hpp"
#include "trainer/engine/local_steps.hpp"

namespace lockstep {

TensorFile to_file(const Model& model, const AveragedModel& averaged) {
  TensorFile file;
  const auto add = [&](const FlatLayout& layout, const at::Tensor& row) {
    for (const Slot& slot : layout.slots()) file.tensors[slot.name] = layout.view(row, slot);
  };
  add(model.parameters(), averaged.parameters);
  add(model.buffers(), averaged.buffers);
  return file;
}

TensorFile read_start(const std::string& init_from, const std::filesystem::path& data_folder) {
  const auto path = data_folder / start_place(init_from);
  if (!std::filesystem::exists(path)) {
    throw DataError(
        fmt::format("the model that the run starts from is missing: put it into {}, or name "
                    "another data folder "
                    "with --data or LOCKSTEP_DATA",
                    path.string()));
  }
  try {
    const std::string bytes = read_file(path);
    if (const std::string found = sha256_hex(bytes); found != init_from) {
      throw DataError(fmt::format(
          "{}: its SHA-256 is {}: another model, or a damaged one; a model's file is named by its "
          "SHA-256",
          path.string(), found));
    }
    return parse_tensor_file(bytes, path.string());
  } catch (const RecordError& error) {
    throw DataError(error.what());
  }
}

namespace {
std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// Collects what does not fit while tensors are copied.
class Filler {
 public:
  explicit Filler(const TensorFile& file) : file_(file) {
    for (const auto& [name, tensor] : file.tensors) {
      if (!name.ends_with(".num_batches_tracked")) unused_.push_back(name);
    }
  }

  void fill(const FlatLayout& layout, const at::Tensor& row) {
    for (const Slot& slot : layout.slots()) {
      const auto found = file_.tensors.find(slot.name);
      std::erase(unused_, slot.name);
      if (found == file_.tensors.end()) {
        problems_.push_back(slot.name + " is missing");
      } else if (found->second.sizes() != at::IntArrayRef(slot.shape)) {
        problems_.push_back(fmt::format("{} is {}, not {}", slot.name,
                                        shape_text(found->second.sizes()), shape_text(slot.shape)));
      } else {
        layout.view(row, slot).copy_(found->second);
      }
    }
  }

  void finish() {
    for (const std::string& name : unused_) problems_.push_back(name + " is not in the model");
    if (problems_.empty()) return;
    throw ConfigError(
        fmt::format("init_from is a model of another kind: {}; see model, its width, "
                    "and the classes and channels of the data set",
                    fmt::join(problems_, "; ")));
  }

 private:
  const TensorFile& file_;
  std::vector<std::string> unused_, problems_;
};
}  // namespace

void fill_from(const TensorFile& file, const Model& model, const at::Tensor& parameters,
               const at::Tensor& buffers) {
  const at::NoGradGuard no_grad;
  Filler filler(file);
  filler.fill(model.parameters(), parameters);
  filler.fill(model.buffers(), buffers);
  filler.finish();
}

}  // namespace lockstep
