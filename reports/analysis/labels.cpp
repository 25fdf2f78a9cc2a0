// Names that a person can read: the algorithm, then what varies in the study. Also the order of
// cells and the ledger.
#include <algorithm>
#include <numeric>
#include <set>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
const Value* value_in(const RunConfig& config, const std::string& name) {
  const auto found = config.values().find(name);
  return found == config.values().end() ? nullptr : &found->second;
}

bool is_revision(const std::string& name) { return name.ends_with("_revision"); }

/// Parameters that vary in the study, most telling first.
std::vector<std::string> varying(const std::vector<const RunConfig*>& configs) {
  std::map<std::string, std::set<std::string>> values;
  for (const RunConfig* config : configs) {
    for (const auto& [name, value] : config->values()) values[name].insert(to_text(value));
  }
  std::vector<std::string> names;
  for (const char* first : {"H", "workers", "lr"}) {
    if (values.count(first) && values[first].size() > 1) names.push_back(first);
  }
  for (const auto& [name, texts] : values) {
    const bool known = name == "seed" || name == "algorithm" || is_revision(name) ||
                       std::find(names.begin(), names.end(), name) != names.end();
    if (!known && texts.size() > 1) names.push_back(name);
  }
  return names;
}

}  // namespace

std::string default_of(const Tables& tables, const std::string& algorithm,
                       const std::string& name) {
  if (const AlgorithmRow* row = tables.algorithm(algorithm)) {
    for (const Override& override : row->overrides) {
      if (override.parameter == name) return to_text(override.value);
    }
  }
  const Parameter* parameter = tables.parameter(name);
  return parameter && parameter->initial ? to_text(*parameter->initial) : "";
}

namespace {
/// Whether a varying parameter says something about a cell: not where it only follows from the
/// algorithm.
bool telling(const Work& work, const std::vector<const RunConfig*>& configs, const Cell& cell,
             const std::string& name, const Value& value) {
  if (name == "H" || name == "workers" || name == "lr") return true;
  if (to_text(value) != default_of(work.tables, cell.algorithm, name)) return true;
  return std::any_of(configs.begin(), configs.end(), [&](const RunConfig* other) {
    if (other->text("algorithm") != cell.algorithm) return false;
    const Value* theirs = value_in(*other, name);
    return !theirs || to_text(*theirs) != to_text(value);
  });
}

void append(std::string& text, const std::string& word) {
  text += (text.empty() ? "" : " ") + word;
}

void name_cell(const Work& work, const std::vector<const RunConfig*>& configs,
               const std::vector<std::string>& names, const RunConfig& config, Cell& cell) {
  const auto& select = work.study.report.select;
  cell.label = cell.short_label = cell.algorithm;
  for (const std::string& name : names) {
    const Value* value = value_in(config, name);
    if (!value || !telling(work, configs, cell, name, *value)) continue;
    const std::string word = (name == "workers" ? "W" : name) + "=" + to_text(*value);
    append(cell.label, word);
    const bool tuned = std::find(select.begin(), select.end(), name) != select.end();
    append(tuned ? cell.setting : cell.short_label, word);
  }
}

double number_of(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return 0;
}

}  // namespace

int compare_values(const Value* a, const Value* b) {
  if (!a || !b) return (a ? 1 : 0) - (b ? 1 : 0);
  const double x = number_of(*a), y = number_of(*b);
  if (x != y) return x < y ? -1 : 1;
  return to_text(*a).compare(to_text(*b));
}

namespace {
std::size_t table_index(const Tables& tables, const std::string& algorithm) {
  std::size_t i = 0;
  while (i < tables.algorithms.size() && tables.algorithms[i].name != algorithm) ++i;
  return i;
}

void sort_cells(Work& work, const std::vector<const RunConfig*>& configs,
                const std::vector<std::string>& names) {
  auto& cells = work.out.cells;
  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const std::size_t x = table_index(work.tables, cells[a].algorithm);
    const std::size_t y = table_index(work.tables, cells[b].algorithm);
    if (x != y) return x < y;
    for (const std::string& name : names) {
      if (const int c = compare_values(value_in(*configs[a], name), value_in(*configs[b], name));
          c != 0)
        return c < 0;
    }
    return cells[a].id < cells[b].id;
  });
  std::vector<Cell> sorted;
  std::vector<CellRuns> runs;
  for (const std::size_t i : order) {
    sorted.push_back(std::move(cells[i]));
    runs.push_back(std::move(work.runs[i]));
  }
  cells = std::move(sorted);
  work.runs = std::move(runs);
}

void list_algorithms(Work& work) {
  for (Cell& cell : work.out.cells) {
    auto& names = work.out.algorithms;
    if (names.empty() || names.back() != cell.algorithm) {
      names.push_back(cell.algorithm);
      work.out.algorithm_style.push_back(table_index(work.tables, cell.algorithm));
    }
    cell.algorithm_index = names.size() - 1;
  }
}

LedgerRow ledger_row(const Cell& cell, const RunData& run) {
  LedgerRow row{.run = run.id,
                .cell = cell.id,
                .label = cell.label,
                .status = status_of(run),
                .detail = is_stopped_early(run) ? run.stopped_early : run.detail,
                .attempts = run.attempts,
                .total_steps = cell.total_steps,
                .replayed_s = run.replayed_s,
                .machine = machine_of(run),
                .warnings = run.warnings};
  row.seed = seed_of(run);
  row.processes = run.header ? run.header->processes : 0;
  row.step = run.accounting.step;
  for (const EvalReading& eval : run.evals) row.step = std::max(row.step, eval.step);
  for (const StepRecord& step : run.steps) row.step = std::max(row.step, step.step);
  const EndRecord& spent = run.accounting;
  row.wall_s = spent.wall_s;
  row.startup_s = spent.startup_s;
  row.train_s = spent.train_s;
  row.eval_s = spent.eval_s;
  row.checkpoint_s = spent.checkpoint_s;
  row.other_s = spent.other_s;
  return row;
}
}  // namespace

void label_cells(Work& work) {
  std::vector<const RunConfig*> configs;
  for (const CellRuns& runs : work.runs) configs.push_back(&runs.all.front()->config);
  const std::vector<std::string> names = varying(configs);
  for (std::size_t i = 0; i < configs.size(); ++i) {
    name_cell(work, configs, names, *configs[i], work.out.cells[i]);
  }
  sort_cells(work, configs, names);
  list_algorithms(work);
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    for (const RunData* run : work.runs[i].all) {
      work.out.ledger.push_back(ledger_row(work.out.cells[i], *run));
    }
  }
}

}  // namespace lockstep
