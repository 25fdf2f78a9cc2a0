#include "orchestrator/schedule/garbage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "results/record/checkpoint_files.hpp"
#include "results/record/early_stops.hpp"
#include "results/record/file_system.hpp"
#include "results/record/record_error.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kTrash = ".trash-";

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_trash(const fs::path& path) { return path.filename().string().starts_with(kTrash); }

/// ".tmp-*" is a checkpoint that is being written, ".<name>.tmp-*" a file, "lock.*" a lock.
bool is_temporary(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool hidden = name.starts_with(".tmp-") || name.starts_with(".scratch-") ||
                      (name.starts_with(".") && name.find(".tmp-") != std::string::npos);
  return hidden || name.starts_with("lock.");
}

double age_s(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (error) return 0;
  return std::chrono::duration<double>(fs::file_time_type::clock::now() - time).count();
}

class Search {
 public:
  Search(const Workspace& workspace, const GarbageRules& rules)
      : workspace_(workspace), rules_(rules), in_use_(run_directories_in_use()) {}

  std::vector<Garbage> all() {
    if (rules_.orphans) find_planned();
    for (const fs::path& path : entries_of(workspace_.runs())) {
      const std::string name = path.filename().string();
      if (is_trash(path)) {
        if (!rules_.runs) add(GarbageKind::trash, path, "");
      } else if (!name.starts_with(".") && (!rules_.runs || rules_.runs->count(name) > 0)) {
        of_run(RunDirectory(path));
      }
    }
    if (!rules_.runs) outside_of_runs();
    std::sort(found_.begin(), found_.end(),
              [](const Garbage& a, const Garbage& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  void add(GarbageKind kind, const fs::path& path, const std::string& run) {
    std::error_code none;
    const bool folder = fs::is_directory(fs::symlink_status(path, none));
    const auto bytes =
        folder ? disk_usage_bytes(path) : static_cast<std::int64_t>(fs::file_size(path, none));
    found_.push_back({kind, path, run, none ? 0 : bytes});
  }

  /// Plans as they stand, also those of another lockstep. Throws RecordError where one is damaged
  /// or was taken away: its runs would be taken for nobody's.
  void find_planned() {
    for (const fs::path& folder : entries_of(workspace_.studies())) {
      const std::string study = folder.filename().string();
      std::set<std::string> specs;  // that the plans were made of
      for (const fs::path& plan : workspace_.plans(study)) add_planned(plan, specs);
      const auto spec = read_plain_file_if_there(workspace_.spec(study));
      if (spec && specs.count(sha256_hex(*spec)) == 0)
        throw RecordError(fmt::format(
            "study {} has a spec, but no plan of it, so runs of no plan cannot be told; "
            "`lockstep run {}` writes the plan",
            study, study));
    }
  }

  void add_planned(const fs::path& plan, std::set<std::string>& specs) {
    try {
      const auto json = nlohmann::json::parse(read_file(plan));
      specs.insert(json.at("spec_sha256").get<std::string>());
      for (const auto& run : json.at("runs")) planned_.insert(run.at("id").get<std::string>());
    } catch (const nlohmann::json::exception&) {
      throw RecordError(fmt::format(
          "{} cannot be read as a plan, so runs of no plan cannot be told; restore it, or "
          "move it away and run the study's spec again",
          plan.string()));
    }
  }

  /// By a process of this machine, or by one elsewhere that was heard of a moment ago.
  bool at_work(const RunDirectory& run) const {
    if (in_use_.count(run.path().string()) > 0) return true;
    for (const int attempt : run.claimed_attempts()) {
      std::error_code none;
      if (fs::exists(run.result(attempt), none)) continue;
      if (is_alive_elsewhere(run.claim(attempt), read_heartbeat(run.heartbeat(attempt, 0))))
        return true;
    }
    return false;
  }

  void of_run(const RunDirectory& run) {
    std::error_code none;
    if (!fs::exists(run.config(), none) || at_work(run)) return;
    if (rules_.orphans && planned_.count(run.id()) == 0) {
      add(GarbageKind::orphan, run.path(), run.id());
      return;
    }
    leftovers(run.path(), run.id());
    leftovers(run.attempts(), run.id());
    leftovers(run.path() / "launch", run.id());
    for (const int attempt : run.claimed_attempts()) leftovers(run.attempt(attempt), run.id());
    leftovers(run.checkpoints(), run.id());
    bool finished = false;
    try {
      finished = read_result(run.done()).has_value();
    } catch (const RecordError&) {
      return;  // damaged: not ours to judge
    }
    if (!finished) return old_checkpoints(run);
    finished_checkpoints(run);
    if (rules_.logs) old_logs(run);
  }

  void leftovers(const fs::path& folder, const std::string& run) {
    for (const fs::path& path : entries_of(folder)) {
      if (is_trash(path)) {
        add(GarbageKind::trash, path, run);
      } else if (is_temporary(path) && age_s(path) >= rules_.stale_s) {
        add(GarbageKind::temporary, path, run);
      }
    }
  }

  /// Also those without a manifest.
  void finished_checkpoints(const RunDirectory& run) {
    std::vector<CheckpointName> names;
    for (const fs::path& path : entries_of(run.checkpoints())) {
      if (const auto name = CheckpointName::parse(path.filename().string())) names.push_back(*name);
    }
    std::sort(names.rbegin(), names.rend());
    for (std::size_t i = static_cast<std::size_t>(rules_.keep); i < names.size(); ++i)
      add(GarbageKind::finished_checkpoint, run.checkpoint(names[i]), run.id());
  }

  /// Of an unfinished run: by the rule that its trainer wrote into the newest good one. Every byte
  /// is read of those that are to be the last ones, of the others manifests and sizes.
  void old_checkpoints(const RunDirectory& run) {
    const auto names = run.checkpoint_names();
    if (names.size() <= static_cast<std::size_t>(Retention{}.last)) return;  // nothing to read
    std::optional<Retention> rule;
    std::vector<CheckpointFacts> facts;
    int good = 0;
    for (const CheckpointName& name : names) {
      const bool hashes = !rule || good < rule->last;
      const CheckpointState state = look_at_checkpoint(run.checkpoint(name), hashes);
      const bool whole = state.problem.empty();
      if (whole && !rule) rule = state.keep;
      if (whole) ++good;
      facts.push_back({name, whole, state.validation});
    }
    for (const CheckpointName& name : superfluous(rule.value_or(Retention{}), facts))
      add(GarbageKind::old_checkpoint, run.checkpoint(name), run.id());
  }

  void old_logs(const RunDirectory& run) {
    auto attempts = run.claimed_attempts();
    if (!attempts.empty()) attempts.pop_back();
    for (const int attempt : attempts) {
      const fs::path log = run.launch_log(run.claim(attempt).token);
      std::error_code none;
      if (fs::exists(log, none)) add(GarbageKind::old_log, log, run.id());
    }
  }

  void outside_of_runs() {
    leftovers(workspace_.root(), "");
    leftovers(workspace_.calibrations(), "");
    for (const std::string& study : workspace_.study_names()) {
      leftovers(workspace_.study(study), "");
      leftovers(workspace_.submissions(study), "");
      leftovers(workspace_.submissions(study) / "cancellations", "");
      leftovers(early_stops_folder(workspace_.submissions(study)), "");
      leftovers(workspace_.report(study), "");
    }
  }

  const Workspace& workspace_;
  const GarbageRules& rules_;
  std::set<std::string> in_use_, planned_;
  std::vector<Garbage> found_;
};
}  // namespace

const char* name_of(GarbageKind kind) {
  switch (kind) {
    case GarbageKind::finished_checkpoint:
      return "checkpoints of finished runs";
    case GarbageKind::old_checkpoint:
      return "checkpoints of unfinished runs that newer ones replace";
    case GarbageKind::trash:
      return "things half deleted";
    case GarbageKind::temporary:
      return "temporary files of killed writers";
    case GarbageKind::old_log:
      return "logs of earlier attempts at finished runs";
    case GarbageKind::orphan:
      return "runs that no plan asks for";
  }
  return "";
}

std::vector<Garbage> find_garbage(const Workspace& workspace, const GarbageRules& rules) {
  return Search(workspace, rules).all();
}

void discard(const Garbage& garbage) {
  const auto refuse = [&](const std::error_code& error) {
    if (error && error != std::errc::no_such_file_or_directory)
      throw write_error("cannot delete", garbage.path, error.value(), "look at its rights");
  };
  std::error_code error;
  fs::path trash = garbage.path;
  if (!is_trash(trash)) {
    trash = trash.parent_path() / (std::string(kTrash) + trash.filename().string());
    fs::remove_all(trash, error);  // of a time before
    refuse(error);
    fs::rename(garbage.path, trash, error);
    refuse(error);
  }
  fs::remove_all(trash, error);
  refuse(error);
}

}  // namespace lockstep
