#include <CLI/CLI.hpp>

#include "orchestrator/cli/man_page.hpp"
#include "orchestrator/cli/subcommand.hpp"

namespace lockstep {

namespace {
class ManCommand : public Subcommand {
 public:
  const char* name() const override { return "man"; }
  const char* summary() const override { return "Print the manual page, for man(1)"; }
  const char* lesson() const override {
    return "All commands with their options, as -h shows them, exit codes and variables of the "
           "environment.\n"
           "Example:\n"
           "  lockstep man | man -l -\n"
           "  lockstep man > ~/.local/share/man/man1/lockstep.1";
  }
  void add_options(CLI::App& app, Session&) override { root_ = app.get_parent(); }
  ExitCode run(Session& session) override {
    session.out() << man_page(*root_);
    return ExitCode::ok;
  }

 private:
  const CLI::App* root_ = nullptr;  ///< outlives the command
};
}  // namespace

std::unique_ptr<Subcommand> man_command() { return std::make_unique<ManCommand>(); }

}  // namespace lockstep
