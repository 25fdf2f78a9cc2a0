// The oracles of the algorithms: identities that hold exactly or to rounding in float64, with the
// cases in which they must not hold. The same file is built for threads and for MPI.
#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/unit/trainer/worlds.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

constexpr double kRounding = 1e-12;  ///< float64, 24 steps: identities were found to hold to 1e-15
constexpr double kDifferent = 1e-4;

const Given kHeavyBall = {{"momentum", 0.9}};
const Given kNesterov = {{"momentum", 0.9}, {"nesterov", true}};
const Given kDecay = {{"weight_decay", 1e-2}};

Given local(Int local_steps) { return {{"algorithm", Text("local_sgd")}, {"H", local_steps}}; }

/// Runs `body` once per world, under its name.
template <typename Body>
void in_every_world(Body&& body) {
  for (const NamedWorld& named : worlds()) {
    INFO("world: " << named.name);
    body(named.world);
  }
}
}  // namespace

TEST_CASE("U1: local SGD with H = 1 is synchronous SGD for linear updates") {
  in_every_world([](const World& world) {
    for (const Given& optimizer : {Given{}, kHeavyBall, kNesterov}) {
      const TrainingCase problem = small_case().with(optimizer).with(kDecay);
      const Trained sync = train(problem, world);
      CHECK(difference(train(problem.with(local(1)), world).parameters, sync.parameters) <
            kRounding);
      if (optimizer.empty()) continue;
      const auto average = problem.with(local(1)).with({{"momentum_buffers", Text("average")}});
      CHECK(difference(train(average, world).parameters, sync.parameters) < kRounding);
      // Negative: a reset is another learning rate, and must show.
      const auto reset = problem.with(local(1)).with({{"momentum_buffers", Text("reset")}});
      CHECK(difference(train(reset, world).parameters, sync.parameters) > kDifferent);
    }
  });
}

TEST_CASE("H = 1 with reset buffers and Nesterov 0.9 is plain SGD at 1.9 times the rate") {
  in_every_world([](const World& world) {
    const auto reset =
        small_case().with(local(1)).with(kNesterov).with({{"momentum_buffers", Text("reset")}});
    const auto plain = small_case().with({{"lr", 0.05 * 1.9}});
    CHECK(difference(train(reset, world).parameters, train(plain, world).parameters) < kRounding);
  });
}

TEST_CASE("U2: workers with equal data stay bit-equal and equal the one-worker run") {
  in_every_world([](const World& world) {
    for (const Text precision : {"float32", "float64"}) {
      const TrainingCase problem =
          equal_data_case().with(local(3)).with(kNesterov).with({{"precision", precision}});
      const Trained many = train(problem, world);
      for (const auto& [step, equal] : many.equal_after) CHECK(equal);
      const Trained one = train(problem.with({{"workers", Int{1}}}), threads_world(1));
      CHECK(same_bits(many.parameters[0], one.parameters[0]));
    }
  });
}

TEST_CASE(
    "U3: with a common Hessian the mean iterate of local SGD is synchronous SGD's, with different "
    "ones not") {
  in_every_world([](const World& world) {
    for (const Given& optimizer : {Given{}, kHeavyBall, kNesterov}) {
      for (const bool common : {true, false}) {
        const TrainingCase problem = quadratic_case(common).with(optimizer);
        const at::Tensor sync = train(problem, world).mean();
        const double gap = difference(train(problem.with(local(6)), world).mean(), sync);
        if (common) CHECK(gap < kRounding);
        if (!common) CHECK(gap > kDifferent);
        if (optimizer.empty() || !common) continue;
        const auto average = problem.with(local(6)).with({{"momentum_buffers", Text("average")}});
        CHECK(difference(train(average, world).mean(), sync) < kRounding);
      }
    }
  });
}

TEST_CASE("U4: after a sync all workers agree bitwise, between syncs they do not") {
  in_every_world([](const World& world) {
    for (const Given& algorithm :
         {local(5), Given{{"algorithm", Text("slowmo")}, {"H", Int{5}}},
          Given{{"algorithm", Text("cocod")}, {"H", Int{5}}, {"sync_delay", Int{0}}}}) {
      const Trained trained = train(small_case().with(algorithm), world);
      REQUIRE(trained.equal_after.size() == 24);
      for (const auto& [step, equal] : trained.equal_after) {
        INFO("step " << step);
        CHECK(equal == (step % 5 == 0 || step == 24));
      }
    }
  });
}

TEST_CASE("U5: the bytes in the log are those of the formula") {
  in_every_world([](const World& world) {
    const TrainingCase problem = small_case().with(kHeavyBall);
    const RunConfig config = problem.config();
    const Int numel = problem.registry.make_model(config)->parameters().numel();
    const auto bytes_of = [&](const Given& changes) {
      Int total = 0;
      for (const SyncRecord& sync : syncs_of(train(problem.with(changes), world)))
        total += sync.bytes_per_worker;
      return total;
    };
    const Int once = 2 * 3 * numel * 8 / 4;  // ring: 2 (W-1)/W n bytes, W = 4, float64
    auto averaged = local(4);
    averaged["momentum_buffers"] = Text("average");
    // All processes train; the records, and so the sums, are rank 0's.
    const bool leader = !train(problem, world).records.empty();
    const Int every_step = bytes_of({}), every_4 = bytes_of(local(4)), every_5 = bytes_of(local(5));
    const Int with_momentum = bytes_of(averaged);
    if (!leader) return;
    CHECK(every_step == 24 * once);
    CHECK(every_4 == 6 * once);
    CHECK(every_5 == 5 * once);  // 5, 10, 15, 20 and the end
    CHECK(with_momentum == 2 * 6 * once);
  });
}

TEST_CASE("The sync log is H, 2H, ... and the end") {
  // 360 training samples make 22 steps an epoch: the switch lies at 22, the first sync after it
  // at 24.
  std::vector<Int> switched;
  for (Int step = 1; step <= 22; ++step) switched.push_back(step);
  switched.push_back(24);
  const std::vector<std::pair<Given, std::vector<Int>>> expected = {
      {local(7), {7, 14, 21, 24}},
      {local(8), {8, 16, 24}},
      {local(100), {24}},
      {{{"algorithm", Text("cocod")}, {"H", Int{6}}, {"sync_delay", Int{6}}}, {6, 12, 18, 24}},
      {{{"algorithm", Text("post_local_sgd")}, {"H", Int{2}}, {"switch_epoch", Int{1}}}, switched}};
  in_every_world([&](const World& world) {
    for (const auto& [changes, steps] : expected) {
      const Trained trained = train(small_case().with(changes), world);
      if (!trained.records.empty()) CHECK(sync_steps_of(trained) == steps);  // records are rank 0's
    }
  });
}

TEST_CASE(
    "Post-local SGD that never switches is synchronous, and that switches at once is local, bit "
    "for bit") {
  in_every_world([](const World& world) {
    const TrainingCase problem =
        small_case().without({"steps"}).with({{"epochs", Int{2}}}).with(kHeavyBall);
    const auto post = [&](Int epoch) {
      return problem.with(
          {{"algorithm", Text("post_local_sgd")}, {"H", Int{5}}, {"switch_epoch", epoch}});
    };
    CHECK(same_bits(train(post(2), world).parameters, train(problem, world).parameters));
    CHECK(same_bits(train(post(0), world).parameters,
                    train(problem.with(local(5)), world).parameters));
    CHECK(difference(train(post(1), world).parameters, train(problem, world).parameters) >
          kDifferent);
  });
}

TEST_CASE("SlowMo with slow rate 1 and no slow momentum is local SGD") {
  in_every_world([](const World& world) {
    const TrainingCase problem =
        small_case().with(kNesterov).with({{"momentum_buffers", Text("reset")}});
    const auto slowmo = [&](double beta) {
      return problem.with({{"algorithm", Text("slowmo")},
                           {"H", Int{4}},
                           {"slow_momentum", beta},
                           {"slow_lr", 1.0}});
    };
    const Trained plain = train(problem.with(local(4)), world);
    CHECK(difference(train(slowmo(0.0), world).parameters, plain.parameters) < kRounding);
    CHECK(difference(train(slowmo(0.5), world).parameters, plain.parameters) > kDifferent);
  });
}

TEST_CASE("SlowMo behind a synchronous phase starts from the model of the switch") {
  in_every_world([](const World& world) {
    TrainingCase problem =
        small_case().without({"steps"}).with({{"epochs", Int{2}}}).with(kHeavyBall);
    problem.registry.tables.algorithms.push_back(
        {.name = "post_local_slowmo",
         .parts = {CadencePart::switch_then_h, ExchangePart::gradient_then_parameter,
                   CodecPart::none, "slow_momentum"},
         .uses = {"H", "switch_epoch", "momentum_buffers", "slow_momentum", "slow_lr"}});
    const Given phases = {{"H", Int{4}}, {"switch_epoch", Int{1}}};
    const auto slowmo = problem.with(phases).with(
        {{"algorithm", Text("post_local_slowmo")}, {"slow_momentum", 0.0}});
    const auto plain = problem.with(phases).with({{"algorithm", Text("post_local_sgd")}});
    CHECK(difference(train(slowmo, world).parameters, train(plain, world).parameters) < kRounding);
  });
}

TEST_CASE(
    "SlowMo after every step is the synchronous heavy ball, through a drop of the learning rate") {
  in_every_world([](const World& world) {
    const double alpha = 0.5, beta = 0.8;
    const auto slowmo = small_case().with({{"algorithm", Text("slowmo")},
                                           {"H", Int{1}},
                                           {"slow_momentum", beta},
                                           {"slow_lr", alpha},
                                           {"lr", 0.1}});
    const auto heavy_ball = small_case().with({{"momentum", beta}, {"lr", 0.1 * alpha}});
    CHECK(difference(train(slowmo, world).parameters, train(heavy_ball, world).parameters) <
          kRounding);
  });
}

TEST_CASE("CoCoD's correction keeps the mean, and without delay it is local SGD") {
  in_every_world([](const World& world) {
    const auto cocod = [](Int delay) {
      return Given{{"algorithm", Text("cocod")}, {"H", Int{6}}, {"sync_delay", delay}};
    };
    // With a common Hessian the mean iterate is synchronous SGD's as long as no correction moves
    // it.
    const TrainingCase bowl = quadratic_case(true).with(kHeavyBall);
    const at::Tensor sync = train(bowl, world).mean();
    for (const Int delay : {1, 3, 6})
      CHECK(difference(train(bowl.with(cocod(delay)), world).mean(), sync) < kRounding);

    const TrainingCase problem = small_case().with(kHeavyBall);
    const Trained plain = train(problem.with(local(6)), world);
    CHECK(same_bits(train(problem.with(cocod(0)), world).parameters, plain.parameters));
    CHECK(difference(train(problem.with(cocod(3)), world).parameters, plain.parameters) >
          kDifferent);
  });
}

TEST_CASE("W workers of batch B are one worker of batch W x B without BatchNorm") {
  in_every_world([](const World& world) {
    const auto one_worker = Given{{"workers", Int{1}}, {"batch_per_worker", Int{16}}};
    const TrainingCase mlp = small_case().with(kNesterov).with(kDecay);
    CHECK(difference(train(mlp, world).parameters[0],
                     train(mlp.with(one_worker), threads_world(1)).parameters[0]) < kRounding);
    const TrainingCase cnn =
        mlp.without({"hidden"})
            .with({{"model", Text("cnn")}, {"width", Int{2}}, {"steps", Int{6}}});
    CHECK(difference(train(cnn, world).parameters[0],
                     train(cnn.with(one_worker), threads_world(1)).parameters[0]) < kRounding);
  });
}

}  // namespace lockstep::test
