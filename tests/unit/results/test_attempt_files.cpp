#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "results/record/attempt_files.hpp"
#include "results/record/digest.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/results/record_samples.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
/// A claimed attempt whose segment is complete.
int finished_attempt(const RunDirectory& run, const std::string& token) {
  const int n = run.claim_attempt(token);
  RecordWriter writer(run.events(n));
  for (const Record& record : plausible_run(20, true)) writer.write(record);
  return n;
}
}  // namespace

TEST_CASE("RESULT says what the segment holds, and seals it") {
  const TempDir dir;
  const RunDirectory run(dir.path() / "r");
  const int n = finished_attempt(run, "t");
  CHECK_FALSE(read_result(run.result(n)));
  REQUIRE(run.publish_result(
      n, EndRecord{.reason = EndReason::checkpointed, .detail = "time", .step = 7}));
  CHECK_FALSE(std::filesystem::exists(run.done()));
  const auto result = read_result(run.result(n));
  REQUIRE(result);
  const std::string events = read_file(run.events(n));
  Sha256 hash;
  hash.update(events);
  CHECK(result->attempt == n);
  CHECK(result->reason == EndReason::checkpointed);
  CHECK(result->detail == "time");
  CHECK(result->step == 7);
  CHECK(result->events_bytes == static_cast<std::int64_t>(events.size()));
  CHECK(result->events_records == 20);
  CHECK(result->events_sha256 == hash.hex());
  CHECK(read_attempt(run, n).state == SegmentState::intact);

  const std::string cut = events.substr(0, events.rfind('\n', events.size() - 2) + 1);
  CHECK(read_segment(cut, "x").state == SegmentState::intact);
  write_raw(run.events(n), cut);
  CHECK(read_attempt(run, n).state == SegmentState::corrupt);
  std::filesystem::remove(run.events(n));
  CHECK(read_attempt(run, n).state == SegmentState::corrupt);
}

TEST_CASE("a RESULT of more bytes than are read at once comes back whole") {
  const TempDir dir;
  const RunDirectory run(dir.path() / "r");
  for (const std::size_t size : {3000u, 4096u, 5000u, 100000u}) {
    const int n = finished_attempt(run, "t");
    const std::string detail(size, 'x');
    run.publish_result(n, EndRecord{.reason = EndReason::checkpointed, .detail = detail});
    CHECK(read_result(run.result(n))->detail == detail);
  }
}

TEST_CASE("every bit of RESULT is guarded") {
  const TempDir dir;
  const RunDirectory run(dir.path() / "r");
  const int n = finished_attempt(run, "t");
  REQUIRE(run.publish_result(n, EndRecord{}));
  const std::string text = read_file(run.result(n));
  const auto path = dir.path() / "copy";
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    write_raw(path, flipped);
    CHECK_THROWS_WITH(read_result(path), Catch::Contains(path.string()));
  }
  write_raw(run.result(n), text.substr(0, 30));
  const Segment segment = read_attempt(run, n);
  CHECK(segment.state == SegmentState::corrupt);
  CHECK_THAT(segment.message, Catch::Contains("RESULT"));
}

TEST_CASE("DONE has exactly one winner among racing threads") {
  for (int round = 0; round < 5; ++round) {
    const TempDir dir;
    const RunDirectory run(dir.path() / "r");
    constexpr int kAttempts = 6;
    for (int i = 0; i < kAttempts; ++i) finished_attempt(run, "t");
    std::vector<int> won(kAttempts + 1, 0);
    {
      std::vector<std::jthread> threads;
      for (int n = 1; n <= kAttempts; ++n) {
        threads.emplace_back([&, n] {
          won[static_cast<std::size_t>(n)] =
              run.publish_result(n,
                                 EndRecord{.reason = n % 2 ? EndReason::done : EndReason::diverged})
                  ? 1
                  : 0;
        });
      }
    }
    CHECK(std::count(won.begin(), won.end(), 1) == 1);
    const auto done = read_result(run.done());
    REQUIRE(done);
    CHECK(won[static_cast<std::size_t>(done->attempt)] == 1);
    CHECK(std::filesystem::equivalent(run.done(), run.result(done->attempt)));
  }
}

TEST_CASE("DONE has exactly one winner among racing processes") {
  const TempDir dir;
  const RunDirectory run(dir.path() / "r");
  constexpr int kAttempts = 6;
  std::vector<pid_t> children;
  for (int n = 1; n <= kAttempts; ++n) finished_attempt(run, "t");
  for (int n = 1; n <= kAttempts; ++n) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        ::_exit(run.publish_result(n, EndRecord{}) ? 0 : 78);
      } catch (...) {
        ::_exit(70);
      }
    }
    children.push_back(child);
  }
  int winners = 0, fenced = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    winners += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    fenced += WIFEXITED(status) && WEXITSTATUS(status) == 78;
  }
  CHECK(winners == 1);
  CHECK(fenced == kAttempts - 1);
}

TEST_CASE("publishing again does not take DONE from oneself, nor give it to another") {
  const TempDir dir;
  const RunDirectory run(dir.path() / "r");
  const int first = finished_attempt(run, "a");
  const int second = finished_attempt(run, "b");
  CHECK(run.publish_result(first, EndRecord{}));
  CHECK(run.publish_result(first, EndRecord{}));
  CHECK_FALSE(run.publish_result(second, EndRecord{}));
  CHECK(read_result(run.done())->attempt == first);
}

TEST_CASE("RESULT and heartbeats say what is degraded, and nothing where all is well") {
  test::TempDir dir;
  const RunDirectory run(dir.path() / std::string(32, 'a'));
  std::filesystem::create_directories(run.path());
  const int n = run.claim_attempt("t");
  run.publish_result(n, {.reason = EndReason::checkpointed}, "failed checkpoints: 1");
  CHECK(read_result(run.result(n))->degraded == "failed checkpoints: 1");
  run.publish_result(n, {.reason = EndReason::checkpointed});
  CHECK(read_result(run.result(n))->degraded.empty());
  CHECK_THAT(read_file(run.result(n)), !Catch::Contains("degraded"));
  publish_heartbeat(run.heartbeat(n, 0), {.host = "h", .degraded = "no room"});
  CHECK(read_heartbeat(run.heartbeat(n, 0))->degraded == "no room");
  publish_heartbeat(run.heartbeat(n, 0), {.host = "h"});
  CHECK(read_heartbeat(run.heartbeat(n, 0))->degraded.empty());
}

TEST_CASE("heartbeats come back with their age") {
  const TempDir dir;
  const auto path = dir.path() / "heartbeat-rank0";
  CHECK_FALSE(read_heartbeat(path));
  publish_heartbeat(path, Heartbeat{host_name(), boot_id(), 42, 10, 100, 2.5, 0});
  publish_heartbeat(path, Heartbeat{host_name(), boot_id(), 42, 11, 100, 2.5, 0});
  const auto beat = read_heartbeat(path);
  REQUIRE(beat);
  CHECK(beat->host == host_name());
  CHECK(beat->boot_id == boot_id());
  CHECK(beat->pid == 42);
  CHECK(beat->step == 11);
  CHECK(beat->steps_per_s == 2.5);
  CHECK(beat->age_s >= 0);
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  CHECK(read_heartbeat(path)->age_s == Approx(3600).margin(60));
  std::filesystem::last_write_time(
      path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  CHECK(read_heartbeat(path)->age_s == 0);
  for (const char* torn : {"", "{", "[]", R"({"host":"h"})"}) {  // as a power cut may leave it
    write_raw(path, torn);
    CHECK_FALSE(read_heartbeat(path));
  }
}
