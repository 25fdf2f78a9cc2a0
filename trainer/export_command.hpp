// lockstep-train export-model: the averaged model of a run as a file.
#pragma once

#include "trainer/engine/export_model.hpp"

namespace CLI {
class App;
}

namespace lockstep {

class ExportCommand {
 public:
  /// Adds the subcommand; must live while `app` parses.
  explicit ExportCommand(CLI::App& app);

  bool chosen() const;
  /// Says on stdout what was written, its SHA-256 and where init_from looks for it. Returns 0;
  /// throws what export_model() throws.
  int run() const;

 private:
  CLI::App* command_;
  ExportRequest request_;
};

}  // namespace lockstep
