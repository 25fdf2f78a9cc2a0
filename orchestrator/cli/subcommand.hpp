// A subcommand: one file pair and one row in the table of app.cpp. Setting options up is apart from
// running.
#pragma once

#include <memory>
#include <string>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/cli/session.hpp"

namespace CLI {
class App;
}

namespace lockstep {

class Subcommand {
 public:
  virtual ~Subcommand() = default;
  virtual const char* name() const = 0;
  virtual const char* summary() const = 0;
  /// What -h says below the options: what the command does and does not do, with an example.
  virtual const char* lesson() const = 0;
  /// Adds the command's own options.
  virtual void add_options(CLI::App& app, Session& session) = 0;
  virtual ExitCode run(Session& session) = 0;
};

/// --workspace, for commands that look into one.
void add_workspace_option(CLI::App& app, Session& session);

/// --data, for commands that look for data sets. `folder` must outlive `app`.
void add_data_option(CLI::App& app, std::string& folder);

std::unique_ptr<Subcommand> plan_command();
std::unique_ptr<Subcommand> run_command();
std::unique_ptr<Subcommand> submit_command();
std::unique_ptr<Subcommand> cancel_command();
std::unique_ptr<Subcommand> logs_command();
std::unique_ptr<Subcommand> why_command();
std::unique_ptr<Subcommand> diff_command();
std::unique_ptr<Subcommand> gc_command();
std::unique_ptr<Subcommand> status_command();
std::unique_ptr<Subcommand> resume_command();
std::unique_ptr<Subcommand> report_command();
std::unique_ptr<Subcommand> import_command();
std::unique_ptr<Subcommand> calibrate_command();
std::unique_ptr<Subcommand> doctor_command();
std::unique_ptr<Subcommand> schema_command();
std::unique_ptr<Subcommand> db_command();
std::unique_ptr<Subcommand> export_command();
std::unique_ptr<Subcommand> reference_command();
std::unique_ptr<Subcommand> completion_command();
std::unique_ptr<Subcommand> man_command();

}  // namespace lockstep
