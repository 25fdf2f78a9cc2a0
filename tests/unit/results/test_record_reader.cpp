// The verdict table: what is damage, what is a torn tail, what is kept.
#include <catch2/catch.hpp>

#include "results/record/digest.hpp"
#include "tests/unit/results/record_samples.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
// The work is quadratic in the records: sanitizers see fewer of them, the plain build all.
#ifdef __SANITIZE_ADDRESS__
constexpr int kFewer = 4;
#else
constexpr int kFewer = 1;
#endif

Seal seal_of(const std::string& bytes) {
  Sha256 hash;
  hash.update(bytes);
  return {static_cast<std::int64_t>(bytes.size()), std::count(bytes.begin(), bytes.end(), '\n'),
          hash.hex()};
}

bool is_prefix(const std::vector<Record>& part, const std::vector<Record>& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}
}  // namespace

TEST_CASE("at every truncation length the complete lines are read, and nothing else") {
  for (const bool sealed : {false, true}) {
    const auto records = plausible_run((sealed ? 60 : 200) / kFewer, sealed);
    const std::string bytes = lines_of(records);
    std::size_t newlines = 0;
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
      if (length > 0 && bytes[length - 1] == '\n') ++newlines;
      const Segment segment = read_segment(std::string_view(bytes).substr(0, length), "x");
      const bool whole_lines = length == 0 || bytes[length - 1] == '\n';
      const bool good =
          segment.records.size() == newlines && is_prefix(segment.records, records) &&
          (segment.state == SegmentState::intact) == whole_lines &&
          segment.state != SegmentState::corrupt &&
          segment.good_bytes + segment.discarded_bytes == static_cast<std::int64_t>(length);
      if (!good) FAIL("length " << length);
    }
    CHECK(newlines == records.size());
  }
}

TEST_CASE("every single-bit flip is detected and costs one record, or two at an inner newline") {
  // All bits of a short file; of a long one, one bit of each byte, another in every turn of eight.
  const bool all_bits = GENERATE(true, false);
  const auto records = plausible_run((all_bits ? 50 : 200) / kFewer, false);
  std::string bytes = lines_of(records);
  std::size_t flips = 0, cost_one = 0, cost_two = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int only = static_cast<int>(i % 8);
    for (int bit = all_bits ? 0 : only; bit < (all_bits ? 8 : only + 1); ++bit, ++flips) {
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      const Segment segment = read_segment(bytes, "x");
      bytes[i] = static_cast<char>(bytes[i] ^ (1 << bit));
      if (segment.state == SegmentState::intact || segment.damage_offset < 0)
        FAIL("unseen flip at " << i);
      if (!is_prefix(segment.records, records)) FAIL("wrong record accepted at " << i);
      for (std::size_t k = 0; k < segment.salvaged.size(); ++k) {
        if (!(segment.salvaged[k] == records[static_cast<std::size_t>(segment.salvaged_seqs[k])]))
          FAIL("salvage " << i);
      }
      const std::size_t lost = records.size() - segment.records.size() - segment.salvaged.size();
      cost_one += lost == 1;
      cost_two += lost == 2;
    }
  }
  const std::size_t bits = all_bits ? 8 : 1;
  CHECK(flips == bytes.size() * bits);
  CHECK(cost_two == (records.size() - 1) * bits);
  CHECK(cost_one == flips - cost_two);
}

TEST_CASE("any flip or cut of a segment sealed by RESULT is corruption") {
  const std::string bytes = lines_of(plausible_run(6, true));
  const Seal seal = seal_of(bytes);
  REQUIRE(read_segment(bytes, "x", &seal).state == SegmentState::intact);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK(read_segment(std::string_view(bytes).substr(0, i), "x", &seal).state ==
          SegmentState::corrupt);
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    const Segment segment = read_segment(flipped, "x", &seal);
    CHECK(segment.state == SegmentState::corrupt);
    CHECK(segment.damage_offset >= 0);
  }
  const std::string longer = bytes + "x";
  CHECK(read_segment(longer, "x", &seal).state == SegmentState::corrupt);
}

TEST_CASE("a valid line spliced from elsewhere is caught by the hash in RESULT") {
  auto records = plausible_run(6, true);
  const Seal seal = seal_of(lines_of(records));
  std::get<StepRecord>(records[1]).loss = 2;  // was 1: as many bytes
  const std::string spliced = lines_of(records);
  REQUIRE(static_cast<std::int64_t>(spliced.size()) == seal.bytes);
  REQUIRE(read_segment(spliced, "x").state == SegmentState::intact);
  const Segment segment = read_segment(spliced, "x", &seal);
  CHECK(segment.state == SegmentState::corrupt);
}

TEST_CASE("bad lines: in the middle, after the end, out of order, too long") {
  const auto records = plausible_run(4, false);
  const std::string good = lines_of(records);
  const std::string first = good.substr(0, good.find('\n') + 1);
  SECTION("middle") {
    const Segment segment =
        read_segment(first + "rubbish\n" + good.substr(first.size()), "run/events.jsonl");
    CHECK(segment.state == SegmentState::corrupt);
    CHECK(segment.records.size() == 1);
    CHECK(segment.salvaged.size() == 3);
    CHECK_THAT(segment.message,
               Catch::StartsWith("run/events.jsonl:" + std::to_string(first.size()) + ":"));
  }
  SECTION("nothing valid after it: a torn tail, however long") {
    const Segment segment = read_segment(good + std::string(5000, '\0') + "\n\n", "x");
    CHECK(segment.state == SegmentState::torn_tail);
    CHECK(segment.records.size() == 4);
    CHECK(segment.discarded_bytes == 5002);
    CHECK_THAT(segment.message, Catch::Contains("5002 bytes discarded"));
  }
  SECTION("sealed by end: what follows is damage") {
    const std::string sealed = lines_of(plausible_run(4, true));
    CHECK(read_segment(sealed + "x", "x").state == SegmentState::corrupt);
    CHECK(read_segment(sealed + record_line(4, WarningRecord{"late"}), "x").state ==
          SegmentState::corrupt);
  }
  SECTION("seq must be the next") {
    CHECK(read_segment(first + first, "x").state == SegmentState::corrupt);
    CHECK(read_segment(record_line(1, WarningRecord{"a"}), "x").records.empty());
  }
  SECTION("upper-case digits of the checksum are a bad line") {
    std::string shouted = first;
    for (std::size_t i = shouted.size() - 20; i < shouted.size(); ++i) {
      shouted[i] = static_cast<char>(std::toupper(shouted[i]));
    }
    REQUIRE(shouted != first);
    CHECK(read_segment(shouted, "x").records.empty());
  }
  SECTION("a line above 1 MiB is neither written nor read") {
    const std::string text((std::size_t{1} << 20), 'a');
    CHECK_THROWS_AS(record_line(0, WarningRecord{text}), RecordError);
    CHECK(read_segment(sealed_line(R"({"seq":0,"type":"warning","message":")" + text + '"'), "x")
              .records.empty());
  }
}

TEST_CASE("nothing, or only a torn header, wrote nothing and is no corruption") {
  CHECK(read_segment("", "x").state == SegmentState::intact);
  CHECK(read_segment_file("/nonexistent/events.jsonl").records.empty());
  const std::string header = lines_of({HeaderRecord{.run = "r"}});
  const Segment torn = read_segment(header.substr(0, 20), "x");
  CHECK(torn.state == SegmentState::torn_tail);
  CHECK(torn.records.empty());
}

TEST_CASE("records of unknown types are counted and named, not lost in silence") {
  const std::string bytes =
      sealed_line(R"({"seq":0,"type":"weather","rain":true)") + record_line(1, WarningRecord{"a"});
  const Segment segment = read_segment(bytes, "x");
  CHECK(segment.state == SegmentState::intact);
  CHECK(segment.unknown_types == std::vector<std::string>{"weather"});
  CHECK(segment.seqs == std::vector<std::int64_t>{1});
  CHECK(segment.good_lines == 2);
  CHECK_THAT(segment.message, Catch::Contains("weather"));
}
