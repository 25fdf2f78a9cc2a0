#include <nlohmann/json.hpp>

#include "orchestrator/cli/subcommand.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

namespace {
class SchemaCommand : public Subcommand {
 public:
  const char* name() const override { return "schema"; }
  const char* summary() const override {
    return "Print the JSON Schema of the sweep language, for editors";
  }
  const char* lesson() const override {
    return "The schema is made from the tables of parameters, algorithms, models and data sets: it "
           "is the reference\n"
           "of everything that a spec may say.\n"
           "Example, for editors with the YAML language server:\n"
           "  lockstep schema > lockstep.schema.json\n"
           "  # first line of the spec:\n"
           "  # yaml-language-server: $schema=lockstep.schema.json";
  }
  void add_options(CLI::App&, Session&) override {}
  ExitCode run(Session& session) override {
    session.out() << spec_schema(Tables::builtin()).dump(2) << '\n';
    return ExitCode::ok;
  }
};
}  // namespace

std::unique_ptr<Subcommand> schema_command() { return std::make_unique<SchemaCommand>(); }

}  // namespace lockstep
