#include "orchestrator/cli/more_seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/run_lookup.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/run_labels.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "sweeps/run/seed_list.hpp"
#include "sweeps/spec/more_seeds.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

namespace {
std::vector<std::int64_t> seeds_of(const Tables& tables, const std::string& text) {
  const auto largest = static_cast<std::int64_t>(tables.parameter("seed")->range.high);
  const auto read = parse_seed_list(text, largest);
  if (const auto* problem = std::get_if<std::string>(&read))
    throw UsageError("--add-seeds: " + *problem);
  return std::get<std::vector<std::int64_t>>(read);
}

/// Label of each cell, by id: that of its runs without the seed, as `plan` shows it.
std::map<std::string, std::string> labels_by_cell(const Plan& plan) {
  const auto labels = labels_of(plan.runs);
  std::map<std::string, std::string> by_cell;
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    by_cell.emplace(plan.runs[i].cell, cell_label(labels[i]));
  return by_cell;
}

/// The cells that `text` names; a label may have commas of its own if it is the only one.
std::set<std::string> chosen_cells(const Plan& plan, const std::string& text) {
  const auto labels = labels_by_cell(plan);
  std::vector<std::string> ids;
  for (const auto& [id, label] : labels) ids.push_back(id);
  const auto with_label = [&](const std::string& name) {
    return std::find_if(labels.begin(), labels.end(),
                        [&](const auto& cell) { return cell.second == name; });
  };
  std::set<std::string> chosen;
  if (const auto found = with_label(text); found != labels.end()) return {found->first};
  std::istringstream items(text);
  for (std::string name; std::getline(items, name, ',');) {
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    const auto found = with_label(name);
    chosen.insert(found != labels.end()
                      ? found->first
                      : complete_id({"cell", "of study " + plan.study,
                                     "`lockstep plan SPEC` lists them with their ids"},
                                    name, ids));
  }
  return chosen;
}

/// Before they are built.
void check_size(const Plan& asked, std::size_t seeds, const std::set<std::string>& chosen) {
  std::set<std::string> cells = chosen;
  if (cells.empty())
    for (const PlannedRun& run : asked.runs) cells.insert(run.cell);
  if (seeds <= static_cast<std::size_t>(kMaxRuns) / cells.size()) return;
  throw UsageError(
      fmt::format("--add-seeds: {} seeds for {} are {} runs; at most {} are planned at once, so "
                  "give fewer seeds or name --cells",
                  seeds, counted(cells.size(), "cell"), seeds * cells.size(), kMaxRuns));
}

/// "seed 3", "seeds 4,5,7..9"
std::string named(const std::string& seeds) {
  const bool one = seeds.find_first_not_of("0123456789") == seeds.npos;
  return (one ? "seed " : "seeds ") + seeds;
}

void tell(Session& session, const Plan& addition, const MoreSeeds& more) {
  if (addition.runs.empty()) {
    session.say(
        fmt::format("nothing to add: the study has {} of these cells already", named(more.seeds)));
    return;
  }
  std::set<std::string> cells;
  for (const PlannedRun& run : addition.runs) cells.insert(run.cell);
  session.say(fmt::format("the study grows by {} in {}: {}", counted(addition.runs.size(), "run"),
                          counted(cells.size(), "cell"), named(more.seeds)));
}
}  // namespace

CommandOption add_seed_options(CLI::App& app, MoreSeeds& more) {
  CommandOption seeds =
      add_option(app, "--add-seeds", more.seeds,
                 "Runs at these further seeds join the study, like 4,5,7..9; the spec stays")
          .not_empty()
          .type_name("SEEDS");
  add_option(app, "--cells", more.cells,
             "Only for these cells, by first digits of ids or by label; else for all of the "
             "spec")
      .not_empty()
      .needs(seeds)
      .type_name("CELL,...");
  return seeds;
}

AskedRuns asked_runs(Session& session, const Tables& tables, const Workspace& workspace,
                     const Plan& spec, const MoreSeeds& more) {
  std::vector<std::string> notes;
  AskedRuns asked{with_runs(spec, read_additions(workspace, tables, spec.study, notes)), {}};
  for (const std::string& note : notes) session.say("note: " + note);
  if (more.seeds.empty()) return asked;
  const auto seeds = seeds_of(tables, more.seeds);
  Plan known = spec;
  std::set<std::string> cells;
  if (!more.cells.empty()) {
    if (!workspace.plans(spec.study).empty())
      known = with_runs(spec, read_study(workspace, tables, spec.study, notes).runs);
    cells = chosen_cells(known, more.cells);
  }
  check_size(known, seeds.size(), cells);
  Plan addition = at_seeds(tables, known, seeds, cells);
  const auto before = static_cast<std::ptrdiff_t>(asked.all.runs.size());
  asked.all = with_runs(std::move(asked.all), addition.runs);
  addition.runs.assign(asked.all.runs.begin() + before, asked.all.runs.end());
  tell(session, addition, more);
  if (!addition.runs.empty()) asked.addition = std::move(addition);
  return asked;
}

}  // namespace lockstep
