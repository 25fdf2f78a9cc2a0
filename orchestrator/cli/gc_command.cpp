#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/spec_input.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/garbage.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
const char* key_of(GarbageKind kind) {
  switch (kind) {
    case GarbageKind::finished_checkpoint:
      return "finished_checkpoint";
    case GarbageKind::old_checkpoint:
      return "old_checkpoint";
    case GarbageKind::trash:
      return "trash";
    case GarbageKind::temporary:
      return "temporary";
    case GarbageKind::old_log:
      return "old_log";
    case GarbageKind::orphan:
      return "orphan";
  }
  return "";
}

std::int64_t bytes_of(const std::vector<Garbage>& all) {
  std::int64_t bytes = 0;
  for (const Garbage& garbage : all) bytes += garbage.bytes;
  return bytes;
}

class GcCommand : public Subcommand {
 public:
  const char* name() const override { return "gc"; }
  const char* summary() const override {
    return "Free disk: checkpoints of finished runs, and what killed processes left";
  }
  const char* lesson() const override {
    return "Only shows what may go, unless --yes is given. Runs that somebody works on are left "
           "alone, and so are the\n"
           "checkpoints of unfinished runs that their trainer keeps (the last two good ones, the "
           "best, those of\n"
           "--keep-every), all records and results, final models and the index.\n"
           "Killed in the middle, it may be called again.\n"
           "Exit codes: 0 shown or deleted; 2 no such study; 5 the workspace is in use, or "
           "something could not be\n"
           "deleted; 6 with --orphans, or of one study: a plan cannot be read.\n"
           "Example:\n"
           "  lockstep gc                     # what may go, and how much that is\n"
           "  lockstep gc quickstart --yes\n"
           "  lockstep gc --orphans           # also whole runs that no spec asks for any more";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "study", study_, "Only runs of this study; the whole workspace if none")
        .type_name("STUDY");
    add_option(app, "--keep", rules_.keep, "Newest checkpoints of each finished run that stay")
        .capture_default()
        .between(0, 1e6)
        .type_name("N");
    add_flag(app, "--logs", rules_.logs,
             "Also job logs of finished runs, but the newest attempt's");
    add_flag(app, "--orphans", rules_.orphans,
             "Also runs that no plan of any study asks for, results and all");
    add_flag(app, "-l,--list", list_, "Every path, not only sums");
    add_flag(app, "-y,--yes", yes_, "Delete");
    add_flag(app, "--json", json_, "One JSON object on stdout: every path with kind and bytes");
    add_flag(app, "--plain", plain_, "One line per path, with tabs: kind, bytes, run, path");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    require_one_form({{"--json", json_}, {"--plain", plain_}});
    const Workspace workspace = session.existing_workspace();
    if (!study_.empty()) choose(session, workspace);
    std::optional<WorkspaceLock> lock;
    if (yes_) lock.emplace(workspace.lock(), "gc", study_);
    if (lock && !lock->notice().empty()) session.say(lock->notice());
    const auto garbage = find_garbage(workspace, rules_);
    const auto failures = yes_ ? discard_all(garbage) : std::vector<std::string>();
    if (json_) {
      show_json(session, garbage);
    } else if (plain_) {
      for (const Garbage& item : garbage)
        session.out() << plain_line(
            {key_of(item.kind), std::to_string(item.bytes), item.run, item.path.string()});
    } else {
      show(session, garbage);
    }
    for (const std::string& failure : failures) session.say(failure);
    if (!json_) tell_next(session, garbage);
    return failures.empty() ? ExitCode::ok : ExitCode::environment;
  }

 private:
  void choose(Session& session, const Workspace& workspace) {
    if (rules_.orphans)
      throw UsageError("--orphans is about runs of no study; leave the study out");
    rules_.runs.emplace();
    for (const ListedRun& run : load_runs(session, Tables::builtin(), workspace, study_))
      rules_.runs->insert(run.id);
  }

  static std::vector<std::string> discard_all(const std::vector<Garbage>& all) {
    std::vector<std::string> failures;
    for (const Garbage& garbage : all) {
      try {
        discard(garbage);
      } catch (const WriteError& error) {
        failures.push_back(error.what());
      }
    }
    return failures;
  }

  void show(Session& session, const std::vector<Garbage>& all) const {
    std::map<GarbageKind, std::vector<Garbage>> by_kind;
    for (const Garbage& garbage : all) by_kind[garbage.kind].push_back(garbage);
    for (const auto& [kind, some] : by_kind) {
      session.out() << fmt::format("{:>9}  {:>6}  {}\n",
                                   bytes_text(static_cast<double>(bytes_of(some))), some.size(),
                                   name_of(kind));
      for (const Garbage& garbage : some) {
        if (list_)
          session.out() << fmt::format("{:>19}  {}\n",
                                       bytes_text(static_cast<double>(garbage.bytes)),
                                       printable(garbage.path.string()));
      }
    }
  }

  void tell_next(Session& session, const std::vector<Garbage>& all) const {
    const std::string sum = bytes_text(static_cast<double>(bytes_of(all)));
    if (all.empty()) {
      session.say("nothing to delete");
    } else if (yes_) {
      session.say(sum + " deleted");
    } else {
      session.say(fmt::format("{} may go, nothing was deleted; to do it: {}", sum, next(session)));
    }
  }

  /// What deletes.
  std::string next(const Session& session) const {
    std::vector<std::string> words{"gc"};
    if (!study_.empty()) words.push_back(study_);
    if (rules_.keep > 0) words.insert(words.end(), {"--keep", std::to_string(rules_.keep)});
    if (rules_.logs) words.push_back("--logs");
    if (rules_.orphans) words.push_back("--orphans");
    words.push_back("--yes");
    return session.command(std::move(words));
  }

  void show_json(Session& session, const std::vector<Garbage>& all) const {
    Json json{{"format", kJsonFormat},
              {"deleted", yes_},
              {"bytes", bytes_of(all)},
              {"next_command", all.empty() || yes_ ? "" : next(session)},
              {"items", Json::array()}};
    for (const Garbage& garbage : all) {
      json["items"].push_back({{"kind", key_of(garbage.kind)},
                               {"path", garbage.path.string()},
                               {"run", garbage.run},
                               {"bytes", garbage.bytes}});
    }
    print_json(session, json);
  }

  std::string study_;
  GarbageRules rules_;
  bool list_ = false, yes_ = false, json_ = false, plain_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> gc_command() { return std::make_unique<GcCommand>(); }

}  // namespace lockstep
