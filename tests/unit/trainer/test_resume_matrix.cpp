// The resume matrix: every algorithm of the table x H x workers x processes x models with and
// without BatchNorm, interrupted in mid-round, at the end of an epoch, at a sync and under a
// delayed average. What comes out is bit for bit what an uninterrupted run of one process gives. A
// new row of the table joins by itself. The same file is built for threads and for MPI.
#include <ATen/ATen.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/trainer/worlds.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

constexpr Int kSteps = 70;  // one whole round of H = 64, and some of the next
/// 22 steps an epoch. Of H = 64 these are: in mid-round, the end of an epoch, a sync, and with
/// kDelay under its average; of H = 4, 37 and 66 are under an average.
const std::vector<Int> kStops{37, 44, 64, 66};
constexpr Int kDelay = 3;

bool uses(const AlgorithmRow& row, const std::string& parameter) {
  return std::find(row.uses.begin(), row.uses.end(), parameter) != row.uses.end();
}

/// The values that make `row` carry most state at this H; what is not named keeps its default.
Given values_for(const AlgorithmRow& row, Int h) {
  Given given{{"algorithm", row.name}};
  if (uses(row, "H")) given["H"] = h;
  if (uses(row, "sync_delay")) given["sync_delay"] = std::min<Int>(h, kDelay);
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

void check_equal(const Trained& parts, const Trained& whole) {
  CHECK(parts.state_sha256 == whole.state_sha256);
  CHECK(same_bits(parts.parameters, whole.parameters));
  CHECK(same_bits(parts.momentum, whole.momentum));
  CHECK(same_bits(parts.buffers, whole.buffers));
  // An MPI process other than the first has no records.
  if (!parts.records.empty()) CHECK(timeless(parts.records) == timeless(whole.records));
}

/// BatchNorm costs a convolutional network, so there are fewer problems with it: what its buffers
/// add to the state does not depend on H, and under H = 64 the stops lie in all kinds of places.
std::vector<Int> workers_of(bool batch_norm) {
  return batch_norm ? std::vector<Int>{1, 4} : std::vector<Int>{1, 2, 4};
}
std::vector<Int> periods_of(const AlgorithmRow& row, bool batch_norm) {
  if (!uses(row, "H")) return {1};
  return batch_norm ? std::vector<Int>{64} : std::vector<Int>{1, 4, 64};
}

/// Those of this program that can share out so many workers.
std::vector<NamedWorld> worlds_for(Int workers) {
  std::vector<NamedWorld> fitting;
  for (const NamedWorld& named : worlds()) {
    if (workers % named.processes == 0) fitting.push_back(named);
  }
  return fitting;
}

/// Stopped in each of these worlds, and with BatchNorm, where most is handed over, also going on in
/// another one after every stop.
void check_problem(const TrainingCase& problem, bool batch_norm, Int workers,
                   const std::vector<NamedWorld>& fitting) {
  const Trained whole = train(problem, threads_world(1));
  CHECK((whole.buffers.size(1) > 0) == batch_norm);
  for (const NamedWorld& named : fitting) {
    INFO(named.name << ", " << named.processes << " processes");
    check_equal(train(problem, named.world, kStops), whole);
  }
  const auto& circle = worlds_in_turn();
  if (!batch_norm || circle.size() == 1 || workers % circle.front().processes != 0) return;
  INFO("on another number of processes after every stop");
  std::vector<World> turns;
  for (const NamedWorld& named : circle) turns.push_back(named.world);
  check_equal(train_in_turn(problem, turns, kStops), whole);
}

void check_matrix(bool batch_norm) {
  for (const AlgorithmRow& row : Tables::builtin().algorithms) {
    for (const Int workers : workers_of(batch_norm)) {
      const auto fitting = worlds_for(workers);
      if (fitting.empty()) continue;
      for (const Int h : periods_of(row, batch_norm)) {
        INFO(row.name << ", H " << h << ", " << workers << " workers");
        check_problem(matrix_case(batch_norm, workers).with(values_for(row, h)), batch_norm,
                      workers, fitting);
      }
    }
  }
}
}  // namespace

TEST_CASE("Every algorithm resumes bit for bit, wherever it was interrupted") {
  check_matrix(false);
}

TEST_CASE("So does every algorithm with BatchNorm, also on other numbers of processes") {
  check_matrix(true);
}

}  // namespace lockstep::test
