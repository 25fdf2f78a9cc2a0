// lockstep-train pack: a folder of pictures as one file.
#pragma once

#include <filesystem>

#include "trainer/data/pack_writer.hpp"

namespace CLI {
class App;
}

namespace lockstep {

class PackCommand {
 public:
  /// Adds the subcommand; must live while `app` parses.
  explicit PackCommand(CLI::App& app);

  bool chosen() const;
  /// Shows progress on stderr and what was packed on stdout. Returns 0; throws what pack_pictures()
  /// throws.
  int run() const;

 private:
  CLI::App* command_;
  std::filesystem::path source_, file_;
  PackReduction reduction_{0, 90};
};

}  // namespace lockstep
