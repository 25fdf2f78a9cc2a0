#include "trainer/export_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "sweeps/run/tables.hpp"
#include "trainer/train_arguments.hpp"

namespace lockstep {

ExportCommand::ExportCommand(CLI::App& app)
    : command_(app.add_subcommand("export-model", "Write the averaged model of a run to a file")) {
  command_->footer(
      "Writes the mean of the workers as safetensors with torchvision's names, BatchNorm as an\n"
      "evaluation there would have it: of a finished run its final model, else of the newest good\n"
      "checkpoint. The run may be training meanwhile.\n\n"
      "Example: lockstep-train export-model --run-dir workspace/runs/<id> --out "
      "model.safetensors\n\n"
      "Exit codes: 0 written, 2 the command line or nothing to export, 69 data missing, 74 "
      "storage.");
  add_run_directory_option(*command_, request_.run_directory)->required();
  command_->add_option("--out", request_.out, "File to write; it must not exist")->required();
  command_->add_option("--step", request_.step, "Of the checkpoint after this local step")
      ->check(not_negative());
  command_->add_option("--data", request_.data_folder, "Folder with the data sets")
      ->envname("LOCKSTEP_DATA")
      ->default_val("/usr/share/datasets");
}

bool ExportCommand::chosen() const { return command_->parsed(); }

int ExportCommand::run() const {
  const Registry registry = Registry::builtin();
  const RunConfig config = config_of_run(registry, request_.run_directory);
  const ExportedModel exported = export_model(registry, config, request_);
  for (const std::string& note : exported.notes) fmt::print(stderr, "lockstep-train: {}\n", note);
  fmt::print("from       {}\nmodel      {}\nSHA-256    {}\ninit_from  {}, once the file is {}\n",
             exported.source, request_.out.string(), exported.sha256, exported.sha256,
             (request_.data_folder / start_place(exported.sha256)).string());
  return 0;
}

}  // namespace lockstep
