// Studies in the background, cancelled, and asked about before they cost too much.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/record/workspace.hpp"
#include "tests/unit/orchestrator/cli_fixture.hpp"

using namespace lockstep;
using Catch::Contains;
namespace fs = std::filesystem;
using States = std::map<std::string, int>;

namespace {
/// Whoever supervises the workspace of `cli` is stopped when a test ends.
class Supervised {
 public:
  explicit Supervised(const test::Cli& cli) : lock_(Workspace(cli.workspace()).lock()) {}
  ~Supervised() {
    if (const auto holder = lock_holder(lock_)) ::kill(static_cast<pid_t>(holder->process.pid), 9);
  }
  bool working() const {
    const auto holder = lock_holder(lock_);
    return holder && is_alive(holder->process);
  }

 private:
  fs::path lock_;
};

std::vector<std::string> submit(const std::string& spec, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"submit", spec, "--no-calibration"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string log_of(const nlohmann::json& answer) {
  return read_file(answer.at("log").get<std::string>());
}

/// Ids in the order in which the runs of the spec are started.
std::vector<std::string> ids_in_order(test::Cli& cli, const std::string& spec) {
  const auto commands = cli.run({"run", spec, "--dry-run"}).out;
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = commands.find("/runs/", at)) != std::string::npos; at += 6)
    ids.push_back(commands.substr(at + 6, 32));
  return ids;
}

/// `lockstep <words>` with a terminal for stdin and stderr on which `typed` is typed.
struct Answered {
  int code = -1;
  std::string shown;
};
Answered answer(test::Cli& cli, std::vector<std::string> words, const std::string& typed) {
  const int us = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE((us >= 0 && ::grantpt(us) == 0 && ::unlockpt(us) == 0));
  const int them = ::open(::ptsname(us), O_RDWR | O_NOCTTY | O_CLOEXEC);
  const int out = ::open((cli.folder() / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  REQUIRE((them >= 0 && out >= 0));
  REQUIRE(::write(us, typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
  words.insert(words.begin(), test::lockstep_program());
  auto process = Process::start({.argv = words,
                                 .environment = cli.environment,
                                 .directory = cli.folder(),
                                 .stdin_fd = them,
                                 .stdout_fd = out,
                                 .stderr_fd = them});
  ::close(them);
  ::close(out);
  Answered answered;
  char buffer[4096];
  for (ssize_t got; (got = ::read(us, buffer, sizeof buffer)) > 0;)  // ends when they have gone
    answered.shown.append(buffer, static_cast<std::size_t>(got));
  ::close(us);
  const auto end = process.wait(60);
  REQUIRE(end.has_value());
  answered.code = end->shell_code();
  return answered;
}
}  // namespace

TEST_CASE("submit returns at once; the study goes on without it, to the report") {
  test::Cli cli;
  const Supervised supervised(cli);
  cli.behave("* held\n");
  const auto spec = cli.spec(1, 2);
  const auto submitted = cli.run(submit(spec, {"--json"}));
  REQUIRE(submitted.rc == 0);
  const auto answer = nlohmann::json::parse(submitted.out);
  CHECK(answer.at("format") == 1);
  CHECK(answer.at("study") == "tiny");
  CHECK(answer.at("host") == host_name());
  CHECK(answer.at("counts").at("new") == 2);
  const auto pid = answer.at("pid").get<pid_t>();
  CHECK(supervised.working());
  CHECK(::getsid(pid) == pid);  // a session of its own: no terminal can take it along
  CHECK(fs::read_symlink("/proc/" + std::to_string(pid) + "/fd/0") == "/dev/null");
  CHECK(fs::read_symlink("/proc/" + std::to_string(pid) + "/fd/1") ==
        fs::path(answer.at("log").get<std::string>()));
  CHECK(::kill(pid, SIGHUP) == 0);

  const auto second = cli.run(submit(spec));
  CHECK(second.rc == 5);
  CHECK_THAT(second.err,
             Contains(std::to_string(pid)) && Contains(host_name()) && Contains("study tiny"));
  CHECK(cli.run({"run", spec}).rc == 5);
  cli.wait_for_heartbeat();
  CHECK(cli.states().count("running") > 0);  // reading goes on
  cli.release();

  cli.wait_until([&] { return !supervised.working(); }, "the supervisor's end");
  CHECK(cli.states() == States{{"done", 2}});
  CHECK(fs::exists(cli.workspace() / "studies" / "tiny" / "report" / "report.md"));
  CHECK_THAT(log_of(answer), Contains("[2/2] done") && Contains("report:") && !Contains("\033"));
  CHECK_FALSE(fs::exists(Workspace(cli.workspace()).lock()));
  std::size_t logs = 0;  // that of the refused one is gone
  for (const auto& entry : fs::directory_iterator(Workspace(cli.workspace()).submissions("tiny")))
    logs += entry.path().extension() == ".log" ? 1u : 0u;
  CHECK(logs == 1);
}

TEST_CASE("submit says what comes next, and refuses what cannot work before it goes") {
  test::Cli cli;
  const Supervised supervised(cli);
  const auto spec = cli.spec(1, 1);
  const auto first = cli.run(submit(spec));
  CHECK(first.rc == 0);
  CHECK_THAT(first.err, Contains("status tiny --watch") && Contains("logs tiny -f") &&
                            Contains("cancel tiny"));
  cli.wait_until([&] { return !supervised.working(); }, "the supervisor's end");

  const auto slurm = cli.run(submit(spec, {"--launcher", "slurm"}));
  CHECK(slurm.rc == 5);
  CHECK_THAT(slurm.err, Contains("on this machine only") && Contains("--job-script"));
  CHECK(cli.run(submit(spec, {"--launcher", "moon"})).rc == 2);
  cli.environment["LOCKSTEP_TRAIN"] = "/no/such/trainer";
  CHECK(cli.run(submit(cli.spec(2, 1))).rc == 5);
  CHECK_FALSE(supervised.working());
}

TEST_CASE("a killed supervisor: its runs checkpoint, and the next submit goes on") {
  test::Cli cli;
  const Supervised supervised(cli);
  cli.behave("* held ok\n");
  const auto spec = cli.spec(1, 2);
  const auto first = cli.json(submit(spec, {"--json"}));
  cli.wait_for_heartbeat();
  REQUIRE(::kill(first.at("pid").get<pid_t>(), SIGKILL) == 0);
  cli.wait_until([&] { return !supervised.working(); }, "the supervisor's end");
  cli.wait_until([&] { return cli.states().count("running") == 0; }, "the trainers' end");
  const auto second = cli.json(submit(spec, {"--json"}));
  cli.wait_until([&] { return !supervised.working(); }, "the second supervisor's end");
  CHECK_THAT(log_of(second), Contains("took over"));
  CHECK(cli.states() == States{{"done", 2}});
}

TEST_CASE(
    "cancel a study: runs checkpoint, the supervisor ends, run leaves it, resume takes it up") {
  test::Cli cli;
  const Supervised supervised(cli);
  cli.behave("* held ok\n");
  const auto spec = cli.spec(1, 4);
  const auto submitted = cli.json(submit(spec, {"--json"}));
  cli.wait_for_heartbeat();
  const auto cancelled = cli.json({"cancel", "tiny", "--json"});
  CHECK(cancelled.at("format") == 1);
  CHECK(cancelled.at("cancelled").size() == 4);
  CHECK(cancelled.at("still_ending").empty());
  CHECK_FALSE(supervised.working());
  CHECK(cli.states() == States{{"cancelled", 4}});
  CHECK_THAT(log_of(submitted), Contains("resume tiny") && !Contains("report:"));
  CHECK_FALSE(fs::exists(Workspace(cli.workspace()).lock()));

  const auto again = cli.run({"cancel", "tiny"});
  CHECK(again.rc == 0);
  CHECK_THAT(again.err, Contains("nothing to cancel"));
  const auto starts = cli.starts();
  const auto run = cli.run({"run", spec, "--no-report", "--no-calibration"});
  CHECK(run.rc == 3);
  CHECK_THAT(run.err, Contains("cancelled") && Contains("resume tiny"));
  CHECK(cli.starts() == starts);
  cli.release();  // those that had not begun
  CHECK(cli.run({"resume", "tiny", "--no-report", "--no-calibration"}).rc == 0);
  CHECK(cli.states() == States{{"done", 4}});
  CHECK_THAT(cli.run({"cancel", "tiny"}).err, Contains("nothing to cancel"));
}

TEST_CASE("cancel runs by the first digits of their ids; the others go on") {
  test::Cli cli;
  const auto spec = cli.spec(1, 4);
  const auto order = ids_in_order(cli, spec);
  cli.behave(order[0] + " hang\n* ok\n");
  auto orchestrator = cli.start({"run", spec, "--slots", "1", "--no-report", "--no-calibration"});
  cli.wait_for_heartbeat();
  const std::string working = order[0], waiting = order[3];
  const auto result = cli.run({"cancel", "tiny", working.substr(0, 8), waiting.substr(0, 10)});
  CHECK(result.rc == 0);
  CHECK_THAT(result.err, Contains("2 runs cancelled") && Contains("resume tiny"));
  const auto end = orchestrator.wait(60);
  REQUIRE(end.has_value());
  CHECK(end->code == 3);
  CHECK(cli.states() == States{{"cancelled", 2}, {"done", 2}});
  CHECK_THAT(cli.background_output(), Contains("resume tiny"));
}

TEST_CASE("cancel before anything has begun, and of a run that nobody supervises") {
  test::Cli cli;
  const auto spec = cli.spec(1, 1);
  const auto id = cli.json({"plan", spec, "--json"}).at("runs").at(0).at("id").get<std::string>();
  cli.behave(id + " hang ok\n");
  auto orchestrator = cli.start({"run", spec, "--no-report", "--no-calibration"});
  cli.wait_for_heartbeat();
  orchestrator.signal(SIGKILL);
  REQUIRE(orchestrator.wait(10).has_value());
  cli.wait_until([&] { return cli.states().count("running") == 0; }, "the trainer's end");
  // An orphan: nobody asks it to checkpoint but `cancel` itself.
  const Workspace workspace(cli.workspace());
  // One process, which starts no other: several with this run's name would be a run of MPI.
  REQUIRE(::mkfifo((cli.folder() / "never").c_str(), 0600) == 0);
  auto orphan = Process::start({.argv = {"/bin/sh", "-c", "read line <never", "--run-dir",
                                         workspace.run(id).path().string()},
                                .environment = cli.environment,
                                .directory = cli.folder()});
  cli.wait_until([&] { return cli.states().count("running") == 1; }, "the orphan");
  CHECK(cli.run({"cancel", "tiny"}).rc == 0);
  CHECK(cli.states() == States{{"cancelled", 1}});
  const auto end = orphan.wait(10);
  REQUIRE(end.has_value());
  CHECK(end->signal == SIGTERM);
}

TEST_CASE("a run that does not listen is killed after the wait; until then cancel says so") {
  test::Cli cli;
  const Supervised supervised(cli);
  cli.behave("* deaf\n");
  REQUIRE(cli.run(submit(cli.spec(1, 1))).rc == 0);
  cli.wait_for_heartbeat();
  const auto result = cli.run({"cancel", "tiny", "--wait", "0.5"});
  CHECK(result.rc == 3);
  CHECK_THAT(result.err, Contains("1 run is still ending"));
}

TEST_CASE("wrong names: exit 2 and the nearest one") {
  test::Cli cli;
  REQUIRE(cli.run({"run", cli.spec(2, 3), "--no-report", "--no-calibration"}).rc == 0);
  const auto study = cli.run({"cancel", "tinny"});
  CHECK(study.rc == 2);
  CHECK_THAT(study.err, Contains("did you mean 'tiny'?"));
  std::string id = cli.json({"status", "tiny", "--json"}).at("runs").at(0).at("id");
  std::string typo = id.substr(0, 8);
  typo[3] = typo[3] == 'z' ? 'y' : 'z';
  const auto run = cli.run({"cancel", "tiny", typo});
  CHECK(run.rc == 2);
  CHECK_THAT(run.err, Contains("did you mean " + id.substr(0, 12)));
  const auto many = cli.run({"cancel", "tiny", ""});
  CHECK(many.rc == 2);
}

TEST_CASE("above the budget: nobody to ask is 2, no is 130, yes goes on, --yes is not asked") {
  test::Cli cli;
  const auto spec = cli.spec(1, 3);
  cli.environment["LOCKSTEP_BUDGET_HOURS"] = "1e-9";
  const std::vector<std::string> run{"run", spec, "--no-report", "--no-calibration"};
  const auto refused = cli.run(run);
  CHECK(refused.rc == 2);
  CHECK_THAT(refused.err, Contains("3 runs, about") && Contains("a guess") && Contains("--yes") &&
                              Contains("LOCKSTEP_BUDGET_HOURS"));
  CHECK_FALSE(fs::exists(cli.workspace()));  // nothing was written

  const auto no = answer(cli, run, "n\n");
  CHECK(no.code == 130);
  CHECK_THAT(no.shown, Contains("Go on? [y/N]") && Contains("nothing was started"));
  CHECK(cli.starts() == 0);
  const auto yes = answer(cli, run, "y\n");
  CHECK(yes.code == 0);
  CHECK(cli.states() == States{{"done", 3}});

  auto more = run;
  more[1] = cli.spec(2, 3);
  more.push_back("--yes");
  CHECK(cli.run(more).rc == 0);
  const std::vector<std::string> wide{"run", cli.spec(3, 3), "--no-report", "--budget-hours", "1"};
  CHECK(cli.run(wide).rc == 0);
  CHECK(cli.run(submit(cli.spec(4, 3), {"--budget-hours", "0.00001"})).rc == 2);  // measured
  cli.behave("* abort\n");
  CHECK(cli.run({"run", cli.spec(4, 3), "--yes"}).rc == 3);
  CHECK(cli.run({"resume", "tiny", "--budget-hours", "0.00001"}).rc == 2);
  cli.environment["LOCKSTEP_BUDGET_HOURS"] = "plenty";
  CHECK_THAT(cli.run(run).err, Contains("'plenty'"));
}
