#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>

#include "results/record/record_error.hpp"
#include "results/record/sync_log.hpp"

using namespace lockstep;

namespace {
// Read by RapidCheck at its first check: every run of the tests tries the same cases.
const int seeded = ::setenv("RC_PARAMS", "seed=20240501", 0);

SyncRecord single(std::int64_t step, std::string kind = "parameter", std::int64_t payload = 400) {
  SyncRecord sync;
  sync.first = sync.last = step;
  sync.kind = std::move(kind);
  sync.payload_bytes = payload;
  sync.wire_bytes = 10 + step % 3;
  sync.compute_s = 0.25;
  return sync;
}

std::vector<SyncRecord> compact(std::int64_t k, const std::vector<SyncRecord>& singles) {
  SyncLog log(k);
  std::vector<SyncRecord> records;
  for (const SyncRecord& sync : singles) {
    if (auto record = log.add(sync)) records.push_back(*record);
  }
  if (auto record = log.flush()) records.push_back(*record);
  return records;
}

std::vector<SyncRecord> expand_all(const std::vector<SyncRecord>& records) {
  std::vector<SyncRecord> singles;
  for (const SyncRecord& record : records) {
    const auto part = expand(record);
    singles.insert(singles.end(), part.begin(), part.end());
  }
  return singles;
}
}  // namespace

TEST_CASE("k syncs of one pattern become one record") {
  std::vector<SyncRecord> singles;
  for (std::int64_t step = 4; step <= 40; step += 4) singles.push_back(single(step));
  const auto records = compact(4, singles);
  REQUIRE(records.size() == 3);
  CHECK(records[0].first == 4);
  CHECK(records[0].last == 16);
  CHECK(records[0].period == 4);
  CHECK(records[0].count == 4);
  CHECK(records[0].compute_s == 1.0);
  CHECK(records[2].count == 2);
}

TEST_CASE("a change of kind, payload or period starts a new record") {
  CHECK(compact(100, {single(1, "gradient"), single(2, "gradient"), single(3)}).size() == 2);
  CHECK(compact(100, {single(1), single(2, "parameter", 8), single(3, "parameter", 8)}).size() ==
        2);
  CHECK(compact(100, {single(1), single(2), single(3), single(7), single(11)}).size() == 2);
}

TEST_CASE("expanding is the inverse of compacting") {
  CHECK(rc::check("steps, kinds, payloads and whole bytes come back; seconds as sums", [] {
    std::vector<SyncRecord> singles;
    std::int64_t step = 0;
    const auto gaps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 4));
    for (const int gap : gaps) {
      step += gap;
      singles.push_back(single(step, *rc::gen::element<std::string>("gradient", "parameter"),
                               *rc::gen::inRange(1, 3)));
    }
    const auto k = *rc::gen::inRange<std::int64_t>(1, 6);
    const auto records = compact(k, singles);
    const auto back = expand_all(records);
    RC_ASSERT(back.size() == singles.size());
    std::int64_t wire = 0, wire_back = 0;
    double compute = 0, compute_back = 0;
    for (std::size_t i = 0; i < back.size(); ++i) {
      RC_ASSERT(back[i].first == singles[i].first);
      RC_ASSERT(back[i].last == singles[i].first);
      RC_ASSERT(back[i].count == 1);
      RC_ASSERT(back[i].kind == singles[i].kind);
      RC_ASSERT(back[i].payload_bytes == singles[i].payload_bytes);
      wire += singles[i].wire_bytes;
      wire_back += back[i].wire_bytes;
      compute += singles[i].compute_s;
      compute_back += back[i].compute_s;
    }
    RC_ASSERT(wire == wire_back);
    RC_ASSERT(compute == compute_back);  // quarters add exactly
    for (const SyncRecord& record : records) RC_ASSERT(record.count <= k);
    // Compacting what was expanded gives the same records again, bytes included.
    RC_ASSERT(compact(k, back) == records);
  }));
}

TEST_CASE("a record whose numbers contradict each other is refused") {
  CHECK_THROWS_AS(expand(SyncRecord{.first = 1, .last = 9, .period = 4, .count = 2}), RecordError);
  CHECK_THROWS_AS(expand(SyncRecord{.first = 1, .last = 1, .count = 0}), RecordError);
  // A few bytes that would ask for all memory, or leave the numbers that there are.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  CHECK_THROWS_AS(expand(SyncRecord{.first = 1, .last = 1, .period = 0, .count = kMost}),
                  RecordError);
  CHECK_THROWS_AS(expand(SyncRecord{.first = 1, .last = kMost, .count = kMost}), RecordError);
  CHECK_THROWS_AS(
      expand(SyncRecord{.first = -kMost, .last = kMost, .period = kMost, .count = kMost}),
      RecordError);
  CHECK_THROWS_AS(SyncLog(0), std::invalid_argument);
}
