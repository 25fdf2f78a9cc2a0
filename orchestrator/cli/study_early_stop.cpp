#include "orchestrator/cli/study_early_stop.hpp"

#include <fmt/format.h>

#include "orchestrator/cli/exit_code.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "results/store/store.hpp"

namespace lockstep {

StudyEarlyStop::StudyEarlyStop(const Tables& tables, const Workspace& workspace,
                               const std::string& study, const EarlyStopLaunch& asked,
                               Submissions& submissions, Timer& timer, Say say)
    : say_(std::move(say)) {
  if (!asked.given) return;
  const auto read_study = [&tables, &workspace, study] {
    Store store(workspace.database(), Store::Mode::read_write, tables);
    store.import(workspace);  // what is damaged is told at the study's end
    return store.study(study, Store::Losses::left_out);
  };
  stopper_ = std::make_unique<EarlyStopper>(tables, workspace, submissions, timer, asked.confidence,
                                            read_study);
}

void StudyEarlyStop::changed(const std::string& run, RunState state) {
  if (stopper_) stopper_->changed(run, state);
}

std::vector<std::string> StudyEarlyStop::look() {
  if (!stopper_) return {};
  try {
    return stopper_->look();
  } catch (const std::exception& error) {
    const std::string why = words_of(error);
    if (told_.insert(why).second) say_("cannot tell whom to stop early, tried again later: " + why);
    return {};
  }
}

void tell_stopped_early(Session& session, const std::vector<RunStatus>& states,
                        const std::string& undo) {
  const std::size_t runs = stopped_early(states);
  if (runs == 0) return;
  session.say(fmt::format(
      "{} stopped early, as the spec asks (launch: early_stop): no failure, {} cell can be on no "
      "frontier; `{} why RUN` has the evidence",
      counted(runs, "run") + (runs == 1 ? " was" : " were"), runs == 1 ? "its" : "their",
      session.program));
  session.say("to train to the end all the same: " + undo);
}

}  // namespace lockstep
