// Record files. A mutation almost never keeps a checksum, so each input is read twice: as it is,
// and as bodies of lines that get a right checksum.
#include <string>

#include "results/record/record_file.hpp"
#include "results/record/salvage.hpp"
#include "results/record/sync_log.hpp"
#include "tests/fuzz/target.hpp"

using namespace lockstep;
using fuzz::require;

namespace {
std::string sealed_lines(std::string_view text) {
  std::string sealed;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (const auto body = checked_body(line)) line = *body;
    sealed += sealed_line(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return sealed;
}

void check_segment(const Segment& segment, std::size_t size) {
  require(segment.records.size() == segment.seqs.size(), "every record has its number");
  require(segment.records.size() + segment.unknown_types.size() ==
                  static_cast<std::size_t>(segment.good_lines) ||
              segment.state != SegmentState::intact,
          "good lines are known or unknown");
  require(segment.good_bytes >= 0 && static_cast<std::size_t>(segment.good_bytes) <= size,
          "good bytes are some of the file's");
  require((segment.damage_offset < 0) == (segment.state == SegmentState::intact),
          "damage has a place");
  require(segment.salvaged.size() == segment.salvaged_seqs.size(), "so have salvaged records");
}

/// What is left of damage is in the order of its numbers, and the gaps are in the file.
void check_salvage(const Segment& segment, std::string_view bytes, const Seal* seal) {
  const auto left = salvage(segment, bytes, "fuzz", seal);
  if (!left) return;
  require(left->state == SegmentState::salvaged && !left->gaps.empty(), "a gap is named");
  require(
      left->records.size() == left->seqs.size() && left->records.size() >= segment.records.size(),
      "salvage takes nothing away");
  for (std::size_t i = 1; i < left->seqs.size(); ++i)
    require(left->seqs[i - 1] < left->seqs[i], "numbers rise");
  require(left->seqs.empty() || left->seqs.back() <= left->last_seq(), "all are counted");
  std::int64_t at = 0;
  for (const Gap& gap : left->gaps) {
    require(gap.offset >= at && gap.bytes >= 0 && gap.missing >= 0, "gaps do not overlap");
    at = gap.offset + gap.bytes;
  }
  require(at <= static_cast<std::int64_t>(bytes.size()), "gaps lie in the file");
}

/// What was read can be written, and reads back as the same bytes.
void check_round_trip(const Segment& segment) {
  for (std::size_t i = 0; i < segment.records.size(); ++i) {
    if (const auto* sync = std::get_if<SyncRecord>(&segment.records[i])) {
      try {
        expand(*sync);
      } catch (const RecordError&) {  // syncs that cannot have been
      }
    }
    std::string line;
    try {
      line = record_line(0, segment.records[i]);
    } catch (const RecordError&) {
      continue;  // a little longer than the limit where the input had numbers in other words
    }
    const Segment again = read_segment(line, "again");
    require(again.state == SegmentState::intact && again.records.size() == 1 &&
                record_line(0, again.records.front()) == line,
            "a record reads back");
  }
}

void look_at(std::string_view bytes) {
  try {
    const Segment segment = read_segment(bytes, "events.jsonl");
    check_segment(segment, bytes.size());
    check_round_trip(segment);
    const Seal seal{static_cast<std::int64_t>(bytes.size()), segment.good_lines,
                    std::string(64, '0')};
    const Segment sealed = read_segment(bytes, "sealed", &seal);
    require(sealed.state == SegmentState::corrupt, "another hash is damage");
    check_salvage(segment, bytes, nullptr);
    check_salvage(sealed, bytes, &seal);
  } catch (const FormatError&) {  // of another version: refused as a whole
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  look_at(text);
  look_at(sealed_lines(text));
  return 0;
}
