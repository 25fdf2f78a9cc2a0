// What status shows of states that are given, and what a watch does with looks that are given.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/status_view.hpp"
#include "orchestrator/cli/status_watch.hpp"

using namespace lockstep;
using Catch::Contains;
using Lines = std::vector<std::string>;

namespace {
RunStatus run_in(RunState state, const std::string& id, double steps_per_s = 0) {
  RunStatus status;
  status.id = id + std::string(32 - id.size(), '0');
  status.cell = "cell";
  status.label = "local_sgd H=4 seed=1";
  status.verdict.state = state;
  status.steps_per_s = steps_per_s;
  return status;
}

std::string joined_lines(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

class CountingTimer : public Timer {
 public:
  double now_s() override { return slept_; }
  void sleep_s(double seconds) override {
    slept_ += seconds;
    if (++naps == signal_at) ::raise(SIGINT);
  }
  int naps = 0, signal_at = -1;

 private:
  double slept_ = 0;
};
}  // namespace

TEST_CASE("an object that is written as text has the bytes that Json gives it") {
  const std::vector<std::string> texts{"",
                                       "plain",
                                       "a \"b\" \\ /",
                                       "tab\t\n",
                                       "gr\xc3\xb6\xc3\x9f",
                                       "broken \xe4",
                                       std::string(1, '\0'),
                                       "\x7f"};
  const std::vector<double> numbers{0, -0.0, 1, 12.5, 1e-5, 1e22, 0.1, std::nan(""), HUGE_VAL};
  const std::vector<std::int64_t> counts{0, -1, INT64_MAX};
  Json json = Json::object();
  std::string text;
  JsonLine line(text);
  const auto add = [&](const auto& values) {
    for (const auto& value : values) {
      const std::string name = "m" + std::to_string(json.size());
      json[name] = value;
      line.add(name.c_str(), value);
    }
  };
  add(texts);
  add(numbers);
  add(counts);
  line.add("yes", true);
  line.end();
  json["yes"] = true;
  CHECK(text == json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

TEST_CASE("a long name of a state takes its room, in colour too") {
  const std::vector<RunStatus> states{run_in(RunState::stopped_early, "a")};
  CHECK(run_lines(states, {}).at(0) == "  stopped early a00000000000  local_sgd H=4 seed=1");
  CHECK(run_lines(states, {.colour = true}).at(0) ==
        "  \033[33mstopped early\033[0m a00000000000  local_sgd H=4 seed=1");
}

TEST_CASE("folding: between words, words stay whole, continued lines are indented") {
  CHECK(folded("  a bb ccc", 0, 4) == Lines{"  a bb ccc"});
  CHECK(folded("  a bb ccc", 10, 4) == Lines{"  a bb ccc"});
  CHECK(folded("  a bb ccc", 8, 4) == Lines{"  a bb", "    ccc"});
  CHECK(folded("abcdefgh ij", 4, 1) == Lines{"abcdefgh", " ij"});
  CHECK(folded("a  b", 3, 0) == Lines{"a", "b"});
  for (int columns = 1; columns < 30; ++columns) {
    std::string words;
    for (const std::string& line : folded("one two three four five six", columns, 0))
      words += (words.empty() ? "" : " ") + line;
    CHECK(words == "one two three four five six");
  }
}

TEST_CASE("a run whose checkpoints fail says so below it") {
  RunStatus run = run_in(RunState::running, "a", 10);
  run.degraded = "failed checkpoints: 2, the last: no room";
  CHECK_THAT(joined_lines(run_lines({run}, {})),
             Contains("\n            degraded: failed checkpoints: 2, the last: no room\n"));
  run.degraded.clear();
  CHECK_THAT(joined_lines(run_lines({run}, {})), !Contains("degraded"));
}

TEST_CASE("failures come first, done runs only when asked for, the rest is counted") {
  const std::vector<RunStatus> states{run_in(RunState::done, "d"), run_in(RunState::fresh, "n"),
                                      run_in(RunState::running, "r"),
                                      run_in(RunState::failed, "f")};
  const auto lines = run_lines(states, {});
  REQUIRE(lines.size() == 3);
  CHECK_THAT(lines[0], Contains("failed") && Contains("f00000000000"));
  CHECK_THAT(lines[1], Contains("running"));
  CHECK_THAT(lines[2], Contains("new"));
  CHECK(run_lines(states, {.all = true}).size() == 4);
  CHECK(run_lines(states, {.runs = 1}).back() == "  and 2 more runs");
}

TEST_CASE("a run far behind its cell is a straggler, and silence is told") {
  std::vector<RunStatus> states{
      run_in(RunState::running, "a", 10), run_in(RunState::running, "b", 11),
      run_in(RunState::running, "c", 4), run_in(RunState::running, "e", 12)};
  states[1].silent_s = 95;
  states[0].steps_left = 300;
  const auto lines = run_lines(states, {});
  REQUIRE(lines.size() == 4);
  CHECK_THAT(lines[0], Contains("10 steps/s  30 s left") && !Contains("straggler"));
  CHECK_THAT(lines[1], Contains("silent for 1 min 35 s"));
  CHECK_THAT(lines[2], Contains("straggler: 36 % of its cell's pace"));
  states[2].cell = "another";
  CHECK_THAT(joined_lines(run_lines(states, {})), !Contains("straggler"));
}

TEST_CASE("colour takes no columns and changes no text") {
  const std::vector<RunStatus> states{run_in(RunState::failed, "f"), run_in(RunState::fresh, "n")};
  const std::string plain = joined_lines(run_lines(states, {.columns = 30}));
  std::string coloured = joined_lines(run_lines(states, {.columns = 30, .colour = true}));
  CHECK_THAT(coloured, Contains("\033[31mfailed   \033[0m"));
  for (const char* code : {"\033[31m", "\033[0m"})
    for (std::size_t at; (at = coloured.find(code)) != std::string::npos;)
      coloured.erase(at, std::string(code).size());
  CHECK(coloured == plain);
}

TEST_CASE("watch: one block per look without a terminal, and an end when nothing is left") {
  std::ostringstream out, err;
  Session session(Console{.out = out, .err = err});
  CountingTimer timer;
  int looks = 0;
  const auto code = watch_status(session, timer, "tiny", {.interval_s = 5}, [&] {
    RunStatus status = run_in(++looks < 3 ? RunState::running : RunState::done, "a");
    status.share = looks < 3 ? 0.25 * looks : 1;
    return WatchLook{{status}};
  });
  CHECK(code == ExitCode::ok);
  CHECK(looks == 3);
  CHECK(timer.naps == 2);
  CHECK_THAT(out.str(), Contains("tiny: 0/1 done, 1 running, 25 %") &&
                            Contains("50 %, 10 s left") && Contains("tiny: 1/1 done, 100 %") &&
                            !Contains("\033"));
}

TEST_CASE("watch: Ctrl-C ends the looking, exit 0; failures alone are an end as well") {
  std::ostringstream out, err;
  Session session(Console{.out = out, .err = err});
  CountingTimer timer;
  timer.signal_at = 2;
  const auto running = [] { return WatchLook{{run_in(RunState::running, "a")}}; };
  CHECK(watch_status(session, timer, "tiny", {}, running) == ExitCode::ok);
  CHECK(timer.naps == 2);
  const auto failed = [] { return WatchLook{{run_in(RunState::failed, "a")}}; };
  CHECK(watch_status(session, timer, "tiny", {}, failed) == ExitCode::ok);
  CHECK(timer.naps == 2);
}

TEST_CASE("watch: an end where nobody works on what is left, not while a process lives") {
  std::ostringstream out, err;
  Session session(Console{.out = out, .err = err});
  CountingTimer timer;
  int looks = 0;
  watch_status(session, timer, "tiny", {}, [&] {
    const RunState state = ++looks < 3 ? RunState::running : RunState::resumable;
    return WatchLook{{run_in(state, "a")}, false};
  });
  CHECK(looks == 3);
  CHECK_THAT(err.str(), Contains("lockstep resume tiny"));
}

TEST_CASE("watch: a terminal is drawn in place, within its rows and columns") {
  std::ostringstream out, err;
  Session session(Console{.out = out, .err = err, .columns = 30, .rows = 9, .out_is_tty = true});
  CountingTimer timer;
  int looks = 0;
  watch_status(session, timer, "tiny", {}, [&] {
    std::vector<RunStatus> states(50,
                                  run_in(++looks < 2 ? RunState::running : RunState::done, "a"));
    return WatchLook{states};
  });
  const std::string text = out.str();
  CHECK(text.rfind("\033[H\033[2J", 0) == 0);
  CHECK(text.find("\033[H", 1) != std::string::npos);
  const std::string first = text.substr(7, text.find("\033[J") - 7);
  CHECK(std::count(first.begin(), first.end(), '\n') <= 8);
  std::istringstream lines(first);
  for (std::string line; std::getline(lines, line);)
    CHECK(line.size() <= 30 + std::string("\033[K…").size());
  CHECK_THAT(first, Contains("and 48 more runs"));
}
