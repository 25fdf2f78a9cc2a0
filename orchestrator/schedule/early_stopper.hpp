// Watches the runs of a study and stops those whose cell can be on no frontier any more
// (reports/early_stop.hpp): reads what they have evaluated, asks, and writes the evidence down
// before anything is stopped. Opt-in: `launch: early_stop` of the spec.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/launch/timer.hpp"
#include "orchestrator/schedule/run_state.hpp"
#include "orchestrator/schedule/submissions.hpp"
#include "reports/early_stop.hpp"
#include "results/record/workspace.hpp"

namespace lockstep {

/// Whether something new was evaluated, found by reading only what was appended since the last
/// question.
class EvaluationWatch {
 public:
  /// True if the newest attempt of the run has written an evaluation since it was asked last.
  bool news_of(const RunDirectory& run);

 private:
  struct Tail {
    int attempt = 0;
    std::uintmax_t read = 0;  ///< bytes, up to the end of a line
  };
  std::map<std::string, Tail> tails_;
};

class EarlyStopper {
 public:
  /// The study as the index has it after an import: of every planned run what it has evaluated.
  using ReadStudy = std::function<StudyData()>;

  /// All references must outlive it.
  EarlyStopper(const Tables& tables, const Workspace& workspace, Submissions& submissions,
               Timer& timer, double confidence, ReadStudy read_study);

  /// What the loop says of a run.
  void changed(const std::string& run, RunState state);

  /// Runs that are to be stopped now; their evidence is written. Looks only where a run has ended
  /// or was evaluated since the last look, and spends at most 2 % of the time on looking. Throws
  /// what reading and writing throw; the look is made again a minute later.
  std::vector<std::string> look();

 private:
  bool has_news();
  std::vector<std::string> stop_dominated();

  const Tables& tables_;
  const Workspace& workspace_;
  Submissions& submissions_;
  Timer& timer_;
  double confidence_;
  ReadStudy read_study_;
  std::map<std::string, RunState> states_;
  EvaluationWatch watch_;
  DescentBounds bounds_;
  bool news_ = true;  ///< what earlier commands have left may be enough
  double next_look_s_ = 0;
};

}  // namespace lockstep
