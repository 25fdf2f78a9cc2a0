#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "results/record/run_directory.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/results/record_samples.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
int sync_calls = 0;
int counting_sync(int) {
  ++sync_calls;
  return 0;
}
int failing_sync(int) {
  errno = EIO;
  return -1;
}
}  // namespace

TEST_CASE("what was written is read back, and the file has one writer") {
  const TempDir dir;
  const auto path = dir.path() / "events.jsonl";
  const auto records = one_of_each();
  {
    RecordWriter writer(path);
    for (const Record& record : records) writer.write(record);
    CHECK(writer.last_seq() == static_cast<std::int64_t>(records.size()) - 1);
    CHECK_THROWS_AS(writer.write(WarningRecord{"after the end"}), RecordError);
  }
  const Segment segment = read_segment_file(path);
  CHECK(segment.records == records);
  CHECK(segment.sealed);
  CHECK(read_file(path) == lines_of(records));
  CHECK_THROWS_WITH(RecordWriter(path),
                    Catch::Contains("File exists") && Catch::Contains(path.string()));
}

TEST_CASE("the writer follows no symbolic link, and its modes are not the umask's") {
  const TempDir dir;
  std::filesystem::create_symlink(dir.path() / "elsewhere", dir.path() / "events.jsonl");
  CHECK_THROWS_AS(RecordWriter(dir.path() / "events.jsonl"), RecordError);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "elsewhere"));
  const mode_t before = ::umask(0);
  { RecordWriter writer(dir.path() / "other.jsonl"); }
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat((dir.path() / "other.jsonl").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("evaluations and every 64 KiB are synced, single steps are not") {
  const TempDir dir;
  RecordWriter writer(dir.path() / "events.jsonl", counting_sync);
  writer.write(HeaderRecord{.run = "r"});
  sync_calls = 0;
  for (int i = 0; i < 10; ++i) writer.write(StepRecord{.step = i});
  CHECK(sync_calls == 0);
  writer.write(EvalRecord{});
  CHECK(sync_calls == 1);
  for (int i = 0; i < 5; ++i) writer.write(WarningRecord{std::string(16 * 1024, 'w')});
  CHECK(sync_calls == 2);
  writer.sync();
  CHECK(sync_calls == 3);
}

TEST_CASE("an fsync error is final for the segment") {
  const TempDir dir;
  RecordWriter writer(dir.path() / "events.jsonl", failing_sync);
  writer.write(StepRecord{});
  CHECK_FALSE(writer.is_over());
  CHECK_THROWS_WITH(writer.sync(), Catch::Contains("Input/output error"));
  CHECK(writer.is_over());
  CHECK_THROWS_WITH(writer.sync(), Catch::Contains("segment is over"));
  CHECK_THROWS_AS(writer.write(StepRecord{}), RecordError);
}

TEST_CASE(
    "a full disk: the accepted record waits, and a later sync leaves no gap and no torn line") {
  const TempDir dir;
  const auto path = dir.path() / "events.jsonl";
  const auto records = plausible_run(6, false);
  const std::string bytes = lines_of(records);
  struct rlimit old {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  for (std::size_t room = 1; room < bytes.size(); room += 37) {
    std::filesystem::remove(path);
    RecordWriter writer(path);
    const struct rlimit tight { room, old.rlim_max };
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    int failures = 0;
    for (const Record& record : records) {
      try {
        writer.write(record);
      } catch (const RecordError&) {
        ++failures;
      }
    }
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK(failures > 0);
    writer.sync();
    CHECK(read_file(path) == bytes);
  }
  ::signal(SIGXFSZ, old_handler);
}
