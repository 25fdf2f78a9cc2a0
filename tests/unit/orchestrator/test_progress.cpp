#include <catch2/catch.hpp>

#include "orchestrator/schedule/progress.hpp"

using namespace lockstep;

namespace {
std::map<std::string, Verdict> verdicts(const std::vector<RunState>& states) {
  std::map<std::string, Verdict> all;
  for (std::size_t i = 0; i < states.size(); ++i) all["r" + std::to_string(i)] = {states[i], ""};
  return all;
}
}  // namespace

TEST_CASE("counts and shares") {
  const auto progress = progress_of(verdicts({RunState::done, RunState::diverged, RunState::running,
                                              RunState::fresh, RunState::failed}),
                                    {{"r2", 0.5}}, 0, 0);
  CHECK(progress.total == 5);
  CHECK(progress.done == 2);
  CHECK(progress.running == 1);
  CHECK(progress.waiting == 1);
  CHECK(progress.failed == 1);
  CHECK(progress.share == Approx(3.5 / 5));
}

TEST_CASE("what was stopped early is no failure, and nothing is left to do for it") {
  const auto progress =
      progress_of(verdicts({RunState::done, RunState::stopped_early}), {{"r1", 0.5}}, 0, 0);
  CHECK(progress.stopped_early == 1);
  CHECK(progress.failed == 0);
  CHECK(progress.share == 1);
  CHECK(progress_line(progress) == "1/2 done, 1 stopped early, 100 %");
}

TEST_CASE("what was cancelled is no failure, and counts for nothing") {
  const auto all =
      progress_of(verdicts({RunState::cancelled, RunState::cancelled}), {{"r1", 0.5}}, 0, 0);
  CHECK(all.failed == 0);
  CHECK(progress_line(all) == "0/2 done, 2 cancelled");
  const auto some = progress_of(verdicts({RunState::cancelled, RunState::running}),
                                {{"r0", 0.5}, {"r1", 0.25}}, 0, 0);
  CHECK(progress_line(some) == "0/2 done, 1 running, 1 cancelled, 25 %");
}

TEST_CASE("the estimate goes by what this command has done") {
  // from 50 % to 75 % in 100 s: the last quarter takes another 100 s
  const auto progress = progress_of(
      verdicts({RunState::done, RunState::done, RunState::done, RunState::fresh}), {}, 0.5, 100);
  REQUIRE(progress.eta_s.has_value());
  CHECK(*progress.eta_s == Approx(100));
}

TEST_CASE("no estimate before there is something to go by") {
  CHECK_FALSE(
      progress_of(verdicts({RunState::running, RunState::fresh}), {{"r0", 0.001}}, 0, 100).eta_s);
  CHECK_FALSE(progress_of(verdicts({RunState::done, RunState::fresh}), {}, 0.5, 100).eta_s);
}

TEST_CASE("a study of nothing is complete") { CHECK(progress_of({}, {}, 0, 1).share == 1); }

TEST_CASE("the line never shows 100 % before the end") {
  Progress progress{.total = 1000, .done = 999, .running = 1, .share = 0.9999, .eta_s = 3661};
  CHECK(progress_line(progress) == "999/1000 done, 1 running, 99 %, 1 h 1 min left");
}

TEST_CASE("durations and sizes for people") {
  CHECK(duration_text(0.2) == "0 s");
  CHECK(duration_text(59.4) == "59 s");
  CHECK(duration_text(125) == "2 min 5 s");
  CHECK(duration_text(12000) == "3 h 20 min");
  CHECK(duration_text(187200) == "2 d 4 h");
  CHECK(bytes_text(512) == "512 B");
  CHECK(bytes_text(1500) == "1.5 kB");
  CHECK(bytes_text(999'999) == "1.0 MB");
  CHECK(bytes_text(2e9) == "2.0 GB");
}
