#include "orchestrator/schedule/directory_facts.hpp"

#include <fmt/format.h>

#include "orchestrator/schedule/machine.hpp"
#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
void read_attempts(const RunDirectory& directory, const Forgiveness& forgiven, RunFacts& facts) {
  for (const int number : directory.claimed_attempts()) {
    AttemptFact fact{.number = number, .token = directory.claim_token(number)};
    if (const auto result = read_result(directory.result(number))) {
      fact.reason = result->reason;
      fact.detail = result->detail;
      fact.step = result->step;
    }
    fact.forgiven = number <= forgiven.attempt;
    facts.attempts.push_back(std::move(fact));
  }
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

DirectoryFacts::DirectoryFacts(const Workspace& workspace, const Submissions& submissions)
    : workspace_(workspace), submissions_(submissions) {
  refresh();
}

void DirectoryFacts::refresh() { in_use_ = run_directories_in_use(); }

RunFacts DirectoryFacts::facts(const std::string& run) {
  const RunDirectory directory = workspace_.run(run);
  RunFacts facts;
  note_damage(directory, facts, [&] {
    const auto done = read_result(directory.done());
    if (!done) return;
    facts.done = done->reason;
    facts.done_detail = done->detail;
    facts.attempts.resize(static_cast<std::size_t>(directory.claims_from(done->attempt)));
  });
  if (facts.done) return facts;  // DONE says all; the rest costs time
  facts.submissions = submissions_.of(run);
  facts.cancelled = submissions_.cancelled(run);
  if (!facts.damage.empty()) return facts;
  note_damage(directory, facts, [&] {
    read_attempts(directory, submissions_.forgiven(run), facts);
    facts.process_alive = alive(directory, facts);
  });
  return facts;
}

bool DirectoryFacts::alive(const RunDirectory& directory, const RunFacts& facts) const {
  if (in_use_.count(directory.path().string())) return true;
  if (facts.attempts.empty() || facts.attempts.back().reason) return false;
  const auto beat = read_heartbeat(directory.heartbeat(facts.attempts.back().number, 0));
  return beat && beat->host != host_name() && beat->age_s < kForeignHeartbeatS;
}

}  // namespace lockstep
