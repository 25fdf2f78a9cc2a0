// Commands that read: export, db backup, reference, and --json of every one.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "results/record/run_directory.hpp"
#include "results/store/store.hpp"
#include "sweeps/run/tables.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<nlohmann::json> objects_of(const std::string& text) {
  std::vector<nlohmann::json> objects;
  for (const std::string& line : lines_of(text)) objects.push_back(nlohmann::json::parse(line));
  return objects;
}

/// A study of four runs, of which one was stopped by a checkpoint and resumed.
void run_study(test::Cli& cli) {
  cli.behave("* checkpoint ok\n");
  REQUIRE(cli.run({"run", cli.spec(1, 1, 20), "--no-report", "--no-calibration"}).rc == 0);
  cli.behave("");
  REQUIRE(cli.run({"run", cli.spec(2, 2, 20), "--no-report", "--no-calibration"}).rc == 0);
}
}  // namespace

namespace {
CommandResult outside(const std::vector<std::string>& argv, const fs::path& folder) {
  ProcessRunner runner;
  return runner.run(
      {.argv = argv, .input = "", .directory = folder, .environment = {}, .deadline_s = 60});
}
}  // namespace

TEST_CASE("export: a bundle unpacks to a workspace that is whole and reports the same") {
  test::Cli cli;
  run_study(cli);
  REQUIRE(cli.run({"report", "tiny"}).rc == 0);
  const fs::path file = cli.folder() / "tiny.tar.gz", again = cli.folder() / "again.tar.gz";
  REQUIRE(cli.run({"export", "tiny", "--what", "bundle", "-o", file.string()}).rc == 0);
  REQUIRE(cli.run({"export", "tiny", "--what", "bundle", "-o", again.string()}).rc == 0);
  CHECK(read_file(file) == read_file(again));

  REQUIRE(outside({"tar", "-xzf", file.string()}, cli.folder()).ok());
  const fs::path unpacked = cli.folder() / "tiny";
  CHECK(outside({"sha256sum", "--quiet", "-c", "SHA256SUMS"}, unpacked).ok());
  for (const char* name : {"report.md", "report.json"}) {
    const fs::path report = fs::path("studies") / "tiny" / "report" / name;
    CHECK(read_file(unpacked / report) == read_file(cli.workspace() / report));
  }
  const std::vector<std::string> there{"--workspace", unpacked.string()};
  const auto verified = cli.run({"report", "tiny", "--verify", there[0], there[1]});
  INFO(verified.err);
  CHECK(verified.rc == 0);
  CHECK(cli.run({"db", "check", there[0], there[1]}).rc == 0);
  CHECK_THAT(cli.run({"status", there[0], there[1]}).out, Contains("4 done"));
}

TEST_CASE("export: a bundle that is damaged after it is found out") {
  test::Cli cli;
  run_study(cli);
  const fs::path file = cli.folder() / "tiny.tar.gz";
  const auto made = cli.run({"export", "tiny", "--what", "bundle", "-o", file.string()});
  REQUIRE(made.rc == 0);
  CHECK_THAT(made.err, Contains("no report"));
  REQUIRE(outside({"tar", "-xzf", file.string()}, cli.folder()).ok());
  std::ofstream(cli.folder() / "tiny" / "studies" / "tiny" / "spec.yaml", std::ios::app) << "#\n";
  CHECK(!outside({"sha256sum", "--quiet", "-c", "SHA256SUMS"}, cli.folder() / "tiny").ok());
}

TEST_CASE("export: a bundle wants a name and no format; models go into bundles only") {
  test::Cli cli;
  run_study(cli);
  CHECK_THAT(cli.run({"export", "tiny", "--what", "bundle"}).err, Contains("-o tiny.tar.gz"));
  CHECK(cli.run({"export", "tiny", "--what", "bundle"}).rc == 2);
  CHECK(cli.run({"export", "tiny", "--what", "bundle", "--format", "csv", "-o", "x"}).rc == 2);
  CHECK(cli.run({"export", "tiny", "--models"}).rc == 2);
}

TEST_CASE("export: the records of the history that counts, each number once, in order") {
  test::Cli cli;
  run_study(cli);
  const auto result = cli.run({"export", "tiny", "--format", "jsonl"});
  REQUIRE(result.rc == 0);
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> newest;
  std::map<std::string, int> tests, syncs;
  std::map<std::string, std::set<std::int64_t>> attempts;
  for (const auto& row : objects_of(result.out)) {
    const auto run = row.at("run").get<std::string>();
    const std::pair place{row.at("attempt").get<std::int64_t>(), row.at("seq").get<std::int64_t>()};
    CHECK(newest[run] <= place);
    newest[run] = place;
    attempts[run].insert(place.first);
    CHECK(row.at("study") == "tiny");
    if (row.at("type") == "eval" && row.at("name") == "accuracy" && row.at("kind") == "test") {
      ++tests[run];
      CHECK(row.at("step") == 20);
    }
    if (row.at("type") == "sync" && row.at("name") == "compute_s") ++syncs[run];
  }
  REQUIRE(newest.size() == 4);
  int resumed = 0;
  for (const auto& [run, count] : tests) CHECK(count == 1);
  for (const auto& [run, numbers] : attempts) resumed += numbers.count(2) > 0;
  CHECK(resumed == 1);
  CHECK(tests.size() == 4);
}

TEST_CASE("export: CSV has the rows of JSON Lines; files appear whole, and the same twice") {
  test::Cli cli;
  run_study(cli);
  for (const char* what : {"records", "syncs", "runs", "cells"}) {
    const auto csv = cli.run({"export", "tiny", "--what", what});
    const auto json = cli.run({"export", "tiny", "--what", what, "--format", "jsonl"});
    REQUIRE(csv.rc == 0);
    CHECK(lines_of(csv.out).size() == lines_of(json.out).size() + 1);
    CHECK(lines_of(csv.out).front().rfind("study,", 0) == 0);
    REQUIRE(cli.run({"export", "tiny", "--what", what, "-o", "out.csv"}).rc == 0);
    CHECK(read_file(cli.folder() / "out.csv") == csv.out);
  }
  CHECK(cli.run({"export", "tiny", "-o", "no/such/folder/x.csv"}).rc == 5);
  const auto folder = cli.run({"export", "tiny", "-o", "."});
  CHECK(folder.rc == 2);
  CHECK_THAT(folder.err, Contains("is a folder"));
  for (const auto& entry : fs::directory_iterator(cli.folder()))
    CHECK_THAT(entry.path().filename().string(), !Contains(".tmp-"));
}

TEST_CASE("export: a cell says of how many runs its accuracy is the mean") {
  test::Cli cli;
  run_study(cli);
  const auto validated = [&] {
    std::int64_t sum = 0;
    for (const auto& cell :
         objects_of(cli.run({"export", "tiny", "--what", "cells", "--format", "jsonl"}).out)) {
      sum += cell.at("validated").get<std::int64_t>();
    }
    return sum;
  };
  const auto all = validated();
  CHECK(all > 0);
  const auto runs = fs::directory_iterator(cli.workspace() / "runs");
  const RunDirectory run(begin(runs)->path());
  for (const int attempt : run.claimed_attempts())
    fs::resize_file(run.events(attempt), 100);  // no record is left whole
  CHECK(validated() == all - 1);
}

TEST_CASE("export: runs have every parameter as a column, and how they ended") {
  test::Cli cli;
  cli.behave("* diverge");
  REQUIRE(cli.run({"run", cli.spec(1, 2), "--no-report", "--no-calibration"}).rc == 0);
  const auto runs =
      objects_of(cli.run({"export", "tiny", "--what", "runs", "--format", "jsonl"}).out);
  REQUIRE(runs.size() == 2);
  for (const auto& run : runs) {
    CHECK(run.at("algorithm") == "local_sgd");
    CHECK(run.at("workers") == 2);
    CHECK(run.at("lr").is_number());
    CHECK(run.at("end_reason") == "diverged");
    CHECK(run.at("detail") == "loss is NaN");
    CHECK(run.at("nesterov") == 0);
    CHECK(run.at("train_s") == 0.01);
  }
}

TEST_CASE("export names the study that is meant, and refuses unknown tables") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 1), "--no-report", "--no-calibration"}).rc == 0);
  CHECK_THAT(cli.run({"export", "tny"}).err, Contains("did you mean 'tiny'?"));
  CHECK(cli.run({"export", "tny"}).rc == 2);
  CHECK(cli.run({"export", "tiny", "--what", "secrets"}).rc == 2);
}

TEST_CASE("db backup: a whole copy under a new name, nothing written over") {
  test::Cli cli;
  CHECK(cli.run({"db", "backup", "copy.db"}).rc == 5);  // there is no index yet
  REQUIRE(cli.run({"run", cli.spec(1, 2), "--no-calibration"}).rc == 0);
  const auto made = cli.run({"db", "backup", "copy.db"});
  REQUIRE(made.rc == 0);
  CHECK(made.out == (cli.folder() / "copy.db").string() + "\n");
  const Tables tables = Tables::builtin();
  const auto dump = [&](const fs::path& file) {
    return Store(file, Store::Mode::read_only, tables).dump();
  };
  CHECK(dump(cli.folder() / "copy.db") == dump(cli.workspace() / "lockstep.db"));
  const std::string before = read_file(cli.folder() / "copy.db");
  const auto again = cli.run({"db", "backup", "copy.db"});
  CHECK(again.rc == 5);
  CHECK_THAT(again.err, Contains("copy.db") && Contains("not written over"));
  CHECK(read_file(cli.folder() / "copy.db") == before);
  std::ofstream(cli.folder() / "mine.txt") << "mine";
  CHECK(cli.run({"db", "backup", "mine.txt"}).rc == 5);
  CHECK(read_file(cli.folder() / "mine.txt") == "mine");
  CHECK(cli.run({"db", "backup", "no/such/folder/x.db"}).rc == 5);
  CHECK(cli.run({"db", "check", "copy.db"}).rc == 2);
  const auto json = cli.json({"db", "backup", "--json"});
  CHECK(fs::path(json.at("path").get<std::string>()).parent_path() == cli.workspace());
}

TEST_CASE("db backup of a damaged index ends with 6 and leaves nothing behind") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 2), "--no-calibration"}).rc == 0);
  std::ofstream(cli.workspace() / "lockstep.db", std::ios::trunc) << std::string(5000, 'x');
  CHECK(cli.run({"db", "backup", "copy.db"}).rc == 6);
  CHECK_FALSE(fs::exists(cli.folder() / "copy.db"));
}

TEST_CASE("every command that reads has --json with the number of its format") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 2)}).rc == 0);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"plan", "tiny.yaml"},
                                             {"status"},
                                             {"status", "tiny"},
                                             {"db", "check"},
                                             {"db", "rebuild"},
                                             {"import"},
                                             {"report", "tiny"}}) {
    auto with = words;
    with.push_back("--json");
    const auto json = cli.json(with);
    INFO(words[0]);
    CHECK(json.at("format").get<int>() >= 1);
  }
  std::ofstream(cli.workspace() / "studies" / "tiny" / "plan-000000000000.json") << "{";
  const auto damaged = cli.run({"db", "check", "--json"});
  CHECK(damaged.rc == 6);
  const auto json = nlohmann::json::parse(damaged.out);
  CHECK(json.at("ok") == false);
  CHECK_THAT(json.at("damage").at(0).get<std::string>(), Contains("plan-000000000000.json:"));
}

TEST_CASE("the reference page in the tree is that of the tables: make reference") {
  const auto page = test::Cli().run({"reference"});
  REQUIRE(page.rc == 0);
  CHECK(page.out == read_file(test::source_dir() / "sweeps" / "REFERENCE.md"));
}

TEST_CASE("export: what is no file stays what it is, and a link leads to the file") {
  test::Cli cli;
  run_study(cli);
  const fs::path pipe = cli.folder() / "pipe", rows = cli.folder() / "rows.csv",
                 link = cli.folder() / "link";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int fd = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK);  // it holds 64 KiB, which is enough
  const auto result = cli.json({"export", "tiny", "--what", "runs", "-o", pipe.string(), "--json"});
  std::string read(65536, '\0');
  read.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(fd, read.data(), read.size()))));
  ::close(fd);
  CHECK(fs::is_fifo(pipe));
  CHECK(result.at("bytes").is_null());

  // It leads to a file without a name here: a rename could only put one somewhere else.
  CHECK(cli.run({"export", "tiny", "--what", "runs", "-o", "/dev/stdout"}).out == read);

  std::ofstream(rows) << "older";
  fs::create_symlink(rows, link);
  REQUIRE(cli.run({"export", "tiny", "--what", "runs", "-o", link.string()}).rc == 0);
  CHECK(fs::is_symlink(link));
  CHECK(read_file(rows) == read);
}
