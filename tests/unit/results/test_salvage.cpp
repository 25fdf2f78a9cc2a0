// What is left of a damaged segment: everything but what was hit, with the gap named, and nothing
// that was not written there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "results/record/attempt_files.hpp"
#include "results/record/digest.hpp"
#include "results/record/salvage.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/results/record_samples.hpp"
#include "tests/unit/results/workspace_builder.hpp"

namespace lockstep::test {

namespace {
using Catch::Contains;

Seal seal_of_bytes(const std::string& bytes) {
  Sha256 hash;
  hash.update(bytes);
  return {static_cast<std::int64_t>(bytes.size()), std::count(bytes.begin(), bytes.end(), '\n'),
          hash.hex()};
}

std::optional<Segment> left_of(const std::string& bytes, const Seal* seal = nullptr) {
  return salvage(read_segment(bytes, "events.jsonl", seal), bytes, "events.jsonl", seal);
}

std::vector<std::string> lines_apart(const std::string& bytes) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = bytes.find('\n', at) + 1;
    lines.push_back(bytes.substr(at, end - at));
    at = end;
  }
  return lines;
}

std::string together(const std::vector<std::string>& lines) {
  std::string bytes;
  for (const std::string& line : lines) bytes += line;
  return bytes;
}

/// Every record is the one of its number, and those of no number are counted as missing.
bool fits(const Segment& segment, const std::vector<Record>& records) {
  for (std::size_t i = 0; i < segment.records.size(); ++i) {
    const auto seq = static_cast<std::size_t>(segment.seqs[i]);
    if (seq >= records.size() || !(segment.records[i] == records[seq])) return false;
  }
  return std::is_sorted(segment.seqs.begin(), segment.seqs.end());
}
}  // namespace

TEST_CASE("salvage: any flip in a sealed segment costs one record, or two at a newline") {
  const auto records = plausible_run(30, true);
  const std::string bytes = lines_of(records);
  const Seal seal = seal_of_bytes(bytes);
  const std::size_t header = bytes.find('\n') + 1;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    const auto left = left_of(flipped, &seal);
    INFO("byte " << i);
    if (i < header) {
      REQUIRE_FALSE(left);  // nobody says whose records these are
      continue;
    }
    REQUIRE(left);
    REQUIRE(fits(*left, records));
    const auto lost = static_cast<std::int64_t>(records.size() - left->records.size());
    REQUIRE(left->missing() == lost);
    REQUIRE((lost == 1 || (lost == 2 && bytes[i] == '\n')));
    REQUIRE(left->gaps.size() == 1);
    const Gap& gap = left->gaps.front();
    REQUIRE((gap.offset <= static_cast<std::int64_t>(i) &&
             static_cast<std::int64_t>(i) < gap.offset + gap.bytes));
    REQUIRE(left->last_seq() == seal.records - 1);
    REQUIRE(left->state == SegmentState::salvaged);
  }
}

TEST_CASE("salvage: a cut of a sealed segment counts the tail as missing") {
  const auto records = plausible_run(12, true);
  const std::string bytes = lines_of(records);
  const Seal seal = seal_of_bytes(bytes);
  for (std::size_t length = bytes.find('\n') + 1; length < bytes.size(); ++length) {
    const auto left = left_of(bytes.substr(0, length), &seal);
    REQUIRE(left);
    REQUIRE(fits(*left, records));
    REQUIRE(left->missing() == seal.records - static_cast<std::int64_t>(left->records.size()));
  }
}

TEST_CASE("salvage: spliced lines, both directions") {
  const auto records = plausible_run(12, true);
  const auto lines = lines_apart(lines_of(records));
  const Seal seal = seal_of_bytes(lines_of(records));
  const auto spliced = [&](std::size_t place, const std::string& line, bool in_place) {
    auto changed = lines;
    if (in_place) {
      changed[place] = line;
    } else {
      changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(place), line);
    }
    return together(changed);
  };
  SECTION("an earlier or later line of the same segment, once more: nothing is missing") {
    for (const std::size_t from : {2u, 9u}) {
      const auto left = left_of(spliced(6, lines[from], false), &seal);
      REQUIRE(left);
      CHECK(left->records == records);
      CHECK(left->missing() == 0);
      CHECK(left->gaps.size() == 1);
      CHECK_THAT(left->message, Contains("no record is missing"));
    }
  }
  SECTION("in the place of another: that one is missing") {
    for (const std::size_t from : {2u, 9u}) {
      const auto left = left_of(spliced(6, lines[from], true), &seal);
      REQUIRE(left);
      CHECK(fits(*left, records));
      CHECK(left->missing() == 1);
      CHECK(left->gaps.front().first_seq == 6);
    }
  }
  SECTION("of a longer segment, far ahead: it hides none of those that follow it") {
    const std::string ahead = record_line(99'999, WarningRecord{"from elsewhere"});
    const auto left = left_of(spliced(4, ahead, false), &seal);
    REQUIRE(left);
    CHECK(left->records == records);
    const auto open = left_of(spliced(4, ahead, false).substr(0, 1500));
    REQUIRE(open);
    CHECK(fits(*open, records));
  }
  SECTION("one that fits its place is seen by the hash alone: no line is known to be wrong") {
    auto other = records;
    std::get<StepRecord>(other[1]).loss = 2;
    CHECK_FALSE(left_of(lines_of(other), &seal));
  }
  SECTION("one that fits its place beside damage with nothing missing: the hash does not fit") {
    auto changed = lines;
    changed[6] = record_line(6, WarningRecord{"from elsewhere"});
    changed.insert(changed.begin() + 3, "rubbish\n");
    CHECK_FALSE(left_of(together(changed), &seal));
  }
}

TEST_CASE("salvage: after an end record nothing counts, and whole segments are left alone") {
  const auto records = plausible_run(5, true);
  const std::string bytes = lines_of(records);
  CHECK_FALSE(left_of(bytes));
  CHECK_FALSE(left_of(bytes.substr(0, bytes.size() - 3)));  // a torn tail is no damage
  const auto left = left_of(bytes + record_line(5, WarningRecord{"late"}));
  REQUIRE(left);
  CHECK(left->records == records);
  CHECK(left->sealed);
}

TEST_CASE("salvage: whatever is done to lines, no record is accepted that was not written") {
  const auto records = plausible_run(40, true);
  const auto lines = lines_apart(lines_of(records));
  const Seal seal = seal_of_bytes(lines_of(records));
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    auto changed = lines;
    for (auto times = 1 + random() % 4; times > 0; --times) {
      const auto at = 1 + static_cast<std::ptrdiff_t>(random() % (changed.size() - 1));
      switch (random() % 4) {
        case 0:
          changed.erase(changed.begin() + at);
          break;
        case 1:
          changed.insert(changed.begin() + at, changed[random() % changed.size()]);
          break;
        case 2:
          std::swap(changed[static_cast<std::size_t>(at)],
                    changed[1 + random() % (changed.size() - 1)]);
          break;
        default: {
          std::string& line = changed[static_cast<std::size_t>(at)];
          line[random() % line.size()] ^= 4;
        }
      }
    }
    const std::string bytes = together(changed);
    const auto left = left_of(bytes, &seal);
    if (!left) continue;
    REQUIRE(fits(*left, records));
    REQUIRE(left->missing() + static_cast<std::int64_t>(left->records.size()) == seal.records);
    std::int64_t end = 0;
    for (const Gap& gap : left->gaps) {
      REQUIRE(gap.offset >= end);
      end = gap.offset + gap.bytes;
    }
    REQUIRE(end <= static_cast<std::int64_t>(bytes.size()));
  }
}

TEST_CASE("salvage is agreed to for these bytes only, and void when the file is whole again") {
  WorkspaceBuilder world;
  world.plan("s", "a", {config_of(1)});
  const RunDirectory run = world.finished(config_of(1));
  const std::string whole = read_file(run.events(1));
  const std::string live = (world.import(), world.open().dump());
  std::string hurt = whole;
  hurt[whole.size() / 2] ^= 1;

  write_raw(run.events(1), hurt);
  CHECK(world.import().corruption.size() == 1);
  CHECK(read_attempt(run, 1).state == SegmentState::corrupt);
  REQUIRE(agree_to_salvage(run, 1));
  const ImportSummary used = world.import();
  CHECK(used.corruption.empty());
  REQUIRE(used.salvaged.size() == 1);
  CHECK_THAT(used.salvaged.front(), Contains("events.jsonl:") && Contains("1 record is missing"));
  CHECK(world.open().check().empty());
  const StudyData study = world.open().study("s");
  CHECK_FALSE(study.runs.front().done);
  CHECK(study.runs.front().end_reason == "salvaged");
  REQUIRE(study.problems.size() == 1);
  CHECK(study.problems == used.salvaged);
  CHECK_THAT(study.runs.front().warnings.back(), Contains("1 of its records"));
  const std::string salvaged = world.open().dump();
  rebuild(world.workspace(), world.tables());
  CHECK(world.open().dump() == salvaged);

  hurt[whole.size() / 3] ^= 1;  // more damage: nobody has agreed to this
  write_raw(run.events(1), hurt);
  CHECK(world.import().corruption.size() == 1);
  CHECK(world.import().salvaged.empty());

  write_raw(run.events(1), whole);
  CHECK(world.import().salvaged.empty());
  CHECK(world.import().corruption.empty());
  CHECK(world.open().dump() == live);
  CHECK_FALSE(agree_to_salvage(run, 1));
}

}  // namespace lockstep::test
