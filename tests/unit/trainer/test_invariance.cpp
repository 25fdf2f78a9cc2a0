// What must not change anything, bit for bit in float32: the number of processes, and stopping and
// going on.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/support/training.hpp"
#include "trainer/comm/metered.hpp"
#include "trainer/comm/paced.hpp"
#include "trainer/comm/self.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

/// Every algorithm, with the policies that carry most state.
std::vector<Given> algorithms() {
  return {{{"algorithm", Text("sync_sgd")}},
          {{"algorithm", Text("local_sgd")}, {"H", Int{5}}},
          {{"algorithm", Text("local_sgd")}, {"H", Int{5}}, {"momentum_buffers", Text("average")}},
          {{"algorithm", Text("post_local_sgd")}, {"H", Int{5}}, {"switch_epoch", Int{1}}},
          {{"algorithm", Text("slowmo")}, {"H", Int{5}}},
          {{"algorithm", Text("cocod")}, {"H", Int{5}}, {"sync_delay", Int{3}}},
          {{"algorithm", Text("cocod")}, {"H", Int{5}}, {"sync_delay", Int{5}}}};
}

TrainingCase float32_case() {
  return small_case().without({"steps"}).with(
      {{"precision", Text("float32")}, {"epochs", Int{2}}, {"momentum", 0.9}, {"nesterov", true}});
}

TrainingCase resnet_case() {
  return float32_case()
      .without({"hidden"})
      .with({{"model", Text("resnet8")}, {"width", Int{2}}, {"epochs", Int{1}}});
}

void check_equal(const Trained& a, const Trained& b) {
  CHECK(same_bits(a.parameters, b.parameters));
  CHECK(same_bits(a.momentum, b.momentum));
  CHECK(same_bits(a.buffers, b.buffers));
  CHECK(timeless(a.records) == timeless(b.records));
}
}  // namespace

TEST_CASE("1, 2 and 4 processes give the same bits for every algorithm") {
  for (const Given& algorithm : algorithms()) {
    INFO("algorithm " << to_text(algorithm.at("algorithm")));
    const TrainingCase problem = float32_case().with(algorithm);
    const Trained one = train(problem, threads_world(1));
    REQUIRE(one.records.size() > 10);
    for (const int processes : {2, 4}) check_equal(train(problem, threads_world(processes)), one);
  }
}

TEST_CASE("an emulated network changes no bit of any algorithm") {
  for (const Given& algorithm : algorithms()) {
    INFO("algorithm " << to_text(algorithm.at("algorithm")));
    const TrainingCase problem = float32_case().with(algorithm);
    const Trained without = train(problem, threads_world(2));
    check_equal(train(problem.with({{"emulated_network", Text("1GbE")}}), threads_world(2)),
                without);
  }
}

TEST_CASE("1, 2 and 4 processes give the same bits for every policy of BatchNorm statistics") {
  for (const Text policy : {"local", "rank0", "average", "recalibrate"}) {
    INFO("bn_statistics " << policy);
    const TrainingCase problem = resnet_case().with(
        {{"algorithm", Text("local_sgd")}, {"H", Int{5}}, {"bn_statistics", policy}});
    const Trained one = train(problem, threads_world(1));
    for (const int processes : {2, 4}) check_equal(train(problem, threads_world(processes)), one);
  }
}

TEST_CASE("What is sent for momentum buffers is in the records, that of the last sync too") {
  const auto wire_bytes_with = [](const char* policy) {
    std::int64_t total = 0;
    const auto problem = float32_case().with(
        {{"algorithm", Text("local_sgd")}, {"H", Int{5}}, {"momentum_buffers", Text(policy)}});
    for (const SyncRecord& sync : syncs_of(train(problem, threads_world(2))))
      total += sync.wire_bytes;
    return total;
  };
  REQUIRE(wire_bytes_with("maintain") > 0);
  CHECK(wire_bytes_with("average") == 2 * wire_bytes_with("maintain"));
}

TEST_CASE("BatchNorm policies do to the workers' statistics what they say") {
  const auto buffers_under = [](const char* policy) {
    return train(resnet_case().with({{"algorithm", Text("local_sgd")},
                                     {"H", Int{5}},
                                     {"bn_statistics", Text(policy)}}),
                 threads_world(2))
        .buffers;
  };
  const auto all_equal = [](const at::Tensor& rows) {
    return same_bits(rows, rows[0].expand_as(rows).contiguous());
  };
  CHECK_FALSE(all_equal(buffers_under("local")));
  CHECK_FALSE(all_equal(buffers_under("recalibrate")));
  CHECK(all_equal(buffers_under("rank0")));
  CHECK(all_equal(buffers_under("average")));
  CHECK_FALSE(same_bits(buffers_under("rank0"), buffers_under("average")));
}

TEST_CASE("Stopping in mid-round, at a sync and at the end of an epoch changes nothing") {
  // 22 steps an epoch, H = 5: 7 lies in a round (and, with delay 3, under an average), 10 at a
  // sync, 22 at the epoch.
  for (const Given& algorithm : algorithms()) {
    INFO("algorithm " << to_text(algorithm.at("algorithm")));
    const TrainingCase problem = float32_case().with(algorithm);
    const Trained whole = train(problem, threads_world(2));
    for (const auto& stops : std::vector<std::vector<Int>>{{7}, {10}, {22}, {1, 7, 22, 43}}) {
      INFO("stopped after step " << stops.front() << ", " << stops.size() << " times");
      check_equal(train(problem, threads_world(2), stops), whole);
    }
  }
}

TEST_CASE("Augmented pictures are the same for every number of processes and every stop") {
  TrainingCase problem = resnet_case()
                             .without({"epochs"})
                             .with({{"algorithm", Text("local_sgd")},
                                    {"H", Int{5}},
                                    {"dataset", Text("synthetic-cifar")},
                                    {"augmentation", Text("crop_flip")},
                                    {"steps", Int{24}}});
  for (DatasetRow& row : problem.registry.tables.datasets) {
    if (row.name != "synthetic-cifar") continue;
    row.train_samples = 200;  // 11 steps an epoch
    row.test_samples = 20;
  }
  const Trained one = train(problem, threads_world(1));
  check_equal(train(problem, threads_world(2)), one);
  check_equal(train(problem, threads_world(2), {7, 13}), one);
  const Trained plain = train(problem.with({{"augmentation", Text("none")}}), threads_world(1));
  CHECK_FALSE(same_bits(one.parameters, plain.parameters));
}

TEST_CASE("A run with BatchNorm resumes bit for bit") {
  const TrainingCase problem = resnet_case().with(
      {{"algorithm", Text("slowmo")}, {"H", Int{5}}, {"bn_statistics", Text("average")}});
  check_equal(train(problem, threads_world(2), {7}), train(problem, threads_world(2)));
}

TEST_CASE("Other seeds, and other learning rates, give other bits") {
  const TrainingCase problem = float32_case();
  const Trained one = train(problem, threads_world(1));
  CHECK_FALSE(same_bits(one.parameters,
                        train(problem.with({{"seed", Int{2}}}), threads_world(1)).parameters));
  CHECK_FALSE(
      same_bits(one.parameters, train(problem.with({{"lr", 0.051}}), threads_world(1)).parameters));
}

TEST_CASE("What is sent before the first step is in no sync record") {
  constexpr double kSlow = 0.3;
  constexpr std::int64_t kLarge = 1 << 20;  // more numbers than the model has bytes
  const TrainingCase problem = small_case();
  const RunConfig config = problem.config();
  const Dataset dataset = problem.registry.load_dataset(config, {});
  MeteredCommunicator comm(std::make_unique<PacedCommunicator>(
      make_self_communicator(4),
      [](std::int64_t, double bytes) { return bytes >= kLarge ? kSlow : 0.0; }));
  at::Tensor large = at::zeros({kLarge}, at::kFloat);
  comm.broadcast(large, 0).wait();
  double seconds = 0;
  EngineListener listener;
  listener.record = [&](const Record& record) {
    if (const auto* sync = std::get_if<SyncRecord>(&record))
      seconds += sync->transfer_s + sync->wait_s;
  };
  Engine(problem.registry, config, dataset, comm, listener, {}).run();
  CHECK(seconds < kSlow);
}

}  // namespace lockstep::test
