#include "trainer/engine/sign_of_life.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "results/record/record_error.hpp"
#include "trainer/engine/stopwatch.hpp"

namespace lockstep {

namespace {
constexpr double kInterval_s = 5;
}

SignOfLife::SignOfLife(const RunDirectory& directory, int attempt, int rank,
                       std::int64_t total_steps, Watchdog& watchdog, std::function<void()> give_way)
    : directory_(directory),
      attempt_(attempt),
      rank_(rank),
      total_steps_(total_steps),
      watchdog_(watchdog),
      give_way_(std::move(give_way)),
      published_s_(now_s()) {
  publish();
}

void SignOfLife::begin(std::int64_t step) {
  step_ = published_step_ = step;
  published_s_ = now_s();
}

void SignOfLife::reached(std::int64_t step) {
  step_ = step;
  alive();
}

void SignOfLife::alive() {
  watchdog_.alive();
  if (now_s() - published_s_ >= kInterval_s) publish();
}

void SignOfLife::degraded(const std::string& why) {
  degraded_ = why;
  publish();
}

void SignOfLife::publish() {
  const double now = now_s();
  Heartbeat heartbeat;
  heartbeat.host = host_name();
  heartbeat.boot_id = boot_id();
  heartbeat.pid = ::getpid();
  heartbeat.step = step_;
  heartbeat.total_steps = total_steps_;
  if (step_ > published_step_) {
    heartbeat.steps_per_s = static_cast<double>(step_ - published_step_) / (now - published_s_);
  }
  heartbeat.degraded = degraded_;
  published_s_ = now;
  published_step_ = step_;
  give_way_to_newer();
  try {
    publish_heartbeat(directory_.heartbeat(attempt_, rank_), heartbeat);
  } catch (const RecordError&) {
    // A full disk stops records and checkpoints, which say so; a sign of life is worth no run.
  }
}

void SignOfLife::give_way_to_newer() const {
  const auto claims = directory_.claimed_attempts();
  if (claims.empty() || claims.back() <= attempt_) return;
  fmt::print(stderr, "lockstep-train: attempt {} gives way to attempt {}\n", attempt_,
             claims.back());
  std::fflush(stderr);
  give_way_();
}

}  // namespace lockstep
