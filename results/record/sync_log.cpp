#include "results/record/sync_log.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "results/record/record_error.hpp"

namespace lockstep {

namespace {
constexpr double SyncRecord::*kSeconds[] = {&SyncRecord::data_s,     &SyncRecord::compute_s,
                                            &SyncRecord::backward_s, &SyncRecord::wait_s,
                                            &SyncRecord::transfer_s, &SyncRecord::hidden_s};
/// More than any writer packs into one record: what a few bytes may ask a reader to hold.
constexpr std::int64_t kMostSyncs = 1'000'000;

/// first, first + period, ..., last; whatever the numbers are, nothing overflows.
bool is_pattern(const SyncRecord& record) {
  std::int64_t span = 0, wanted = 0;
  return record.count >= 1 && record.count <= kMostSyncs &&
         (record.count == 1 || record.period >= 1) &&
         !__builtin_sub_overflow(record.last, record.first, &span) &&
         !__builtin_mul_overflow(record.count - 1, record.period, &wanted) && span == wanted;
}
}  // namespace

SyncLog::SyncLog(std::int64_t syncs_per_record) : syncs_per_record_(syncs_per_record) {
  if (syncs_per_record < 1) throw std::invalid_argument("syncs_per_record must be at least 1");
}

bool SyncLog::fits(const SyncRecord& sync) const {
  const std::int64_t gap = sync.first - open_->last;
  return gap > 0 && (open_->count == 1 || gap == open_->period) && sync.kind == open_->kind &&
         sync.payload_bytes == open_->payload_bytes &&
         sync.bytes_per_worker == open_->bytes_per_worker && sync.delay == open_->delay;
}

std::optional<SyncRecord> SyncLog::add(const SyncRecord& sync) {
  if (sync.count != 1 || sync.first != sync.last)
    throw std::invalid_argument("SyncLog::add takes single syncs");
  std::optional<SyncRecord> broken;
  if (open_ && fits(sync)) {
    open_->period = sync.first - open_->last;
    open_->last = sync.last;
    open_->count += 1;
    open_->wire_bytes += sync.wire_bytes;
    for (const auto member : kSeconds) (*open_).*member += sync.*member;
  } else {
    broken = std::exchange(open_, sync);
  }
  // A broken record leaves one sync open, so with k = 1 nothing was open before it: never two at
  // once.
  if (open_->count >= syncs_per_record_) return flush();
  return broken;
}

std::optional<SyncRecord> SyncLog::flush() { return std::exchange(open_, std::nullopt); }

std::vector<SyncRecord> expand(const SyncRecord& record) {
  if (!is_pattern(record)) {
    throw RecordError(fmt::format("sync record {}..{} cannot hold {} syncs {} steps apart",
                                  record.first, record.last, record.count, record.period));
  }
  std::vector<SyncRecord> singles;
  singles.reserve(static_cast<std::size_t>(record.count));
  for (std::int64_t i = 0; i < record.count; ++i) {
    SyncRecord one = record;
    one.first = one.last = record.first + i * record.period;
    one.count = 1;
    one.wire_bytes =
        record.wire_bytes / record.count + (i < record.wire_bytes % record.count ? 1 : 0);
    for (const auto member : kSeconds) one.*member /= static_cast<double>(record.count);
    singles.push_back(std::move(one));
  }
  return singles;
}

}  // namespace lockstep
