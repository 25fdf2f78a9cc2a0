#include "orchestrator/schedule/directory_facts.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "orchestrator/schedule/machine.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
/// Returns the newest claim.
Claim read_attempts(const RunDirectory& directory, const Forgiveness& forgiven, RunFacts& facts) {
  Claim claim;
  for (const int number : directory.claimed_attempts()) {
    claim = directory.claim(number);
    AttemptFact fact{.number = number, .token = claim.token};
    if (const auto result = read_result(directory.result(number))) {
      fact.reason = result->reason;
      fact.detail = result->detail;
      fact.step = result->step;
      fact.degraded = result->degraded;
    }
    fact.forgiven = number <= forgiven.attempt;
    facts.attempts.push_back(std::move(fact));
  }
  for (auto fact = facts.attempts.rbegin(); fact != facts.attempts.rend(); ++fact) {
    fact->beat = read_heartbeat(directory.heartbeat(fact->number, 0));
    if (fact->beat) break;
  }
  return claim;
}

/// A look that costs nothing beside the other files: records that are cut off, or gone, are found.
/// Other damage takes reading them, as import and `db check` do.
void require_length(const std::filesystem::path& events, std::int64_t bytes) {
  struct stat status {};
  const bool there = ::stat(events.c_str(), &status) == 0;
  if (there && status.st_size == bytes) return;
  throw RecordError(fmt::format("{}: has {} bytes, and its RESULT says {}", events.string(),
                                there ? status.st_size : 0, bytes));
}

/// What `work` cannot read becomes the facts' damage, with the way out.
template <class Work>
void note_damage(const RunDirectory& directory, RunFacts& facts, Work work) {
  try {
    work();
  } catch (const FormatError& error) {  // it may be perfectly good
    facts.damage = error.what();
  } catch (const ReadError& error) {  // says itself what to look at
    facts.damage = error.what();
  } catch (const RecordError& error) {
    facts.damage =
        fmt::format("{}; move {} away (or delete it): the same command then trains the run anew",
                    error.what(), directory.path().string());
  }
}
}  // namespace

bool is_alive_elsewhere(const Claim& claim, const std::optional<Heartbeat>& beat) {
  const std::string& host = beat ? beat->host : claim.host;
  if (host.empty() || host == host_name()) return false;  // of this host, processes are known
  return std::min(claim.age_s, beat ? beat->age_s : claim.age_s) < kForeignHeartbeatS;
}

DirectoryFacts::DirectoryFacts(const Workspace& workspace, const Submissions& submissions)
    : workspace_(workspace), submissions_(submissions) {
  refresh();
}

void DirectoryFacts::refresh() { in_use_ = run_directories_in_use(); }

RunFacts DirectoryFacts::facts(const std::string& run) { return facts(workspace_.run(run)); }

RunFacts DirectoryFacts::facts(const RunDirectory& directory) const {
  RunFacts facts;
  note_damage(directory, facts, [&] {
    const auto done = read_result(directory.done());
    if (!done) return;
    require_length(directory.events(done->attempt), done->events_bytes);
    facts.done = done->reason;
    facts.done_detail = done->detail;
    facts.degraded = done->degraded;
    facts.done_attempt = done->attempt;
  });
  if (facts.done) return facts;  // DONE says all; the rest costs time
  const std::string run = directory.id();
  facts.submissions = submissions_.of(run);
  facts.cancelled = submissions_.cancelled(run);
  facts.stopped_early = submissions_.stopped_early(run);
  if (!facts.damage.empty()) return facts;
  note_damage(directory, facts, [&] {
    const Claim newest = read_attempts(directory, submissions_.forgiven(run), facts);
    facts.process_alive = alive(directory, facts, newest);
  });
  return facts;
}

bool DirectoryFacts::alive(const RunDirectory& directory, const RunFacts& facts,
                           const Claim& newest) const {
  if (in_use_.count(directory.path().string())) return true;
  if (facts.attempts.empty() || facts.attempts.back().reason) return false;
  return is_alive_elsewhere(newest, facts.attempts.back().beat);
}

}  // namespace lockstep
