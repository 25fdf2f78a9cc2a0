// Record <-> JSON <-> line.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "results/record/record_parser.hpp"
#include "results/record/run_directory.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/results/record_samples.hpp"

using namespace lockstep;
using namespace lockstep::test;
using Json = nlohmann::ordered_json;

TEST_CASE("XXH3-64 has its published values") {
  std::string bytes;
  const auto hash_of_first = [&](std::size_t n) {
    bytes.clear();
    for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>(i % 251));
    return xxh3_hex(bytes);
  };
  CHECK(hash_of_first(0) == "2d06800538d394c2");
  CHECK(hash_of_first(1) == "c44bdff4074eecdb");
  CHECK(hash_of_first(17) == "9ef341a99de37328");
  CHECK(hash_of_first(129) == "ec7642b431ba3e5a");
  CHECK(hash_of_first(241) == "02e8cd95421c6d02");
  CHECK(hash_of_first(1025) == "e95c42288f28186e");
}

TEST_CASE("the three golden lines are written and read byte for byte") {
  const std::string made =
      sealed_line(R"({"seq":0,"type":"header","format":1,"run":"r1","attempt":1)") +
      sealed_line(R"({"seq":1,"type":"eval","step":100,"loss":0.25)") +
      sealed_line(R"({"seq":2,"type":"end","reason":"done")");
  check_golden("results/three_lines.jsonl", made);
  const Segment segment = read_segment(made, "golden");
  REQUIRE(segment.state == SegmentState::intact);
  REQUIRE(segment.sealed);
  REQUIRE(segment.records.size() == 3);
  CHECK(std::get<HeaderRecord>(segment.records[0]).run == "r1");
  CHECK(std::get<EvalRecord>(segment.records[1]).loss == 0.25);
}

TEST_CASE("one line of every type is a golden file") {
  check_golden("results/one_of_each.jsonl", lines_of(one_of_each()));
}

TEST_CASE("the worked example of FORMAT.md is a sealed, intact segment") {
  const std::string text = read_file(source_dir() / "results" / "FORMAT.md");
  const std::string fence = "```jsonl\n";
  const std::size_t begin = text.find(fence) + fence.size();
  const std::string example = text.substr(begin, text.find("```", begin) - begin);
  const Segment segment = read_segment(example, "FORMAT.md");
  CHECK(segment.state == SegmentState::intact);
  CHECK(segment.sealed);
  CHECK(segment.unknown_types.empty());
  CHECK(segment.records.size() == 7);
  CHECK(lines_of(segment.records) == example);
}

TEST_CASE("every record comes back equal from both readers") {
  RecordParser fast;
  for (const Record& record : one_of_each()) {
    INFO(type_of(record));
    Json json = to_json(record);
    json["type"] = type_of(record);
    CHECK(record_from_json(json) == record);
    std::string line = record_line(5, record);
    line.pop_back();
    const auto parsed = fast.parse(line, 0);
    REQUIRE(parsed);
    CHECK(parsed->seq == 5);
    CHECK(parsed->record == record);
    CHECK(Json::parse(line).size() == to_json(record).size() + 3);  // seq, type, x
  }
}

TEST_CASE("every end reason has one name, and the name leads back") {
  for (int i = 0; i <= static_cast<int>(EndReason::lost); ++i) {
    const auto reason = static_cast<EndReason>(i);
    CHECK(end_reason_from(name_of(reason)) == reason);
  }
  CHECK(std::string(name_of(EndReason::user_error)) == "user-error");
  CHECK_FALSE(end_reason_from("user_error"));
}

TEST_CASE("numbers that JSON lacks are strings, and all doubles round-trip") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double loss :
       {infinity, -infinity, 0.1, -0.0, 5e-324, 1.7976931348623157e308, 1.0, 1e22}) {
    const Segment segment = read_segment(lines_of({StepRecord{.step = 1, .loss = loss}}), "x");
    REQUIRE(segment.records.size() == 1);
    const double back = std::get<StepRecord>(segment.records[0]).loss;
    CHECK(back == loss);
    CHECK(std::signbit(back) == std::signbit(loss));
  }
  const std::string line = record_line(0, StepRecord{.loss = std::nan("")});
  CHECK(line.find(R"("loss":"NaN")") != std::string::npos);
  CHECK(std::isnan(std::get<StepRecord>(read_segment(line, "x").records.at(0)).loss));
  CHECK(record_line(0, StepRecord{.loss = -infinity}).find(R"("-Infinity")") != std::string::npos);
}

TEST_CASE("integers beyond 2^53 are refused, not rounded by other readers") {
  constexpr std::int64_t limit = std::int64_t{1} << 53;
  CHECK_NOTHROW(record_line(0, StepRecord{.step = limit}));
  CHECK_THROWS_AS(record_line(0, StepRecord{.step = limit + 1}), RecordError);
}

TEST_CASE("broken UTF-8 in a message does not lose the record") {
  const Segment segment = read_segment(record_line(0, WarningRecord{"bad \xff byte"}), "x");
  REQUIRE(segment.records.size() == 1);
  CHECK(std::get<WarningRecord>(segment.records[0]).message == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("members: required ones, types, duplicates, unknown ones") {
  const auto state_of = [](const std::string& open_object) {
    return read_segment(sealed_line(open_object), "x").state;
  };
  CHECK(state_of(R"({"seq":0,"type":"step","step":1,"loss":2)") == SegmentState::intact);
  CHECK(state_of(R"({"seq":0,"type":"step","step":1,"loss":2,"added_later":3)") ==
        SegmentState::intact);
  CHECK(state_of(R"({"seq":0,"type":"step","loss":2,"step":1)") == SegmentState::intact);
  CHECK(state_of(R"({"seq":0,"type":"step","step":1)") == SegmentState::torn_tail);
  CHECK(state_of(R"({"seq":0,"type":"step","step":1.5,"loss":2)") == SegmentState::torn_tail);
  CHECK(state_of(R"({"seq":0,"type":"step","step":1,"loss":"much")") == SegmentState::torn_tail);
  CHECK(state_of(R"({"seq":0,"type":"step","step":1,"loss":2,"loss":3)") ==
        SegmentState::torn_tail);
  CHECK(state_of(R"({"type":"step","seq":0,"step":1,"loss":2)") == SegmentState::torn_tail);
  CHECK(state_of(R"({"seq":0,"type":"end","reason":"bored")") == SegmentState::torn_tail);
}

TEST_CASE("a header of another format is refused by name") {
  const std::string line =
      sealed_line(R"({"seq":0,"type":"header","format":2,"run":"r","attempt":1)");
  CHECK_THROWS_AS(read_segment(line, "x"), FormatError);
  CHECK_THROWS_WITH(read_segment(line, "x"), Catch::Contains("format 2"));
}
