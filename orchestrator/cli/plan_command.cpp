#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/before_runs.hpp"
#include "orchestrator/cli/budget.hpp"
#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/more_seeds.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/status_view.hpp"
#include "orchestrator/cli/study_calibration.hpp"
#include "orchestrator/cli/study_states.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/launch/sbatch_script.hpp"
#include "orchestrator/schedule/estimate.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/run_labels.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kCellsShown = 40;

/// `estimate` with a rule of thumb where `guessed` kinds of steps are not calibrated.
std::string estimate_text(const CostEstimate& estimate, std::size_t guessed, int slots,
                          double budget_hours) {
  std::string text;
  if (*estimate.run_s > 0) {
    text = *estimate.run_s < 1 ? "less than a second of training"
                               : fmt::format("about {} of training on {} ({} of one core)",
                                             duration_text(*estimate.wall_s),
                                             counted(static_cast<std::size_t>(slots), "slot"),
                                             duration_text(*estimate.run_s));
    if (guessed > 0) text += ", a guess: `lockstep calibrate SPEC` measures it";
    if (*estimate.run_s > budget_hours * kHourS)
      text +=
          fmt::format("; above the budget of {:g} h of one core: `run` asks first", budget_hours);
  }
  if (estimate.bytes && *estimate.bytes > 0) {
    text +=
        fmt::format("{}about {} of disk", text.empty() ? "" : "; ", bytes_text(*estimate.bytes));
  }
  return text;
}

class PlanCommand : public Subcommand {
 public:
  const char* name() const override { return "plan"; }
  const char* summary() const override { return "Show what a spec would run; changes nothing"; }
  const char* lesson() const override {
    return "Checks the spec, expands it, and compares it with the workspace: new, done and "
           "resumable runs, and an\n"
           "estimate of time (a guess until step costs are calibrated) and, once runs have been "
           "done, of disk;\n"
           "with launch.slurm in the spec also the Slurm job script.\n"
           "Example:\n"
           "  lockstep plan sweeps/studies/quickstart.yaml\n"
           "  lockstep plan quickstart.yaml --json | jq .counts\n"
           "  lockstep plan quickstart --add-seeds 4..6    # by the study's name";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "spec", spec_, kSpecHelp).required().type_name("SPEC|STUDY");
    add_flag(app, "--json", json_,
             "One JSON object on stdout: every run with id, cell, configuration and state");
    add_flag(app, "--job-script", job_script_,
             "Show the Slurm job script, too; it is the same for every study");
    add_flag(app, "--plain", plain_,
             "One line per run, with tabs: id, cell, state, label without seed, seed, reason");
    add_seed_options(app, more_);
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    require_one_form({{"--json", json_}, {"--plain", plain_}, {"--job-script", job_script_}});
    const Tables tables = Tables::builtin();
    const auto input = load_spec(session, tables, spec_);
    if (!input) return ExitCode::usage;
    const Workspace workspace = session.workspace();
    const Plan plan = asked_runs(session, tables, workspace, input->result.plan, more_).all;
    const auto states = states_of(workspace, plan);
    const auto to_do = runs_to_do(plan, states);
    const int slots =
        input->result.launch.local.slots > 0 ? input->result.launch.local.slots : usable_cores();
    const StepSeconds measured = calibrated_steps(workspace);
    const double bytes = bytes_per_run(workspace, states);
    const CostEstimate cost = estimate_cost(tables, to_do, measured, slots, bytes);
    if (json_) {
      show_json(session, plan, states, cost, to_do.empty() ? "" : next(session));
    } else if (plain_) {
      show_plain(session, plan, states);
    } else {
      const StepSeconds steps = with_rule_of_thumb(tables, to_do, measured);
      show(session, plan, states,
           estimate_text(estimate_cost(tables, to_do, steps, slots, bytes),
                         cost.uncalibrated.size(), slots, budget_hours({})));
      tell_earlier_runs(session, tables, workspace, plan);
      if (job_script_ || input->result.launch.slurm.given) {
        session.out() << "  the job script for Slurm:\n\n" << sbatch_script();
      }
      if (!to_do.empty()) session.say("to run it: " + next(session));
    }
    return ExitCode::ok;
  }

 private:
  /// What runs it.
  std::string next(const Session& session) const {
    std::vector<std::string> words{"run", spec_};
    if (!more_.seeds.empty()) words.insert(words.end(), {"--add-seeds", more_.seeds});
    if (!more_.cells.empty()) words.insert(words.end(), {"--cells", more_.cells});
    return session.command(std::move(words));
  }

  static void show_plain(Session& session, const Plan& plan, const std::vector<RunStatus>& states) {
    for (std::size_t i = 0; i < states.size(); ++i) {
      session.out() << plain_line({states[i].id, states[i].cell, name_of(states[i].verdict.state),
                                   cell_label(states[i].label),
                                   std::to_string(plan.runs[i].config.integer("seed")),
                                   states[i].verdict.reason});
    }
  }

  static void show_json(Session& session, const Plan& plan, const std::vector<RunStatus>& states,
                        const CostEstimate& cost, const std::string& next) {
    Json json{{"format", kJsonFormat},      {"study", plan.study},
              {"question", plan.question},  {"counts", counts_json(states)},
              {"estimate", Json::object()}, {"next_command", next},
              {"runs", Json::array()}};
    if (cost.run_s) json["estimate"]["run_s"] = *cost.run_s;
    if (cost.wall_s) json["estimate"]["wall_s"] = *cost.wall_s;
    if (cost.bytes) json["estimate"]["bytes"] = *cost.bytes;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
      Json run = run_json(states[i]);
      run["config"] = Json::parse(plan.runs[i].config.canonical_json());
      json["runs"].push_back(std::move(run));
    }
    print_json(session, json);
  }

  static void tell(Session& session, const std::string& text) {
    constexpr int kIndent = 4;
    for (const std::string& line : folded(text, session.fold(), kIndent))
      session.out() << line << '\n';
  }

  /// One line per cell: its label without the seed, and its states.
  static void show(Session& session, const Plan& plan, const std::vector<RunStatus>& states,
                   const std::string& cost) {
    std::vector<std::string> cells;  // in the order of the plan
    std::map<std::string, std::vector<RunStatus>> by_cell;
    for (std::size_t i = 0; i < plan.runs.size(); ++i) {
      auto& members = by_cell[plan.runs[i].cell];
      if (members.empty()) cells.push_back(plan.runs[i].cell);
      members.push_back(states[i]);
    }
    tell(session, fmt::format("{}: {} in {}: {}", plan.study, counted(states.size(), "run"),
                              counted(cells.size(), "cell"), counts_text(states)));
    if (!plan.question.empty()) tell(session, "  " + printable(plan.question));
    if (!cost.empty()) tell(session, "  " + cost);
    for (std::size_t i = 0; i < std::min(cells.size(), kCellsShown); ++i) {
      const auto& members = by_cell[cells[i]];
      tell(session, fmt::format("  {}  {:<40} {}", cells[i], cell_label(members.front().label),
                                counts_text(members)));
    }
    if (cells.size() > kCellsShown) {
      session.out() << fmt::format("  and {} (--json lists all)\n",
                                   counted(cells.size() - kCellsShown, "more cell"));
    }
  }

  std::string spec_;
  bool json_ = false, plain_ = false;
  bool job_script_ = false;
  MoreSeeds more_;
};
}  // namespace

std::unique_ptr<Subcommand> plan_command() { return std::make_unique<PlanCommand>(); }

}  // namespace lockstep
