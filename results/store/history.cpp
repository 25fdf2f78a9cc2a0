#include "results/store/history.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep {

namespace {
/// Productive seconds up to and including `last_seq`: what the last evaluation says, and the rounds
/// since.
double train_s_until(const Segment& segment, std::int64_t last_seq) {
  double seconds = 0;
  for (std::size_t i = 0; i < segment.records.size() && segment.seqs[i] <= last_seq; ++i) {
    if (const auto* eval = std::get_if<EvalRecord>(&segment.records[i])) {
      seconds = eval->train_s;
    } else if (const auto* sync = std::get_if<SyncRecord>(&segment.records[i])) {
      seconds += sync->data_s + sync->compute_s + sync->wait_s + sync->transfer_s;
    }
  }
  return seconds;
}

const EndRecord* end_of(const Segment& segment) {
  return segment.records.empty() ? nullptr : std::get_if<EndRecord>(&segment.records.back());
}

bool trains_after(const Segment& segment, std::int64_t last_seq) {
  for (std::size_t i = segment.records.size(); i-- > 0 && segment.seqs[i] > last_seq;) {
    const Record& record = segment.records[i];
    if (std::holds_alternative<StepRecord>(record) || std::holds_alternative<SyncRecord>(record) ||
        std::holds_alternative<EvalRecord>(record)) {
      return true;
    }
  }
  return false;
}

/// Productive seconds of an ancestor that its descendant builds on: as its checkpoint recorded,
/// else as near as the other records come.
double covered_s(const Segment& segment, const ResumedFrom& from) {
  for (const Record& record : segment.records) {
    const auto* checkpoint = std::get_if<CheckpointRecord>(&record);
    if (checkpoint && checkpoint->name == from.checkpoint && checkpoint->train_s > 0)
      return checkpoint->train_s;
  }
  const EndRecord* end = end_of(segment);
  if (end && !trains_after(segment, from.seq)) return end->train_s;
  return train_s_until(segment, from.seq);
}

double all_train_s(const Segment& segment) {
  const EndRecord* end = end_of(segment);
  return end ? end->train_s : train_s_until(segment, segment.last_seq());
}

std::int64_t last_step(const Segment& segment) {
  std::int64_t step = 0;
  for (const Record& record : segment.records) {
    if (const auto* one = std::get_if<StepRecord>(&record)) step = std::max(step, one->step);
    if (const auto* sync = std::get_if<SyncRecord>(&record)) step = std::max(step, sync->last);
    if (const auto* eval = std::get_if<EvalRecord>(&record)) step = std::max(step, eval->step);
  }
  return step;
}

EndRecord estimate(const Segment& segment) {
  EndRecord sums;
  sums.step = last_step(segment);
  sums.train_s = all_train_s(segment);
  for (const Record& record : segment.records) {
    if (const auto* eval = std::get_if<EvalRecord>(&record)) sums.eval_s += eval->eval_s;
    if (const auto* checkpoint = std::get_if<CheckpointRecord>(&record))
      sums.checkpoint_s += checkpoint->seconds;
  }
  sums.wall_s = sums.train_s + sums.eval_s + sums.checkpoint_s;
  return sums;
}

/// Walks from the newest counted attempt to the first.
class Chain {
 public:
  explicit Chain(const std::vector<AttemptFiles>& attempts) : attempts_(attempts) {}

  RunHistory from(int newest) {
    const AttemptFiles* current = find(newest);
    take(*current, current->segment.last_seq());
    double spent = all_train_s(current->segment);
    used_.back() = spent;
    while (const ResumedFrom* from = origin(*current)) {
      const AttemptFiles* ancestor =
          from->attempt < current->attempt ? find(from->attempt) : nullptr;
      if (!ancestor || !header_of(ancestor->segment)) {
        gap(fmt::format("attempt {} continues attempt {}, whose records are missing",
                        current->attempt, from->attempt));
        break;
      }
      if (from->seq > ancestor->segment.last_seq()) {
        gap(fmt::format("attempt {} ends at record {}, but {} covers it up to {}",
                        ancestor->attempt, ancestor->segment.last_seq(), from->checkpoint,
                        from->seq));
      }
      take(*ancestor, std::min(from->seq, ancestor->segment.last_seq()));
      used_.back() = std::min(covered_s(ancestor->segment, *from), all_train_s(ancestor->segment));
      current = ancestor;
    }
    return finish();
  }

 private:
  const AttemptFiles* find(int number) const {
    for (const AttemptFiles& attempt : attempts_) {
      if (attempt.attempt == number) return &attempt;
    }
    return nullptr;
  }

  static const ResumedFrom* origin(const AttemptFiles& attempt) {
    const HeaderRecord* header = header_of(attempt.segment);
    return header && header->resumed_from ? &*header->resumed_from : nullptr;
  }

  void take(const AttemptFiles& attempt, std::int64_t last_seq) {
    history_.parts.push_back({attempt.attempt, last_seq, 0});
    used_.push_back(0);
  }

  void gap(std::string message) { history_.gaps.push_back(std::move(message)); }

  RunHistory finish() {
    std::reverse(history_.parts.begin(), history_.parts.end());
    std::reverse(used_.begin(), used_.end());
    double before = 0, all = 0;
    for (std::size_t i = 0; i < used_.size(); ++i) {
      history_.parts[i].before_s = before;
      before += used_[i];
    }
    for (const AttemptFiles& attempt : attempts_) all += all_train_s(attempt.segment);
    history_.replayed_s = std::max(0.0, all - before);
    return std::move(history_);
  }

  const std::vector<AttemptFiles>& attempts_;
  std::vector<double> used_;  // productive seconds of each part, newest first
  RunHistory history_;
};
}  // namespace

const HeaderRecord* header_of(const Segment& segment) {
  return segment.records.empty() ? nullptr : std::get_if<HeaderRecord>(&segment.records.front());
}

AttemptTimes times_of(const AttemptFiles& attempt) {
  AttemptTimes times;
  if (const EndRecord* end = end_of(attempt.segment)) {
    times.end = *end;
    times.ended = true;
  } else {
    times.end = estimate(attempt.segment);
    times.estimated = true;
  }
  if (attempt.result) {
    times.ended = true;
    times.end.reason = attempt.result->reason;
    times.end.detail = attempt.result->detail;
  }
  return times;
}

RunHistory history_of(const std::vector<AttemptFiles>& attempts, std::optional<int> done_attempt) {
  int newest = 0;
  for (const AttemptFiles& attempt : attempts) {
    if (!header_of(attempt.segment)) continue;
    if (!done_attempt || attempt.attempt == *done_attempt) newest = attempt.attempt;
  }
  return newest == 0 ? RunHistory{} : Chain(attempts).from(newest);
}

}  // namespace lockstep
