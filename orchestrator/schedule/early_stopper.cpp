#include "orchestrator/schedule/early_stopper.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace lockstep {

namespace {
/// A look that took t seconds is followed by this many t without one.
constexpr double kRestPerLook = 49;
/// An index that somebody else holds is free again by then.
constexpr double kAfterFailureS = 60;
/// As record_line() begins an evaluation, behind its number.
constexpr std::string_view kEvaluation = R"("type":"eval")";

/// It is at work, or would be without anybody's doing.
bool in_play(RunState state) {
  return wants_to_run(state) || state == RunState::queued || state == RunState::running;
}
}  // namespace

bool EvaluationWatch::news_of(const RunDirectory& run) {
  const auto attempts = run.claimed_attempts();
  if (attempts.empty()) return false;
  Tail& tail = tails_[run.id()];
  if (tail.attempt != attempts.back()) tail = {.attempt = attempts.back()};
  const auto path = run.events(tail.attempt);
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  if (none || size <= tail.read) return false;
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(tail.read));
  std::string fresh(size - tail.read, '\0');
  file.read(fresh.data(), static_cast<std::streamsize>(fresh.size()));
  fresh.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  const auto end = fresh.rfind('\n');
  if (end == std::string::npos) return false;  // a line that is being written
  tail.read += end + 1;
  return std::string_view(fresh).substr(0, end).find(kEvaluation) != std::string_view::npos;
}

EarlyStopper::EarlyStopper(const Tables& tables, const Workspace& workspace,
                           Submissions& submissions, Timer& timer, double confidence,
                           ReadStudy read_study)
    : tables_(tables),
      workspace_(workspace),
      submissions_(submissions),
      timer_(timer),
      confidence_(confidence),
      read_study_(std::move(read_study)) {}

void EarlyStopper::changed(const std::string& run, RunState state) {
  states_[run] = state;
  news_ = news_ || state == RunState::done;
}

std::vector<std::string> EarlyStopper::look() {
  const double begin_s = timer_.now_s();
  if (begin_s < next_look_s_ || !has_news()) return {};
  next_look_s_ = begin_s + kAfterFailureS;  // unless it succeeds
  auto stopped = stop_dominated();
  news_ = false;
  const double end_s = timer_.now_s();
  next_look_s_ = end_s + kRestPerLook * (end_s - begin_s);
  return stopped;
}

bool EarlyStopper::has_news() {
  for (const auto& [run, state] : states_) {
    if (state == RunState::running) news_ = watch_.news_of(workspace_.run(run)) || news_;
  }
  return news_;
}

std::vector<std::string> EarlyStopper::stop_dominated() {
  std::vector<std::string> stopped;
  for (EarlyStop& stop : dominated_cells(tables_, read_study_(), confidence_, bounds_)) {
    if (submissions_.runs_to_its_end(stop.cell)) continue;
    std::erase_if(stop.runs, [&](const std::string& run) {
      const auto known = states_.find(run);
      return known == states_.end() || !in_play(known->second);
    });
    if (stop.runs.empty()) continue;
    submissions_.stop_early(stop);
    stopped.insert(stopped.end(), stop.runs.begin(), stop.runs.end());
  }
  return stopped;
}

}  // namespace lockstep
