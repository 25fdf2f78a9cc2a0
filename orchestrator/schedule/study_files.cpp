#include "orchestrator/schedule/study_files.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "results/record/file_system.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {
void write_unless_equal(const fs::path& path, std::string_view bytes) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored) && read_file(path) == bytes) return;
  write_file_atomically(path, bytes);
}

/// Nothing for a run that is whole, but of another lockstep: with other parameters or revisions.
std::optional<PlannedRun> run_from(const Tables& tables, const Json& json, const fs::path& file) {
  const auto id = json.at("id").get<std::string>();
  // Keys are sorted here, as the canonical bytes have them.
  const std::string config = nlohmann::json(json.at("config")).dump();
  if (sha256_hex(config).substr(0, id.size()) != id || !RunId::parse(id)) {
    throw RecordError(
        fmt::format("{}: run {} is not the id of its configuration; restore the file from a copy",
                    file.string(), id));
  }
  const auto cell = json.at("cell").get<std::string>();
  try {
    return PlannedRun{*RunId::parse(id), cell, parse_config(tables, config)};
  } catch (const ConfigError&) {
    return std::nullopt;
  }
}

void add_plan(const Tables& tables, const fs::path& file, Plan& study, std::set<std::string>& known,
              std::set<std::string>& foreign) {
  try {
    const Json json = Json::parse(read_file(file));
    study.question = json.at("question").get<std::string>();
    study.spec_sha256 = json.at("spec_sha256").get<std::string>();
    for (const Json& entry : json.at("runs")) {
      auto run = run_from(tables, entry, file);
      if (!run) {
        foreign.insert(entry.at("id").get<std::string>());
      } else if (known.insert(run->id.text()).second) {
        study.runs.push_back(std::move(*run));
      }
    }
  } catch (const nlohmann::json::exception&) {
    throw RecordError(
        fmt::format("{} cannot be read as a plan, it is damaged; move it away and run the study's "
                    "spec again",
                    file.string()));
  }
}

/// Quick, as most plans are none: their runs are not read.
bool is_addition(const fs::path& file) {
  const simdjson::padded_string text(read_file(file));
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  bool addition = false;
  return !parser.iterate(text).get(document) && !document["addition"].get_bool().get(addition) &&
         addition;
}

void tell_foreign(std::string_view study, const std::set<std::string>& foreign,
                  std::vector<std::string>& notes) {
  if (foreign.empty()) return;
  notes.push_back(fmt::format(
      "{}: {} runs left out, for example {}: they were planned by a lockstep with other "
      "parameters or revisions; use that one to see them, or run the spec again for new ones",
      study, foreign.size(), foreign.begin()->substr(0, 12)));
}

/// A name from the command line becomes part of a path.
void check_study_name(std::string_view study) {
  bool plain = !study.empty() && study.front() != '.' && study.front() != '-';
  for (const char c : study) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    plain = plain && (letter || c == '.' || c == '_' || c == '-');
  }
  if (!plain) {
    throw StudyError(fmt::format(
        "'{}' is no name of a study; `lockstep status` lists them (a spec file must exist)",
        study));
  }
}
}  // namespace

fs::path write_plan(const Workspace& workspace, const Plan& plan) {
  const fs::path path = workspace.plan(plan.study, plan_hash(plan));
  write_unless_equal(path, to_json(plan).dump(1) + "\n");
  return path;
}

void write_study(const Workspace& workspace, const Plan& plan, std::string_view spec_text) {
  make_directories(workspace.submissions(plan.study));
  write_unless_equal(workspace.spec(plan.study), spec_text);
  const fs::path path = write_plan(workspace, plan);
  const auto plans = workspace.plans(plan.study);
  if (!plans.empty() && plans.back() != path) {  // asked for again: it is the newest once more
    fs::last_write_time(path, fs::file_time_type::clock::now());
  }
}

void prune_study(const Workspace& workspace, const Plan& plan) {
  const fs::path own = workspace.plan(plan.study, plan_hash(plan));
  const fs::path pruned = workspace.study(plan.study) / "pruned";
  for (const fs::path& path : workspace.plans(plan.study)) {
    if (path == own) continue;
    make_directories(pruned);
    fs::rename(path, pruned / path.filename());
  }
}

void create_runs(const Workspace& workspace, const std::vector<PlannedRun>& runs) {
  make_directories(workspace.runs());
  bool any = false;
  for (const PlannedRun& run : runs)
    any = workspace.run(run.id.text()).create(run.config.canonical_json(), false) || any;
  if (any) sync_file_system(workspace.runs());
}

std::vector<fs::path> plans_of(const Workspace& workspace, std::string_view study) {
  check_study_name(study);
  auto plans = workspace.plans(study);
  if (!plans.empty()) return plans;
  const auto known = workspace.study_names();
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  std::string hint = names.empty() ? "start one with `lockstep run SPEC`" : "it has: " + names;
  const std::string stem = fs::path(study).stem().string();  // the name of a spec's file
  if (std::find(known.begin(), known.end(), stem) != known.end()) {
    hint = fmt::format("did you mean '{}'?", stem);
  } else if (const auto near = nearest(study, known)) {
    hint = fmt::format("did you mean '{}'?", *near);
  }
  throw StudyError(
      fmt::format("there is no study '{}' in {}; {}", study, workspace.root().string(), hint));
}

Plan read_study(const Workspace& workspace, const Tables& tables, std::string_view study,
                std::vector<std::string>& notes) {
  const auto plans = plans_of(workspace, study);
  Plan result;
  result.study = study;
  std::set<std::string> known, foreign;
  for (const fs::path& file : plans) add_plan(tables, file, result, known, foreign);
  tell_foreign(study, foreign, notes);
  return result;
}

std::vector<PlannedRun> read_additions(const Workspace& workspace, const Tables& tables,
                                       std::string_view study, std::vector<std::string>& notes) {
  Plan result;
  std::set<std::string> known, foreign;
  for (const fs::path& file : workspace.plans(study)) {
    if (is_addition(file)) add_plan(tables, file, result, known, foreign);
  }
  tell_foreign(study, foreign, notes);
  return std::move(result.runs);
}

}  // namespace lockstep
