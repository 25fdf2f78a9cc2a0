#include <fmt/format.h>

#include <regex>

#include "sweeps/spec/sections.hpp"

namespace lockstep::spec {

namespace {
constexpr std::size_t kMaxText = 255;  // std::regex recurses over the text

std::vector<std::string> names_of(const std::vector<Parameter>& rows) {
  std::vector<std::string> names;
  for (const Parameter& row : rows) names.push_back(row.name);
  return names;
}

/// The value of one row where the section has it; what stood there before otherwise.
template <typename Field, typename Stored>
void take(const Tables& tables, const std::vector<Parameter>& rows, const Node& section,
          std::string_view name, Field& field, Stored, Findings& findings) {
  const Node* node = section.find(name);
  if (!node) return;
  for (const Parameter& row : rows) {
    if (row.name != name) continue;
    if (const auto value = read_value(tables, row, *node, findings)) {
      field = static_cast<Field>(std::get<Stored>(*value));
    }
  }
}

/// Compiled once: that takes longer than to read a spec.
const std::regex& pattern_of(const LaunchText& text) {
  static const std::vector<std::regex> patterns = [] {
    std::vector<std::regex> all;
    for (const LaunchText& one : slurm_launch_texts()) all.emplace_back(one.pattern);
    return all;
  }();
  return patterns[static_cast<std::size_t>(&text - slurm_launch_texts().data())];
}

void take_text(const LaunchText& text, const Node& section, SlurmLaunch& slurm,
               Findings& findings) {
  const Node* node = section.find(text.name);
  if (!node) return;
  const bool fits = node->kind == Node::Kind::scalar && node->text.size() <= kMaxText &&
                    std::regex_match(node->text, pattern_of(text));
  if (fits) {
    slurm.*text.field = node->text;
    return;
  }
  findings.error(node->place, fmt::format("{} cannot be {}", text.name, found(*node)), text.shape);
}
}  // namespace

const std::vector<Parameter>& local_launch_rows() {
  static const std::vector<Parameter> rows = {
      {.name = "slots",
       .type = Type::integer,
       .unit = "runs",
       .initial = std::int64_t{0},
       .range = {0, 4096},
       .doc = "Runs at once on this machine; 0: one per core."},
      {.name = "measured_clock",
       .type = Type::boolean,
       .initial = false,
       .doc = "One process per worker, alone on the machine, so that wall-clock time means "
              "something."},
  };
  return rows;
}

const std::vector<Parameter>& slurm_launch_rows() {
  static const std::vector<Parameter> rows = {
      {.name = "gpus_per_node",
       .type = Type::integer,
       .unit = "GPUs",
       .initial = std::int64_t{0},
       .range = {0, 1024},
       .doc = "GPUs asked for on each node."},
      {.name = "throttle",
       .type = Type::integer,
       .unit = "jobs",
       .initial = std::int64_t{0},
       .range = {0, 100000},
       .doc = "Jobs of a study that may run at once; 0: no limit."},
  };
  return rows;
}

const std::vector<LaunchText>& slurm_launch_texts() {
  constexpr const char* kName = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
  constexpr const char* kNameShape = "letters, digits, '_', '.' and '-'";
  static const std::vector<LaunchText> texts = {
      {"partition", &SlurmLaunch::partition,
       "[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(,[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){0,15}",
       "letters, digits, '_', '.' and '-'; commas between several", "Partition, or several."},
      {"time", &SlurmLaunch::time,
       "[0-9]{1,5}|[0-9]{1,5}:[0-9]{1,2}|[0-9]{1,3}:[0-9]{1,2}:[0-9]{1,2}|"
       "[0-9]{1,3}-[0-9]{1,2}(:[0-9]{1,2}){0,2}",
       "minutes, hours:minutes:seconds or days-hours, for example \"04:00:00\"",
       "Time limit of one job, in Slurm's notation."},
      {"account", &SlurmLaunch::account, kName, kNameShape, "Account that is charged."},
      {"qos", &SlurmLaunch::qos, kName, kNameShape, "Quality of service."},
      {"constraint", &SlurmLaunch::constraint, "[A-Za-z0-9_(\\[][A-Za-z0-9_.&|*()\\[\\]-]{0,127}",
       "letters, digits and _ . & | * ( ) [ ] -", "Features that the nodes must have."},
      {"setup", &SlurmLaunch::setup, "[A-Za-z0-9_./][A-Za-z0-9_./+-]{0,254}",
       "a path of letters, digits, '_', '.', '-', '+' and '/'",
       "Shell file that is read before the trainer is started, for example to load modules."},
  };
  return texts;
}

const std::vector<Parameter>& early_stop_rows() {
  static const std::vector<Parameter> rows = {
      {.name = "confidence",
       .type = Type::real,
       .initial = EarlyStopLaunch{}.confidence,
       .range = {.low = 0.5, .high = 1, .high_open = true},
       .doc = "Of a run that is looked at, that it ends no higher than it was said to reach at "
              "most; c takes c / (1 - c) finished runs before any is stopped."},
  };
  return rows;
}

LaunchSpec read_launch(const Tables& tables, const Node& section, Findings& findings) {
  LaunchSpec launch;
  if (!expect_map(section, "launch", {"local", "slurm", "early_stop"}, findings)) return launch;
  if (const Node* local = section.find("local")) {
    const auto& rows = local_launch_rows();
    if (expect_map(*local, "local", names_of(rows), findings)) {
      take(tables, rows, *local, "slots", launch.local.slots, std::int64_t{}, findings);
      take(tables, rows, *local, "measured_clock", launch.local.measured_clock, bool{}, findings);
    }
  }
  if (const Node* slurm = section.find("slurm")) {
    launch.slurm.given = true;
    const auto& rows = slurm_launch_rows();
    auto known = names_of(rows);
    for (const LaunchText& text : slurm_launch_texts()) known.emplace_back(text.name);
    if (expect_map(*slurm, "slurm", known, findings)) {
      take(tables, rows, *slurm, "gpus_per_node", launch.slurm.gpus_per_node, std::int64_t{},
           findings);
      take(tables, rows, *slurm, "throttle", launch.slurm.throttle, std::int64_t{}, findings);
      for (const LaunchText& text : slurm_launch_texts()) {
        take_text(text, *slurm, launch.slurm, findings);
      }
    }
  }
  if (const Node* early_stop = section.find("early_stop")) {
    launch.early_stop.given = true;
    const auto& rows = early_stop_rows();
    if (expect_map(*early_stop, "early_stop", names_of(rows), findings))
      take(tables, rows, *early_stop, "confidence", launch.early_stop.confidence, double{},
           findings);
  }
  return launch;
}

}  // namespace lockstep::spec
