// --json of every command against its documentation: orchestrator/JSON.md. Nothing may be printed
// that is not documented, and nothing documented that is never printed.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "results/record/run_directory.hpp"
#include "results/record/workspace.hpp"
#include "tests/support/golden.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
using Catch::Contains;
using Json = nlohmann::json;
using Set = std::set<std::string>;

namespace {
struct Members {
  Set needed, optional;
};

/// The tables below the headings of the page: command -> members.
std::map<std::string, Members> documented() {
  std::map<std::string, Members> page;
  std::vector<std::string> commands;
  std::istringstream in(read_file(test::source_dir() / "orchestrator/JSON.md"));
  const std::regex code("`([^`]+)`(\\?)?");
  for (std::string line; std::getline(in, line);) {
    const bool heading = line.starts_with("## "), row = line.starts_with("| `");
    if (!heading && !row) continue;
    if (heading) commands.clear();
    const std::string part = row ? line.substr(0, line.find('|', 1)) : line;
    for (std::sregex_iterator at(part.begin(), part.end(), code), end; at != end; ++at) {
      if (heading) commands.push_back(at->str(1));
      for (const std::string& command : heading ? std::vector<std::string>() : commands)
        (at->str(2).empty() ? page[command].needed : page[command].optional).insert(at->str(1));
    }
  }
  return page;
}

/// The paths of all scalars, empty lists and empty objects; "*" for names that vary.
void collect(const Json& json, const std::string& path, Set& paths) {
  const auto below = [&](const std::string& name) {
    return path.empty() ? name : path + "." + name;
  };
  const bool varies = path == "counts" || path.ends_with(".config");
  if (json.is_object()) {
    for (const auto& [name, value] : json.items())
      varies ? (void)paths.insert(path + ".*") : collect(value, below(name), paths);
  } else if (json.is_array()) {
    for (const Json& item : json) collect(item, path + "[]", paths);
  } else {
    paths.insert(path);
  }
}

/// `samples` show every member of the command that is not optional, and no other. `unseen` are
/// lists that no sample fills.
void check_documented(const std::string& command, const std::vector<Json>& samples,
                      const Set& unseen = {}) {
  static const auto page = documented();
  REQUIRE(page.count(command) == 1);
  const Members& members = page.at(command);
  Set seen;
  for (const Json& sample : samples) {
    CHECK(sample.at("format") == 1);
    collect(sample, "", seen);
  }
  for (const std::string& path : seen) {
    INFO(command << " prints " << path);
    CHECK(members.needed.count(path) + members.optional.count(path) == 1);
  }
  for (const std::string& path : members.needed) {
    INFO(command << " promises " << path);
    CHECK(seen.count(path) + unseen.count(path) == 1);
  }
}

/// Whatever the exit code: the object is all of stdout.
Json object_of(const CommandResult& result) {
  INFO(result.err);
  REQUIRE_FALSE(result.out.empty());
  return Json::parse(result.out);
}

std::string first_id(test::Cli& cli) {
  return cli.json({"plan", "tiny.yaml", "--json"}).at("runs").at(0).at("id");
}

void flip_a_byte(const std::filesystem::path& path) {
  std::string bytes = read_file(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}
}  // namespace

TEST_CASE("json: run and resume, whatever happens") {
  std::vector<Json> samples;
  test::Cli cli;
  const auto spec = cli.spec(1, 2);
  cli.behave(first_id(cli) + " abort ok\n* ok\n");
  const auto failed = cli.run({"run", spec, "--json"});
  CHECK(failed.rc == 3);
  samples.push_back(object_of(failed));
  CHECK(samples.back().at("outcome") == "finished");
  CHECK(samples.back().at("exit_code") == 3);
  CHECK(samples.back().at("counts") == Json{{"done", 1}, {"failed", 1}});
  const Json& rest = samples.back().at("without_result").at(0);
  CHECK(rest.at("id") == first_id(cli));
  CHECK(rest.at("state") == "failed");
  CHECK_THAT(rest.at("reason").get<std::string>(), Contains("exit 70"));
  CHECK(std::filesystem::exists(rest.at("log").get<std::string>()));
  CHECK_THAT(samples.back().at("next_command").get<std::string>(), Contains("resume tiny"));
  for (const Json& name : samples.back().at("report").at("files"))
    CHECK(std::filesystem::exists(
        std::filesystem::path(samples.back().at("report").at("directory").get<std::string>()) /
        name.get<std::string>()));

  const auto resumed = cli.run({"resume", "tiny", "--json", "--no-report"});
  CHECK(resumed.rc == 0);
  samples.push_back(object_of(resumed));
  CHECK(samples.back().at("without_result").empty());
  CHECK(samples.back().at("report").is_null());
  CHECK_THAT(samples.back().at("next_command").get<std::string>(), Contains("report tiny"));
  samples.push_back(object_of(cli.run({"run", spec, "--json"})));  // nothing to do
  CHECK(samples.back().at("outcome") == "finished");
  CHECK(samples.back().at("next_command") == "");
  check_documented("run", samples);
  check_documented("resume", samples);
}

TEST_CASE("json: a study that is not started, and why") {
  const auto outcome = [](test::Cli& cli, std::vector<std::string> words, int rc) {
    words.push_back("--json");
    const auto result = cli.run(words);
    CHECK(result.rc == rc);
    Json json = object_of(result);
    CHECK(json.at("exit_code") == rc);
    CHECK(json.at("exit_meaning") != "");
    CHECK(json.at("outcome") == "not_started");
    CHECK(json.at("counts") == Json{{"new", 1}});
    CHECK_THAT(json.at("next_command").get<std::string>(), Contains(words[0] + " " + words[1]));
    return json.at("error").get<std::string>();
  };
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  CHECK_THAT(outcome(cli, {"run", spec, "--budget-hours", "1e-9"}, 2), Contains("--yes"));
  cli.environment["LOCKSTEP_FAKE_IDENTITY_FAILS"] = "1";
  CHECK(outcome(cli, {"run", spec}, 6) == "");
  cli.environment["LOCKSTEP_TRAIN"] = "/no/such/trainer";
  CHECK_THAT(outcome(cli, {"run", spec}, 5), Contains("/no/such/trainer"));
  CHECK_THAT(outcome(cli, {"resume", "tiny"}, 5), Contains("/no/such/trainer"));

  // Before there is a study, stdout stays empty.
  for (const auto& words : std::vector<std::vector<std::string>>{{"run", "none.yaml", "--json"},
                                                                 {"resume", "none", "--json"}}) {
    const auto result = cli.run(words);
    CHECK(result.rc == 2);
    CHECK(result.out == "");
  }
}

TEST_CASE("json: a study that is interrupted, and one that is cancelled") {
  for (const bool cancel : {false, true}) {
    test::Cli cli;
    const auto spec = cli.spec(1, 1);
    cli.behave("* hang ok\n");
    auto run = cli.start({"run", spec, "--json", "--no-calibration"});
    cli.wait_for_heartbeat();
    if (cancel) {
      CHECK(cli.run({"cancel", "tiny"}).rc == 0);
    } else {
      run.signal(SIGINT);
    }
    const auto end = run.wait(30);
    REQUIRE(end.has_value());
    CHECK(end->code == (cancel ? 3 : 130));
    const std::string all = cli.background_output();  // messages too
    const Json json = Json::parse(all.substr(all.rfind("\n{") + 1));
    CHECK(json.at("outcome") == (cancel ? "cancelled" : "interrupted"));
    CHECK(json.at("counts") == Json{{cancel ? "cancelled" : "resumable", 1}});
    CHECK(json.at("without_result").size() == 1);
    CHECK_THAT(json.at("next_command").get<std::string>(),
               Contains(cancel ? "resume tiny" : "run " + spec));
  }
}

TEST_CASE("json: plan, submit, status, cancel") {
  test::Cli cli;
  const auto spec = cli.spec(1, 2);
  cli.behave("* hang ok\n");
  check_documented("plan", {cli.json({"plan", spec, "--json"})});
  check_documented("submit", {cli.json({"submit", spec, "--json", "--no-calibration"})});
  cli.wait_for_heartbeat();
  check_documented("status", {cli.json({"status", "tiny", "--json"})});
  check_documented("status", {cli.json({"status", "--json"}).at("studies").at(0)});
  const auto waited = object_of(cli.run({"cancel", "tiny", "--json", "--wait", "0"}));
  check_documented("cancel", {waited, cli.json({"cancel", "tiny", "--json"})});
}

TEST_CASE("json: logs, why, diff, gc, import, db, export") {
  test::Cli cli;
  const auto spec = cli.spec(2, 1);
  const auto plan = cli.json({"plan", spec, "--json"});
  const std::string one = plan.at("runs").at(0).at("id"), other = plan.at("runs").at(1).at("id");
  cli.behave(one + " checkpoint abort\n* checkpoint ok\n");
  REQUIRE(cli.run({"run", spec, "--no-calibration"}).rc == 3);
  check_documented("logs", {cli.json({"logs", "tiny", "--json"})});
  check_documented("why", {cli.json({"why", one, "--json"})},
                   {"executions[].warnings[]", "other_studies[]"});
  check_documented("diff", {cli.json({"diff", one, other, "--json", "--all"})});
  check_documented("gc", {cli.json({"gc", "--json"})});
  check_documented("db backup", {cli.json({"db", "backup", "--json"})});
  check_documented("export",
                   {cli.json({"export", "tiny", "--json", "-o", "x.csv"}),
                    cli.json({"export", "tiny", "--json", "--what", "bundle", "-o", "x"})});
  CHECK(cli.run({"export", "tiny", "--json"}).rc == 2);

  flip_a_byte(RunDirectory(cli.workspace() / "runs" / other).events(1));
  const auto imported = object_of(cli.run({"import", "--json"}));
  CHECK(imported.at("damage").size() == 2);  // of the file, and of what the next attempt built on
  CHECK(imported.at("runs_seen") == 2);
  const auto rebuilt = object_of(cli.run({"db", "rebuild", "--json"}));
  const auto damaged = object_of(cli.run({"db", "check", "--json"}));
  const auto salvaged = cli.json({"import", "--salvage", "--json"});
  CHECK(salvaged.at("damage").empty());
  check_documented("import", {imported, salvaged}, {"notes[]"});
  check_documented("db rebuild", {rebuilt, cli.json({"db", "rebuild", "--json"})}, {"notes[]"});
  check_documented("db check", {damaged, object_of(cli.run({"db", "check", "--json"}))},
                   {"index_damage[]"});
}

TEST_CASE("json: calibrate, doctor") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  std::ofstream(spec, std::ios::app) << "report: {networks: [measured]}\n";
  const auto measured = cli.json({"calibrate", spec, "--json", "--seconds", "0.4"});
  CHECK(measured.at("steps").at(0).at("step_s").get<double>() == Approx(0.001));
  CHECK(measured.at("steps").at(0).at("busy") == false);
  CHECK_THAT(measured.at("next_command").get<std::string>(), Contains("plan " + spec));
  const auto again = cli.json({"calibrate", spec, "--json", "--missing"});
  CHECK(again.at("steps").empty());
  CHECK(again.at("network").is_null());
  cli.environment["LOCKSTEP_FAKE_CALIBRATION_FAILS"] = "1";
  const auto failed = cli.run({"calibrate", spec, "--json"});
  CHECK(failed.rc == 5);
  CHECK_THAT(object_of(failed).at("failures").at(0).get<std::string>(), Contains("no data here"));
  check_documented("calibrate", {measured, again, object_of(failed)});
  check_documented("doctor", {object_of(cli.run({"doctor", "--json"}))});
}
