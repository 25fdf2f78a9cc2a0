#include "orchestrator/cli/reference_page.hpp"
#include "orchestrator/cli/subcommand.hpp"

namespace lockstep {

namespace {
class ReferenceCommand : public Subcommand {
 public:
  const char* name() const override { return "reference"; }
  const char* summary() const override {
    return "Print all parameters, algorithms, models, data sets and networks as Markdown";
  }
  const char* lesson() const override {
    return "One page of everything that a spec may say, made from the tables of this program.\n"
           "Example:\n"
           "  lockstep reference | less\n"
           "  lockstep reference | grep slow_momentum";
  }
  void add_options(CLI::App&, Session&) override {}
  ExitCode run(Session& session) override {
    session.out() << reference_page(Tables::builtin(), named_networks());
    return ExitCode::ok;
  }
};
}  // namespace

std::unique_ptr<Subcommand> reference_command() { return std::make_unique<ReferenceCommand>(); }

}  // namespace lockstep
