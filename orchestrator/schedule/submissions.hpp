// The journal of one study's submissions: small files under studies/<study>/submissions/, each
// written once.
//
//   <token>.json        PREPARED: written before the job exists
//   <token>.end.json    how it ended, as the launcher saw it
//   <token>.stop.json   we are about to ask it to stop
//   retry-<nonce>.json  the user asked to go on: what ended before does not count against the
//                       budgets, and the cancellations that it names hold no longer
//   cancellations/<nonce>.json  the user wants no more of these runs
//   early-stops/*.json          what was stopped before its end, and why
//                               (results/record/early_stops.hpp)
//   supervisor-*.log    what a supervisor in the background said; for people
//
// A token without an end file is a job whose orchestrator died: its run's own files tell the rest.
// Tokens name their run, so the files of a run are read when it is first asked for, and those of
// runs that are done never.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "orchestrator/launch/process.hpp"
#include "orchestrator/schedule/run_state.hpp"
#include "results/record/early_stops.hpp"

namespace lockstep {

/// Numbers up to which earlier failures of a run are forgiven.
struct Forgiveness {
  int submission = 0;
  int attempt = 0;
};

/// Runs that the user has cancelled.
struct Cancellation {
  std::vector<std::string> runs;
  bool whole_study = false;  ///< all that was left of it: whoever supervises it may end
};

class Submissions {
 public:
  /// Lists what is there; a missing folder is an empty journal. Throws RecordError for a file that
  /// is not ours.
  explicit Submissions(std::filesystem::path folder);

  /// Of a run, by number. Throws RecordError for a file that cannot be read. This and the next two
  /// may be called by several threads at once, as long as nobody writes.
  std::vector<SubmissionFact> of(const std::string& run) const;
  /// Tokens of the run, newest first, by their names alone.
  std::vector<std::string> tokens_of(const std::string& run) const;
  Forgiveness forgiven(const std::string& run) const;
  /// Cancelled, and not resumed since. Which was first is not a matter of clocks: a retry names the
  /// cancellations that it lifts.
  bool cancelled(const std::string& run) const;

  /// Writes PREPARED durably and returns the new token.
  std::string prepare(const std::string& run, const std::string& launcher);
  void ended(const std::string& token, const std::optional<Exit>& exit);
  void stopping(const std::string& token);
  /// Also lifts every cancellation that is known here.
  void forgive(const std::map<std::string, Forgiveness>& runs);
  /// May be written beside a supervisor, which hears of it by new_cancellations().
  void cancel(const Cancellation& cancellation);
  /// Why the run was stopped before its end; empty: it was not, or the user has lifted that.
  std::string stopped_early(const std::string& run) const;
  /// The user has taken up a run of this cell after it was stopped early: it runs to its end.
  bool runs_to_its_end(const std::string& cell) const;
  void stop_early(const EarlyStop& stop);
  /// Returns how many runs may go on.
  int lift_early_stops();
  /// Those that others have written since this object was made or asked last.
  std::vector<Cancellation> new_cancellations();

 private:
  struct Entry;
  using Names = std::span<const std::string>;

  void read_retry(const std::filesystem::path& file);
  /// What these files say, by token.
  std::vector<Entry> read(Names names) const;
  /// Names of the files of the runs with these first digits.
  Names names_of(const std::string& digits) const;
  /// Reads the files of the runs with these first digits, once.
  void load(const std::string& digits) const;
  void add(std::vector<Entry> entries) const;
  void sort_facts(const std::string& run) const;
  void update_cancelled();
  void update_stopped_early();
  SubmissionFact* fact(const std::string& token) const;

  std::filesystem::path folder_;
  std::map<std::string, Forgiveness> forgiven_;
  std::map<std::string, Cancellation> cancellations_;  ///< by file name
  std::set<std::string> lifted_;                       ///< file names
  std::set<std::string> cancelled_;                    ///< runs
  std::vector<EarlyStop> early_stops_;
  std::map<std::string, std::string> stopped_early_;             ///< run -> why
  std::vector<std::string> names_;                               ///< of the files of tokens, sorted
  mutable std::mutex mutex_;                                     ///< of what is below
  mutable std::set<std::string> loaded_;                         ///< first digits
  mutable std::unordered_map<std::string, std::string> run_of_;  ///< token -> run
  mutable std::unordered_map<std::string, std::vector<SubmissionFact>> facts_;
};

}  // namespace lockstep
