#include "orchestrator/schedule/run_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "results/record/attempt_files.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Entries configuration_of(const RunDirectory& run) {
  Entries entries;
  const Json json = Json::parse(read_file(run.config()), nullptr, false);
  if (!json.is_object()) throw RecordError(run.config().string() + " is no configuration");
  for (const auto& [name, value] : json.items()) entries.emplace_back(name, text_of(value));
  return entries;
}

/// The attempt that counts, if one has records.
std::optional<Segment> deciding_segment(const RunDirectory& run) {
  if (const auto done = read_result(run.done())) return read_attempt(run, done->attempt);
  const auto attempts = run.claimed_attempts();
  for (auto it = attempts.rbegin(); it != attempts.rend(); ++it) {
    Segment segment = read_attempt(run, *it);
    if (!segment.records.empty()) return segment;
  }
  return std::nullopt;
}

Entries provenance_of(const HeaderRecord& header) {
  Entries entries{{"build", header.build},
                  {"host", header.host},
                  {"device", header.device},
                  {"device_name", header.device_name},
                  {"processes", std::to_string(header.processes)},
                  {"exclusive", header.exclusive ? "true" : "false"},
                  {"determinism", header.determinism}};
  for (const auto& [name, version] : header.libraries) entries.emplace_back(name, version);
  for (const auto& [file, hash] : header.data_sha256) entries.emplace_back("data " + file, hash);
  return entries;
}

/// The last of each kind counts.
void add_results(const Segment& segment, Entries& outcome) {
  std::map<std::string, EvalRecord> evals;
  std::optional<EndRecord> end;
  for (const Record& record : segment.records) {
    if (const auto* eval = std::get_if<EvalRecord>(&record)) evals[eval->split] = *eval;
    if (const auto* last = std::get_if<EndRecord>(&record)) end = *last;
  }
  for (const auto& [split, eval] : evals) {
    outcome.emplace_back(split + " accuracy", fmt::format("{:.6g}", eval.accuracy));
    outcome.emplace_back(split + " loss", fmt::format("{:.6g}", eval.loss));
  }
  if (!end) return;
  outcome.emplace_back("step", std::to_string(end->step));
  outcome.emplace_back("training seconds (last attempt)", fmt::format("{:.3g}", end->train_s));
  outcome.emplace_back("seconds (last attempt)", fmt::format("{:.3g}", end->wall_s));
  if (!end->state_sha256.empty()) outcome.emplace_back("state", end->state_sha256);
}
}  // namespace

RunSheet sheet_of(const RunDirectory& run, const Verdict& verdict) {
  RunSheet sheet;
  sheet.configuration = configuration_of(run);
  sheet.outcome = {{"run state", name_of(verdict.state)},
                   {"reason", verdict.reason},
                   {"attempts", std::to_string(run.claimed_attempts().size())}};
  const auto segment = deciding_segment(run);
  if (!segment) return sheet;
  if (!segment->records.empty()) {
    if (const auto* header = std::get_if<HeaderRecord>(&segment->records.front()))
      sheet.provenance = provenance_of(*header);
  }
  add_results(*segment, sheet.outcome);
  return sheet;
}

std::vector<Pair> side_by_side(const Entries& left, const Entries& right) {
  std::vector<Pair> pairs;
  for (const auto& [name, value] : left) pairs.push_back({name, value, ""});
  for (const auto& [name, value] : right) {
    const auto known = std::find_if(pairs.begin(), pairs.end(),
                                    [&, n = name](const Pair& pair) { return pair.name == n; });
    if (known != pairs.end()) {
      known->right = value;
    } else {
      pairs.push_back({name, "", value});
    }
  }
  return pairs;
}

std::vector<Pair> differences(const std::vector<Pair>& pairs) {
  std::vector<Pair> different;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(different),
               [](const Pair& pair) { return pair.left != pair.right; });
  return different;
}

}  // namespace lockstep
