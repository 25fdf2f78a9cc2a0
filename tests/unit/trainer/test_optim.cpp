#include <ATen/ATen.h>

#include <catch2/catch.hpp>

#include "tests/support/training.hpp"
#include "trainer/optim/lr_schedule.hpp"
#include "trainer/optim/sgd.hpp"

namespace lockstep::test {

namespace {
using Text = std::string;
using Int = std::int64_t;

LrSchedule schedule_of(const Given& changes) {
  const TrainingCase problem = small_case().without({"lr_milestones", "lr_schedule"}).with(changes);
  const RunConfig config = problem.config();
  return LrSchedule(config, course_of(problem.registry.tables, config));
}
}  // namespace

TEST_CASE("SGD takes the steps of the rule, tensor by tensor") {
  FlatLayout layout;
  layout.add("weight", SlotKind::weight, {3, 5});
  layout.add("bias", SlotKind::bias, {5});
  layout.add("scale", SlotKind::norm_scale, {2});
  for (const bool nesterov : {false, true}) {
    for (const bool everywhere : {false, true}) {
      const RunConfig config = small_case()
                                   .with({{"momentum", 0.9},
                                          {"nesterov", nesterov},
                                          {"weight_decay", 0.1},
                                          {"decay_norm_and_bias", everywhere}})
                                   .config();
      const Sgd sgd(config, layout);
      at::Tensor x = at::arange(layout.size(), at::kDouble) / 100, m = at::zeros_like(x);
      at::Tensor expected = x.clone(), buffer = at::zeros_like(x);
      at::Tensor decay = at::full_like(x, everywhere ? 0.1 : 0.0);
      decay.slice(0, 0, layout.slots()[1].offset)
          .fill_(0.1);  // the weight, whatever the parameter says
      for (const double lr : {0.5, 0.1, 0.1}) {
        const at::Tensor gradient = at::sin(x * 10 + lr);
        sgd.step(x, m, gradient, lr);
        const at::Tensor decayed = gradient + decay * expected;
        buffer = 0.9 * buffer + decayed;
        expected = expected - lr * (nesterov ? decayed + 0.9 * buffer : buffer);
      }
      CHECK(difference(x, expected) < 1e-14);
      CHECK(difference(m, buffer) < 1e-14);
    }
  }
}

TEST_CASE("Without momentum SGD needs no buffer") {
  FlatLayout layout;
  layout.add("weight", SlotKind::weight, {4});
  const Sgd sgd(small_case().config(), layout);
  at::Tensor x = at::ones({layout.size()}, at::kFloat), none;
  sgd.step(x, none, at::full_like(x, 2.0), 0.25);
  CHECK(x.eq(0.5).all().item<bool>());
}

TEST_CASE("The step schedule drops where progress (t-1)/T reaches a milestone") {
  const LrSchedule schedule = schedule_of({{"lr", 1.0},
                                           {"lr_schedule", Text("step")},
                                           {"lr_decay", 0.1},
                                           {"lr_milestones", std::vector<double>{0.5, 0.75}}});
  CHECK(schedule.at(1) == 1.0);
  CHECK(schedule.at(12) == 1.0);  // 11/24
  CHECK(schedule.at(13) == Approx(0.1).epsilon(1e-15));
  CHECK(schedule.at(18) == Approx(0.1).epsilon(1e-15));
  CHECK(schedule.at(19) == Approx(0.01).epsilon(1e-15));
}

TEST_CASE("The cosine falls from the peak to half of it in the middle, and towards 0") {
  const LrSchedule schedule = schedule_of({{"lr", 2.0}, {"lr_schedule", Text("cosine")}});
  CHECK(schedule.at(1) == 2.0);
  CHECK(schedule.at(13) == Approx(1.0).epsilon(1e-12));
  CHECK(schedule.at(24) > 0);
  CHECK(schedule.at(24) < 0.02);
}

TEST_CASE("The warm-up is linear from its start to the peak, and linear scaling moves the peak") {
  // 360 samples make 22 steps an epoch with W x B = 16; scaling to a reference of 8 doubles the
  // rate.
  const LrSchedule schedule = schedule_of({{"lr", 0.4},
                                           {"warmup_epochs", 0.5},
                                           {"warmup_from", 0.2},
                                           {"lr_scaling", Text("linear")},
                                           {"lr_reference_batch", Int{8}}});
  CHECK(schedule.at(1) == Approx(0.2));
  CHECK(schedule.at(2) == Approx(0.2 + 0.6 / 11));
  CHECK(schedule.at(12) == Approx(0.8));
  CHECK(schedule.at(24) == Approx(0.8));
  CHECK(schedule_of({{"lr", 0.05}, {"warmup_epochs", 0.5}, {"warmup_from", 0.2}}).at(1) ==
        Approx(0.05));
}

}  // namespace lockstep::test
