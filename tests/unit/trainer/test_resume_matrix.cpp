// The resume matrix: every algorithm of the table x H x workers x models with and without
// BatchNorm, interrupted in mid-round, at the end of an epoch, at a sync and again in mid-round.
// What comes out is bit for bit what an uninterrupted run gives. A new row of the table joins by
// itself.
#include <ATen/ATen.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/training.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

constexpr Int kSteps = 70;  // one whole round of H = 64, and some of the next
/// 22 steps an epoch. Of H = 64 these are: in mid-round, the end of an epoch, a sync, mid-round.
const std::vector<Int> kStops{37, 44, 64, 67};

bool uses(const AlgorithmRow& row, const std::string& parameter) {
  return std::find(row.uses.begin(), row.uses.end(), parameter) != row.uses.end();
}

/// The values that make `row` carry most state at this H; what is not named keeps its default.
Given values_for(const AlgorithmRow& row, Int h) {
  Given given{{"algorithm", row.name}};
  if (uses(row, "H")) given["H"] = h;
  if (uses(row, "sync_delay")) given["sync_delay"] = std::min<Int>(h, 3);
  return given;
}

TrainingCase matrix_case(bool batch_norm, Int workers) {
  const TrainingCase mlp =
      small_case().with({{"precision", Text("float32")},
                         {"steps", kSteps},
                         {"workers", workers},
                         {"batch_per_worker", Int{16} / workers},  // the same epochs for all
                         {"momentum", 0.9},
                         {"nesterov", true}});
  if (!batch_norm) return mlp;
  return mlp.without({"hidden"})
      .with({{"model", Text("resnet8")}, {"width", Int{1}}, {"bn_statistics", Text("local")}});
}

void check_row(const AlgorithmRow& row, bool batch_norm, Int workers) {
  for (const Int h : {1, 4, 64}) {
    if (h > 1 && !uses(row, "H")) continue;
    INFO(row.name << ", H " << h << ", " << workers << " workers"
                  << (batch_norm ? ", BatchNorm" : ""));
    const TrainingCase problem = matrix_case(batch_norm, workers).with(values_for(row, h));
    const Trained whole = train(problem, threads_world(1));
    const Trained parts = train(problem, threads_world(1), kStops);
    REQUIRE((whole.buffers.size(1) > 0) == batch_norm);
    CHECK(same_bits(parts.parameters, whole.parameters));
    CHECK(same_bits(parts.momentum, whole.momentum));
    CHECK(same_bits(parts.buffers, whole.buffers));
    CHECK(timeless(parts.records) == timeless(whole.records));
  }
}
}  // namespace

TEST_CASE("Every algorithm resumes bit for bit, wherever it was interrupted") {
  for (const AlgorithmRow& row : Tables::builtin().algorithms) {
    for (const Int workers : {1, 2, 4}) check_row(row, false, workers);
  }
}

TEST_CASE("So does every algorithm with BatchNorm") {
  for (const AlgorithmRow& row : Tables::builtin().algorithms) {
    for (const Int workers : {1, 2, 4}) check_row(row, true, workers);
  }
}

TEST_CASE("And on another number of processes after every interruption") {
  const TrainingCase problem = matrix_case(true, 4);
  for (const AlgorithmRow& row : Tables::builtin().algorithms) {
    INFO(row.name);
    const TrainingCase spread = problem.with(values_for(row, 4));
    const Trained whole = train(spread, threads_world(4));
    const Trained parts = train(spread, threads_world(2), kStops);
    CHECK(same_bits(parts.parameters, whole.parameters));
    CHECK(same_bits(parts.buffers, whole.buffers));
  }
}

}  // namespace lockstep::test
