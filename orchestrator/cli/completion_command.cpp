#include "orchestrator/cli/completion.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/subcommand.hpp"

namespace lockstep {

namespace {
class CompletionCommand : public Subcommand {
 public:
  const char* name() const override { return "completion"; }
  const char* summary() const override {
    return "Print the script by which a shell completes lockstep's words";
  }
  const char* lesson() const override {
    return "Commands, options, their values, names of studies and ids of runs. The script asks "
           "lockstep itself, so it\n"
           "need not be made anew with a new version.\n"
           "Example, for ~/.bashrc, ~/.zshrc (after compinit) and ~/.config/fish/config.fish:\n"
           "  eval \"$(lockstep completion bash)\"\n"
           "  eval \"$(lockstep completion zsh)\"\n"
           "  lockstep completion fish | source";
  }
  void add_options(CLI::App& app, Session&) override {
    add_option(app, "shell", shell_, "bash, zsh or fish")
        .required()
        .one_of({"bash", "zsh", "fish"})
        .type_name("SHELL");
  }
  ExitCode run(Session& session) override {
    session.out() << completion_script(shell_);
    return ExitCode::ok;
  }

 private:
  std::string shell_;
};
}  // namespace

std::unique_ptr<Subcommand> completion_command() { return std::make_unique<CompletionCommand>(); }

}  // namespace lockstep
