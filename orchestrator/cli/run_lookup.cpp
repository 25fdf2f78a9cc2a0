#include "orchestrator/cli/run_lookup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/schedule/run_labels.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kIdDigits = 12;  // as they are shown
constexpr std::size_t kNamed = 5;
constexpr std::size_t kTellingDigits = 4;

std::string none_begins(const Wanted& wanted, const std::string& prefix,
                        const std::vector<std::string>& ids) {
  std::vector<std::string> heads;
  for (const std::string& id : ids) heads.push_back(id.substr(0, prefix.size()));
  // Of one or two digits, anything is near.
  const auto near = prefix.size() < kTellingDigits ? std::nullopt : nearest(prefix, heads);
  std::string hint = wanted.list;
  if (near) {
    const auto at = std::find(heads.begin(), heads.end(), *near) - heads.begin();
    hint = fmt::format("did you mean {}?", ids[static_cast<std::size_t>(at)].substr(
                                               0, std::max(kIdDigits, prefix.size())));
  }
  return fmt::format("no {} {} begins with '{}'; {}", wanted.what, wanted.where, printable(prefix),
                     hint);
}
}  // namespace

std::string complete_id(const Wanted& wanted, const std::string& prefix,
                        const std::vector<std::string>& ids) {
  std::vector<std::string> hits;
  for (const std::string& id : ids) {
    if (!prefix.empty() && id.rfind(prefix, 0) == 0) hits.push_back(id);
  }
  if (hits.empty()) throw UsageError(none_begins(wanted, prefix, ids));
  if (hits.size() == 1) return hits.front();
  std::string named;
  for (std::size_t i = 0; i < std::min(hits.size(), kNamed); ++i)
    named += (i ? ", " : "") + hits[i].substr(0, std::max(kIdDigits, prefix.size() + 2));
  throw UsageError(fmt::format("{} {}s {} begin with '{}': {}{}; give more digits", hits.size(),
                               wanted.what, wanted.where, prefix, named,
                               hits.size() > kNamed ? ", ..." : ""));
}

std::string complete_run_id(const std::string& prefix, const std::vector<std::string>& ids,
                            const std::string& where) {
  return complete_id({"run", where, "`lockstep status STUDY --all` lists them"}, prefix, ids);
}

FoundRun find_run(Session& session, const Tables& tables, const Workspace& workspace,
                  const std::string& prefix) {
  std::map<std::string, FoundRun> found;  // by id
  std::vector<std::string> unread;
  const auto add = [&](const std::string& study) {
    for (const ListedRun& run : load_runs(session, tables, workspace, study)) {
      const auto [known, is_new] =
          found.try_emplace(run.id, FoundRun{run.id, study, run.cell, run.label, {}, {}});
      if (!is_new) known->second.others.push_back(study);
    }
  };
  for (const std::string& study : workspace.study_names()) {
    try {
      add(study);
    } catch (const RecordError& error) {
      session.say(fmt::format("study {} is left out: {}", study, error.what()));
      unread.push_back(study);
    }
  }
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.runs(), none)) {
    const RunDirectory run(entry.path());
    if (std::filesystem::exists(run.config(), none))
      found.try_emplace(run.id(), FoundRun{run.id(), "", "", "", {}, {}});
  }
  std::vector<std::string> ids;
  for (const auto& [id, run] : found) ids.push_back(id);
  FoundRun run = found.at(complete_run_id(prefix, ids, "in " + workspace.root().string()));
  run.unread = std::move(unread);
  return run;
}

}  // namespace lockstep
