// Arithmetic of a run, and the effective learning rate of buffers and slow momentum.
#include <catch2/catch.hpp>
#include <cmath>

#include "sweeps/run/course.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
using Given = std::map<std::string, Value>;

RunConfig config(Given more) {
  Given given = {{"model", std::string("mlp")}, {"dataset", std::string("fashion-mnist")}};
  if (!more.count("steps")) given["epochs"] = std::int64_t{2};
  if (!more.count("algorithm")) given["algorithm"] = std::string("sync_sgd");
  given.merge(more);
  Resolution resolution = resolve(tables(), given);
  INFO((resolution.problems.empty() ? "" : resolution.problems[0].message));
  REQUIRE(resolution.problems.empty());
  return resolution.config;
}

RunConfig local(std::int64_t h, const char* buffers, bool nesterov, double momentum = 0.9) {
  return config({{"algorithm", std::string("local_sgd")},
                 {"H", h},
                 {"momentum_buffers", std::string(buffers)},
                 {"nesterov", nesterov},
                 {"momentum", momentum}});
}

/// What effective_lr_factor() stands for, step by step: how far H steps of SGD with an empty buffer
/// move under a constant gradient of 1, as a share of H steps with a full one.
double simulated(std::int64_t h, bool nesterov, double mu) {
  double buffer = 0, moved = 0;
  for (std::int64_t t = 0; t < h; ++t) {
    buffer = mu * buffer + 1;
    moved += nesterov ? 1 + mu * buffer : buffer;
  }
  return moved * (1 - mu) / static_cast<double>(h);
}
}  // namespace

TEST_CASE("the course of a run, by hand") {
  // 60,000 pictures, 6,000 of them for validation; 54,000 / (7 x 32) = 241.07.
  const Course course =
      course_of(tables(), config({{"workers", std::int64_t{7}}, {"warmup_epochs", 0.5}}));
  CHECK(course.train_samples == 54000);
  CHECK(course.validation_samples == 6000);
  CHECK(course.steps_per_epoch == 241);
  CHECK(course.dropped_samples == 54000 - 241 * 224);
  CHECK(course.total_steps == 482);
  CHECK(course.warmup_steps == 121);  // 120.5, away from zero
  CHECK(course.switch_step == 0);
  CHECK(course.peak_lr == 0.1);
}

TEST_CASE("the course of a shorter training set and of steps") {
  const Course course = course_of(
      tables(), config({{"train_samples", std::int64_t{12345}}, {"steps", std::int64_t{77}}}));
  CHECK(course.validation_samples == 1235);  // 1234.5, away from zero
  CHECK(course.train_samples == 11110);
  CHECK(course.total_steps == 77);
}

TEST_CASE("the switch is at the end of its epoch") {
  const Course course = course_of(tables(), config({{"algorithm", std::string("post_local_sgd")},
                                                    {"switch_epoch", std::int64_t{1}}}));
  CHECK(course.switch_step == course.steps_per_epoch);
  CHECK(course.switch_step == 54000 / 32);
}

TEST_CASE("linear scaling of the learning rate") {
  const RunConfig scaled = config({{"lr_scaling", std::string("linear")},
                                   {"workers", std::int64_t{16}},
                                   {"batch_per_worker", std::int64_t{64}},
                                   {"lr", 0.1}});
  CHECK(course_of(tables(), scaled).peak_lr == Approx(0.1 * 16 * 64 / 256).epsilon(1e-15));
}

TEST_CASE("effective learning rate of reset buffers: the table of the literature") {
  const struct {
    std::int64_t h;
    double heavy_ball, nesterov;
  } table[] = {{1, .10, .19},    {2, .145, .23},   {4, .226, .304},  {6, .297, .367},
               {8, .359, .423},  {12, .462, .516}, {16, .542, .588}, {24, .655, .689},
               {48, .814, .832}, {96, .906, .916}};
  for (const auto& row : table) {
    INFO("H = " << row.h);
    // The table has three digits.
    CHECK(std::abs(effective_lr_factor(local(row.h, "reset", false)) - row.heavy_ball) < 5.01e-4);
    CHECK(std::abs(effective_lr_factor(local(row.h, "reset", true)) - row.nesterov) < 5.01e-4);
  }
}

TEST_CASE("effective learning rate: closed form against the sum, step by step") {
  for (const double mu : {0.1, 0.5, 0.9, 0.99}) {
    for (const std::int64_t h : {1, 2, 3, 7, 32, 500}) {
      for (const bool nesterov : {false, true}) {
        INFO(mu << " " << h << " " << nesterov);
        CHECK(effective_lr_factor(local(h, "reset", nesterov, mu)) ==
              Approx(simulated(h, nesterov, mu)).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("effective learning rate: one where nothing is reset, multiplied by slow momentum") {
  CHECK(effective_lr_factor(config({})) == 1);
  CHECK(effective_lr_factor(local(8, "maintain", false)) == 1);
  CHECK(effective_lr_factor(local(8, "average", true)) == 1);
  const auto slowmo = [](const char* buffers, double beta, double alpha) {
    return config({{"algorithm", std::string("slowmo")},
                   {"H", std::int64_t{12}},
                   {"nesterov", true},
                   {"momentum_buffers", std::string(buffers)},
                   {"slow_momentum", beta},
                   {"slow_lr", alpha}});
  };
  CHECK(effective_lr_factor(slowmo("maintain", 0.9, 0.7)) == Approx(7));
  CHECK(effective_lr_factor(slowmo("reset", 0.5, 1.0)) == Approx(1.03).margin(0.005));
  // Without momentum there is no buffer to reset.
  CHECK(effective_lr_factor(config({{"algorithm", std::string("slowmo")}, {"momentum", 0.0}})) ==
        Approx(2));
}
