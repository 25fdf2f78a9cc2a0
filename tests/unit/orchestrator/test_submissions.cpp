#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "orchestrator/schedule/submissions.hpp"
#include "results/record/record_error.hpp"
#include "tests/support/temp_dir.hpp"

using namespace lockstep;

namespace {
const std::string kRun = "0123456789abcdef0123456789abcdef";
}

TEST_CASE("what is written is read back by another process") {
  const test::TempDir temp;
  Submissions writer(temp.path());
  const auto first = writer.prepare(kRun, "local");
  writer.ended(first, Exit{0, 9});
  const auto second = writer.prepare(kRun, "local");
  writer.stopping(second);
  CHECK(first != second);

  const Submissions reader(temp.path());
  const auto facts = reader.of(kRun);
  REQUIRE(facts.size() == 2);
  CHECK(facts[0].number == 1);
  CHECK(facts[0].token == first);
  CHECK(facts[0].exit_code == 137);
  CHECK_FALSE(facts[0].stopped);
  CHECK(facts[1].number == 2);
  CHECK_FALSE(facts[1].exit_code.has_value());
  CHECK(facts[1].stopped);
  CHECK(facts[1].owner_alive);  // this very process
  CHECK(reader.of("another").empty());
}

TEST_CASE("threads that ask for runs whose tokens begin alike hear the same") {
  const test::TempDir temp;
  const std::string head(12, 'a');
  std::vector<std::string> runs;
  Submissions writer(temp.path());
  for (char last = 'a'; last <= 'f'; ++last) {
    runs.push_back(head + std::string(20, last));
    writer.ended(writer.prepare(runs.back(), "local"), Exit{last, 0});
    writer.prepare(runs.back(), "local");
  }
  for (int round = 0; round < 20; ++round) {
    const Submissions reader(temp.path());
    std::vector<std::vector<SubmissionFact>> heard(runs.size());
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < runs.size(); ++i)
        threads.emplace_back([&, i] { heard[i] = reader.of(runs[i]); });
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
      REQUIRE(heard[i].size() == 2);
      CHECK(heard[i][0].exit_code == runs[i].back());
      CHECK_FALSE(heard[i][1].exit_code);
    }
  }
}

TEST_CASE("a journal in memory is the journal on disk") {
  const test::TempDir temp;
  Submissions writer(temp.path());
  for (int i = 0; i < 5; ++i) writer.ended(writer.prepare(kRun, "local"), Exit{70 + i, 0});
  const auto live = writer.of(kRun);
  const auto read = Submissions(temp.path()).of(kRun);
  REQUIRE(live.size() == read.size());
  for (std::size_t i = 0; i < live.size(); ++i) {
    CHECK(live[i].token == read[i].token);
    CHECK(live[i].exit_code == read[i].exit_code);
    CHECK(live[i].number == read[i].number);
  }
}

TEST_CASE("forgiveness reaches back, not ahead") {
  const test::TempDir temp;
  Submissions writer(temp.path());
  writer.ended(writer.prepare(kRun, "local"), Exit{70, 0});
  writer.forgive({{kRun, {.submission = 1, .attempt = 4}}});
  writer.ended(writer.prepare(kRun, "local"), Exit{70, 0});
  for (const auto& facts : {writer.of(kRun), Submissions(temp.path()).of(kRun)}) {
    REQUIRE(facts.size() == 2);
    CHECK(facts[0].forgiven);
    CHECK_FALSE(facts[1].forgiven);
  }
  CHECK(Submissions(temp.path()).forgiven(kRun).attempt == 4);
}

TEST_CASE("a missing folder is an empty journal, a foreign file is named") {
  const test::TempDir temp;
  CHECK(Submissions(temp.path() / "none").of(kRun).empty());
  std::ofstream(temp.path() / "foreign.json") << "{\"hello\": 1}";
  CHECK_THROWS_WITH(Submissions(temp.path()), Catch::Contains("foreign.json"));
}

TEST_CASE("a temporary file of a writer that was killed is not read") {
  const test::TempDir temp;
  Submissions writer(temp.path());
  writer.prepare(kRun, "local");
  for (const auto& entry : std::filesystem::directory_iterator(temp.path())) {
    std::ofstream(entry.path().string() + ".tmp-1234") << "{\"tok";
  }
  CHECK(Submissions(temp.path()).of(kRun).size() == 1);
}

TEST_CASE("a cancellation holds until a retry that knows of it, whatever the clock says") {
  const test::TempDir temp;
  const std::string other = "fedcba98765432100123456789abcdef";
  Submissions supervisor(temp.path());
  CHECK(supervisor.new_cancellations().empty());
  Submissions(temp.path()).cancel({{kRun}, false});
  CHECK_FALSE(supervisor.cancelled(kRun));
  const auto fresh = supervisor.new_cancellations();
  REQUIRE(fresh.size() == 1);
  CHECK(fresh[0].runs == std::vector<std::string>{kRun});
  CHECK_FALSE(fresh[0].whole_study);
  CHECK(supervisor.cancelled(kRun));
  CHECK_FALSE(supervisor.cancelled(other));
  CHECK(supervisor.new_cancellations().empty());

  Submissions resume(temp.path());
  Submissions(temp.path()).cancel({{kRun, other}, true});  // resume does not know of it
  resume.forgive({{kRun, {.submission = 0, .attempt = 0}}});
  CHECK_FALSE(resume.cancelled(kRun));
  CHECK(Submissions(temp.path()).cancelled(kRun));
  CHECK(resume.new_cancellations().size() == 1);
  CHECK(resume.cancelled(kRun));
  resume.forgive({});
  CHECK_FALSE(Submissions(temp.path()).cancelled(kRun));
  CHECK_FALSE(Submissions(temp.path()).cancelled(other));
}

TEST_CASE("a foreign file among the cancellations is named") {
  const test::TempDir temp;
  std::filesystem::create_directories(temp.path() / "cancellations");
  std::ofstream(temp.path() / "cancellations" / "odd.json") << "[]";
  CHECK_THROWS_WITH(Submissions(temp.path()), Catch::Contains("odd.json"));
}

TEST_CASE("files of a run are read when it is asked for; tokens are known by their names") {
  const test::TempDir temp;
  const std::string other = "fedcba9876543210fedcba9876543210";
  std::vector<std::string> tokens;
  {
    Submissions writer(temp.path());
    for (int i = 0; i < 11; ++i) {  // the tenth sorts after the ninth
      tokens.push_back(writer.prepare(kRun, "local"));
      writer.ended(tokens.back(), Exit{70, 0});
    }
    writer.prepare(other, "local");
    std::reverse(tokens.begin(), tokens.end());
    CHECK(writer.tokens_of(kRun) == tokens);
  }
  Submissions later(temp.path());
  CHECK(later.tokens_of(kRun) == tokens);
  std::ofstream(temp.path() / (tokens.front() + ".json")) << "noise";
  CHECK(later.of(other).size() == 1);
  CHECK_THROWS_WITH(later.of(kRun), Catch::Contains(tokens.front()));
}

TEST_CASE("a journal that is read again goes on where it stood") {
  const test::TempDir temp;
  const std::string token = Submissions(temp.path()).prepare(kRun, "local");
  Submissions second(temp.path());
  second.ended(token, Exit{75, 0});
  CHECK(Submissions(temp.path()).of(kRun).at(0).exit_code == 75);
  Submissions third(temp.path());
  third.forgive({{kRun, {.submission = 1, .attempt = 1}}});
  CHECK(third.of(kRun).at(0).forgiven);
}
