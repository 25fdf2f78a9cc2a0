// What a new user runs into: damaged files, full disks, missing data, misspelt names. Every case
// ends with one clear line and the code that its kind has.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "results/record/run_directory.hpp"
#include "results/record/workspace.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
namespace fs = std::filesystem;
using Catch::Contains;
using States = std::map<std::string, int>;

namespace {
const std::vector<std::string> kQuick{"--no-report", "--no-calibration"};

std::vector<std::string> run(const std::string& spec, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"run", spec};
  words.insert(words.end(), kQuick.begin(), kQuick.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void write(const fs::path& path, const std::string& bytes) {
  fs::remove(path);  // DONE and RESULT are one file
  std::ofstream(path, std::ios::binary) << bytes;
}

void flip_a_byte(const fs::path& path) {
  std::string bytes = read_file(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write(path, bytes);
}

/// The directory of the first run.
RunDirectory a_run(const test::Cli& cli) {
  return RunDirectory(fs::directory_iterator(cli.workspace() / "runs")->path());
}

/// `$LOCKSTEP` in a shell script is the program.
CommandResult in_shell(const test::Cli& cli, const std::string& script) {
  auto environment = cli.environment;
  environment["LOCKSTEP"] = fs::absolute(test::lockstep_program()).string();
  ProcessRunner runner;
  return runner.run({.argv = {"/bin/sh", "-c", script},
                     .input = "",
                     .directory = cli.folder(),
                     .environment = environment,
                     .deadline_s = 60});
}

std::string fashion_spec(const test::Cli& cli) {
  const auto path = cli.folder() / "fashion.yaml";
  std::ofstream(path) << "lockstep: 1\nstudy: fashion\nbase:\n  algorithm: sync_sgd\n  dataset: "
                         "fashion-mnist\n  model: mlp\n  workers: 2\n  steps: 20\n";
  return path.string();
}
}  // namespace

TEST_CASE("db check reads the records, also where the index is whole") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 2), "--no-calibration"}).rc == 0);
  CHECK(cli.run({"db", "check"}).out == "ok\n");
  const RunDirectory bad = a_run(cli);
  flip_a_byte(bad.events(1));
  const std::string place = "runs/" + bad.id() + "/attempts/1/events.jsonl:";
  const auto looked = [&] {
    const auto result = cli.run({"db", "check"});
    CHECK(result.rc == 6);
    CHECK_THAT(result.out, Catch::StartsWith(place));
    CHECK_THAT(result.err, Contains("move it away"));
  };
  looked();
  CHECK(cli.run({"import"}).rc == 6);
  looked();
  CHECK(cli.run({"db", "rebuild"}).rc == 6);
  looked();
  fs::remove(cli.workspace() / "lockstep.db");
  looked();
}

TEST_CASE("a damaged DONE names the way out, and the way out works") {
  test::Cli cli;
  const auto spec = cli.spec(1, 2);
  REQUIRE(cli.run(run(spec)).rc == 0);
  const RunDirectory bad = a_run(cli);
  write(bad.done(), "noise");
  write(bad.result(1), "noise");
  const auto result = cli.run(run(spec));
  CHECK(result.rc == 3);
  CHECK_THAT(result.err, Contains("move " + bad.path().string() + " away"));
  fs::rename(bad.path(), cli.folder() / "away");
  CHECK(cli.run(run(spec)).rc == 0);
  CHECK(cli.states() == States{{"done", 2}});
  CHECK(cli.run({"import"}).rc == 0);
}

TEST_CASE("--salvage: what is left of damaged records, and nobody is silent about it") {
  test::Cli cli;
  const auto spec = cli.spec(2, 2);
  REQUIRE(cli.run(run(spec)).rc == 0);
  const RunDirectory bad = a_run(cli);
  const std::string whole = read_file(bad.events(1));
  const std::string before = cli.run({"report", "tiny", "--print", "csv"}).out;
  std::string hurt = whole;
  hurt[whole.size() / 2] ^= 1;
  write(bad.events(1), hurt);
  const auto told = cli.run({"import"});
  CHECK(told.rc == 6);
  CHECK_THAT(told.err, Contains("events.jsonl:") && Contains("import --salvage"));
  CHECK(cli.run({"db", "check", "--salvage"}).rc == 2);

  const auto left = cli.run({"import", "--salvage"});
  CHECK(left.rc == 0);
  CHECK_THAT(left.err, Contains("salvaged, 1 record is missing"));
  const fs::path rows = cli.folder() / "rows.csv";
  // From now on all say it, each time, and nobody has to say --salvage again.
  for (const std::vector<std::string>& words : {std::vector<std::string>{"import"},
                                                {"report", "tiny"},
                                                {"db", "rebuild"},
                                                {"report", "tiny", "--verify"},
                                                {"export", "tiny", "-o", rows.string()}}) {
    const auto again = cli.run(words);
    INFO(words.front() << again.err);
    CHECK(again.rc == 0);
    CHECK_THAT(again.err, Contains("salvaged, 1 record is missing"));
  }
  CHECK_THAT(cli.json({"import", "--json"}).at("salvaged").at(0).get<std::string>(),
             Contains(bad.id()));
  const auto check = cli.run({"db", "check"});
  CHECK(check.rc == 6);
  CHECK_THAT(check.out, Contains("salvaged, 1 record is missing"));
  CHECK_THAT(check.err, !Contains("the way out"));  // it has been taken
  const auto report = cli.json({"report", "tiny", "--json"}).dump();
  CHECK_THAT(report, Contains("salvaged, 1 record is missing") && Contains("(1 salvaged)") &&
                         Contains("1 of its records are missing"));

  write(bad.events(1), whole);
  CHECK(cli.run({"db", "check"}).rc == 0);
  CHECK(cli.run({"report", "tiny", "--print", "csv"}).out == before);
}

TEST_CASE("output that does not arrive is an error; a reader that has gone is none") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  REQUIRE(cli.run({"run", spec, "--no-calibration"}).rc == 0);
  for (const std::string words :
       {"schema", "plan tiny.yaml", "plan tiny.yaml --json", "status --json", "db check",
        "report tiny --print json", "report tiny", "--help"}) {
    const auto result = in_shell(cli, "$LOCKSTEP " + words + " >/dev/full");
    INFO(words << ": " << result.err);
    CHECK(result.rc == 5);
    CHECK_THAT(result.err, Contains("lockstep: the output could not be written in full"));
  }
  const auto piped =
      in_shell(cli, "trap '' PIPE; (sleep 0.2; $LOCKSTEP schema; echo rc $? >&2) | true; exit 0");
  CHECK(piped.err == "rc 0\n");
}

TEST_CASE("missing data is found before any run starts") {
  test::Cli cli;  // LOCKSTEP_DATA is a folder without data sets
  const auto result = cli.run(run(fashion_spec(cli)));
  CHECK(result.rc == 5);
  CHECK_THAT(result.err, Contains("train-images-idx3-ubyte") && Contains(cli.folder().string()) &&
                             Contains("dataset-fashion-mnist"));
  CHECK(cli.starts() == 0);
}

TEST_CASE("data that the trainer cannot read may be damaged; nothing is calibrated for it") {
  test::Cli cli;
  cli.behave("* exit69\n");
  const auto result = cli.run({"run", cli.spec(1, 1), "--no-report"});
  CHECK(result.rc == 3);
  CHECK_THAT(result.err, Contains("missing or damaged (exit 69)") && !Contains("calibrating"));
}

TEST_CASE("the measured clock says that runs go one at a time, and which have no measured time") {
  test::Cli cli;
  std::ofstream(cli.folder() / "one.yaml")
      << "lockstep: 1\nstudy: one\nbase: {algorithm: sync_sgd, dataset: synthetic, model: mlp, "
         "workers: 1, steps: 20}\nlaunch: {local: {slots: 2}}\n";
  CHECK_THAT(cli.run(run("one.yaml")).err, Contains("2 at once"));
  const auto again = cli.run(run("one.yaml", {"--measured-clock"}));
  CHECK(again.rc == 0);
  CHECK_THAT(again.err, Contains("1 run was done without the measured clock"));
  fs::remove_all(cli.workspace());
  const auto measured = cli.run(run("one.yaml", {"--measured-clock"}));
  CHECK_THAT(measured.err, Contains("one at a time") && !Contains("at once") &&
                               !Contains("without the measured clock"));
}

TEST_CASE("a workspace that is a file is refused by every command") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  std::ofstream(cli.workspace()) << "x";
  const std::vector<std::vector<std::string>> commands{
      {"status"},      {"plan", spec},    {"run", spec},     {"import"},
      {"db", "check"}, {"db", "rebuild"}, {"report", "tiny"}};
  for (const auto& words : commands) {
    const auto result = cli.run(words);
    CHECK(result.rc == 5);
    CHECK_THAT(result.err, Contains(cli.workspace().string()) && Contains("--workspace"));
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  }
  CHECK(cli.run({"doctor"}).rc == 5);
}

TEST_CASE("a misspelt workspace is not made one") {
  test::Cli cli;
  const auto typo = cli.folder() / "typo";
  const std::vector<std::vector<std::string>> commands{
      {"import", "-w"}, {"db", "rebuild", "-w"}, {"db", "check", "-w"}};
  for (auto words : commands) {
    words.push_back(typo.string());
    const auto result = cli.run(words);
    CHECK(result.rc == 5);
    CHECK_THAT(result.err, Contains(typo.string()));
    CHECK_FALSE(fs::exists(typo));
  }
}

TEST_CASE("no library speaks to the user: garbage plans, a folder as index, wrong arguments") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  REQUIRE(cli.run(run(spec)).rc == 0);
  const auto plain = [](const CommandResult& result, int rc) {
    CHECK(result.rc == rc);
    CHECK_THAT(result.out + result.err, !Contains("json.exception") && !Contains("filesystem") &&
                                            !Contains(".000000") && !Contains("Run with --help"));
    CHECK_THAT(result.err, Catch::StartsWith("lockstep: "));
  };
  for (const std::string value : {"nan", "inf", "0.01", "1e8", "soon"})
    plain(cli.run(run(spec, {"--checkpoint-every", value})), 2);
  plain(cli.run({"status", "-w", ""}), 2);
  plain(cli.run({"run", spec, "--data", ""}), 2);
  plain(cli.run({"run", "--nonsense", spec}), 2);
  plain(cli.run({"run"}), 2);

  fs::remove(cli.workspace() / "lockstep.db");
  fs::create_directory(cli.workspace() / "lockstep.db");
  for (const std::string action : {"check", "rebuild"}) plain(cli.run({"db", action}), 5);
  plain(cli.run({"import"}), 5);
  fs::remove(cli.workspace() / "lockstep.db");

  const auto plan = Workspace(cli.workspace()).plans("tiny").front();
  write(plan, "garbage");
  plain(cli.run({"status", "tiny"}), 6);
  plain(cli.run({"import"}), 6);
  const auto checked = cli.run({"db", "check"});
  CHECK(checked.rc == 6);
  CHECK_THAT(checked.out, Contains("studies/tiny/plan-") && !Contains("json.exception"));
}

TEST_CASE("runs of earlier plans that stay in a study are counted") {
  test::Cli cli;
  CHECK_THAT(cli.run(run(cli.spec(2, 2))).err, !Contains("earlier plans"));
  const auto narrow = cli.spec(1, 2);
  CHECK_THAT(cli.run({"plan", narrow}).err, Contains("2 runs of earlier plans stay"));
  CHECK_THAT(cli.run(run(narrow)).err, Contains("2 runs of earlier plans stay"));
  CHECK_THAT(cli.run(run(cli.spec(3, 2))).err, !Contains("earlier plans"));
}

TEST_CASE("one is singular") {
  test::Cli cli;
  CHECK_THAT(cli.run({"plan", cli.spec(1, 1)}).out, Contains("1 run in 1 cell:"));
  CHECK_THAT(cli.run({"plan", cli.spec(2, 1)}).out, Contains("2 runs in 2 cells:"));
}

TEST_CASE("words that a command does not take are told in its words") {
  test::Cli cli;
  const auto said = [&](const std::vector<std::string>& words) {
    const auto result = cli.run(words);
    CHECK(result.rc == 2);
    return result.err;
  };
  CHECK_THAT(said({"run", "x.yaml", "--slots", "1.5"}), Contains("--slots cannot be '1.5'"));
  CHECK_THAT(said({"plan", "a", "b", "c"}), Contains("nothing here takes 'b c'"));
  CHECK_THAT(said({"export", "tiny", "--what", "x"}), Contains("only one of records, runs"));
  CHECK_THAT(said({"run", "x.yaml", "--slots"}), Contains("--slots wants a value: N"));
}

TEST_CASE("a spec where a study is wanted, and the other way round, is a near miss") {
  test::Cli cli;
  const std::string spec = cli.spec(1, 1);
  REQUIRE(cli.run(run(spec)).rc == 0);
  CHECK_THAT(cli.run({"status", "tiny.yaml"}).err, Contains("did you mean 'tiny'?"));
  const std::string stem = spec.substr(0, spec.rfind('.'));
  CHECK_THAT(cli.run({"plan", stem}).err, Contains("did you mean '" + spec + "'?"));
}

TEST_CASE("an index that is no index stops a study before it trains") {
  test::Cli cli;
  const std::string spec = cli.spec(1, 1);
  fs::create_directories(cli.workspace());
  write(cli.workspace() / "lockstep.db", "no database at all, and longer than its header is");
  const auto result = cli.run(run(spec));
  CHECK(result.rc == 6);
  CHECK_THAT(result.err, Contains("db rebuild"));
  CHECK(cli.starts() == 0);
}

TEST_CASE("who may only read gets the report of what is imported") {
  if (::geteuid() != 0) return;  // only root can become somebody else
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(1, 2), "--no-calibration"}).rc == 0);
  const auto as_nobody = [&](const std::string& words) {
    return in_shell(cli,
                    "setpriv --reuid 65534 --regid 65534 --clear-groups env "
                    "\"$LOCKSTEP\" " +
                        words);
  };
  REQUIRE(in_shell(cli, "chmod -R a+rX .").ok());
  fs::permissions(cli.folder(), fs::perms::others_exec | fs::perms::others_read,
                  fs::perm_options::add);
  const auto printed = as_nobody("report tiny --print csv");
  INFO(printed.err);
  CHECK(printed.rc == 0);
  CHECK_THAT(printed.out, Contains("local_sgd") || Contains("sync_sgd"));
  CHECK_THAT(printed.err, Contains("you may not write in"));
  CHECK(as_nobody("report tiny --verify").rc == 0);
  CHECK(as_nobody("export tiny --what runs").rc == 0);
}
