// A stand-in for lockstep-train that keeps its contract and trains nothing: a run takes
// milliseconds. What it does is said by the file named in LOCKSTEP_FAKE_SCRIPT: lines "<first
// digits of a run id, or *> <behaviour>..."; the n-th start of a run (counted by its launch logs)
// takes the n-th behaviour, later starts the last one. Behaviours:
//   ok diverge slow held        finish; slow takes about a second, held waits until the file
//                               <LOCKSTEP_FAKE_SCRIPT>.release is there (a minute at most); both
//                               checkpoint on SIGTERM
//   checkpoint stuck            write a checkpoint half-way (stuck: always at step 1) and exit 75
//   crash abort lost            die by SIGKILL; exit 70; exit 0 without a result
//   hang deaf                   never end; deaf ignores SIGTERM as well
//   exit2 exit69 exit76         leave before claiming an attempt
//   learn@<e> halfway@<e>       finish, evaluated ten times on the way to the error <e>; halfway
//                               waits at the fifth until SIGTERM (a minute at most), and goes on
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "results/record/checkpoint_manifest.hpp"
#include "results/record/digest.hpp"
#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"
#include "trainer/engine/fork_server.hpp"

namespace fs = std::filesystem;
using namespace lockstep;

namespace {
volatile sig_atomic_t asked_to_stop = 0;
extern "C" void note_stop(int) { asked_to_stop = 1; }

void nap(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

std::map<std::string, std::string> options_of(const std::vector<std::string>& words) {
  std::map<std::string, std::string> options;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i].rfind("--", 0) == 0) options[words[i]] = words[i + 1];
  }
  return options;
}

std::string behaviour_for(const std::string& run, std::size_t start) {
  const char* script = std::getenv("LOCKSTEP_FAKE_SCRIPT");
  std::ifstream file(script ? script : "");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string who, word;
    words >> who;
    if (who != "*" && run.rfind(who, 0) != 0) continue;
    std::vector<std::string> all;
    while (words >> word) all.push_back(word);
    if (!all.empty()) return all[std::clamp<std::size_t>(start, 1, all.size()) - 1];
  }
  return "ok";
}

/// One attempt: what a trainer would write, with numbers that depend on the configuration only.
class Attempt {
 public:
  Attempt(fs::path directory, const std::string& token)
      : run_(std::move(directory)),
        config_(nlohmann::json::parse(read_file(run_.config()))),
        number_(run_.claim_attempt(token)),
        records_(run_.events(number_)) {
    const auto checkpoints = run_.checkpoint_names();
    if (!checkpoints.empty()) resume_from(checkpoints.front());
    at_ = first_;
    write_header();
    beat(first_);
  }

  std::int64_t total() const { return config_.value("steps", std::int64_t{40}); }
  std::int64_t first() const { return first_; }
  /// From here on it learns: the error falls to about `error` with the root of the steps.
  void learn(double error) { error_ = error; }

  void beat(std::int64_t step) const {
    publish_heartbeat(run_.heartbeat(number_, 0), {.host = host_name(),
                                                   .boot_id = boot_id(),
                                                   .pid = ::getpid(),
                                                   .step = step,
                                                   .total_steps = total(),
                                                   .steps_per_s = 100});
  }

  void train_to(std::int64_t last) {
    const auto h = std::max<std::int64_t>(1, config_.value("H", std::int64_t{1}));
    while (at_ < last) {
      ++at_;
      if (at_ % h == 0 || at_ == total()) write_sync(at_);
    }
    records_.write(evaluation("validation", last));
    beat(last);
  }

  void checkpoint(std::int64_t step) {
    const CheckpointName name{step, number_};
    const std::string shard = "no parameters";
    Sha256 hash;
    hash.update(shard);
    const auto bytes = static_cast<std::int64_t>(shard.size());
    CheckpointManifest manifest;
    manifest.run = run_.id();
    manifest.attempt = number_;
    manifest.step = manifest.last_sync = step;
    manifest.workers = 1;
    manifest.seq = records_.last_seq();
    manifest.validation = Validation{step, evaluation("validation", step).accuracy};
    manifest.files = {{"rank0.safetensors", bytes, hash.hex(), 0, 1}};
    fs::create_directories(run_.checkpoint(name));
    write_file_atomically(run_.checkpoint(name) / "rank0.safetensors", shard);
    write_file_atomically(run_.checkpoint(name) / "MANIFEST.json", manifest_text(manifest));
    records_.write(
        CheckpointRecord{.step = step, .name = name.text(), .bytes = bytes, .seconds = 0.001});
  }

  void end(EndReason reason, std::int64_t step, const std::string& detail) {
    if (reason == EndReason::done) records_.write(evaluation("test", step));
    const EndRecord end{.reason = reason,
                        .detail = detail,
                        .step = step,
                        .wall_s = 0.02,
                        .train_s = 0.01,
                        .other_s = 0.01};
    records_.write(end);
    records_.sync();
    run_.publish_result(number_, end);
  }

 private:
  void resume_from(const CheckpointName& name) {
    const auto manifest = parse_manifest(read_file(run_.checkpoint(name) / "MANIFEST.json"));
    first_ = name.step;
    resumed_ = ResumedFrom{name.attempt, name.text(), name.step, manifest.seq};
  }

  void write_header() {
    HeaderRecord header{.run = run_.id(),
                        .attempt = number_,
                        .config_sha256 = std::string(64, '0'),
                        .host = host_name(),
                        .boot_id = boot_id(),
                        .build = "fake",
                        .started_at = "2026-01-01T00:00:00Z",
                        .device = "cpu",
                        .device_name = "fake",
                        .determinism = "L2",
                        .parameters = 1000,
                        .model_bytes = 4000,
                        .resumed_from = resumed_};
    records_.write(header);
  }

  void write_sync(std::int64_t step) {
    records_.write(SyncRecord{.first = step,
                              .last = step,
                              .kind = step == total() ? "final" : "parameter",
                              .payload_bytes = 4000,
                              .bytes_per_worker = 6000,
                              .compute_s = 0.001});
  }

  EvalRecord evaluation(const char* split, std::int64_t step) const {
    const double noise = static_cast<double>(std::hash<std::string>{}(run_.id()) % 100) / 1000;
    const double share = static_cast<double>(step) / static_cast<double>(total());
    const double learned = 1 - std::min(0.95, error_ / std::sqrt(share)) - noise / 100;
    const double accuracy = error_ > 0 ? learned : 0.5 + 0.4 * share - noise;
    return {.step = step,
            .epoch = 1,
            .split = split,
            .loss = 1 - accuracy,
            .accuracy = accuracy,
            .samples = 100,
            .train_s = 0.0005 * static_cast<double>(step),
            .eval_s = 0.001};
  }

  RunDirectory run_;
  nlohmann::json config_;
  int number_;
  RecordWriter records_;
  std::int64_t first_ = 0, at_ = 0;
  std::optional<ResumedFrom> resumed_;
  double error_ = 0;  ///< at the end; 0: it does not learn
};

int stop_at(Attempt& attempt, std::int64_t step) {
  attempt.train_to(step);
  attempt.checkpoint(step);
  attempt.end(EndReason::checkpointed, step, "checkpointed");
  return 75;
}

/// Ten evaluations. Asked to stop, it does so after the next one; `wait`: at the fifth, until then.
int learn(Attempt& attempt, bool wait) {
  constexpr int kEvaluations = 10, kNaps = 12000;
  for (int k = 1; k <= kEvaluations; ++k) {
    const std::int64_t step = attempt.total() * k / kEvaluations;
    if (step <= attempt.first()) continue;
    if (asked_to_stop) return stop_at(attempt, step);
    attempt.train_to(step);
    for (int i = 0; wait && k == kEvaluations / 2 && i < kNaps && !asked_to_stop; ++i) nap(5);
  }
  attempt.end(EndReason::done, attempt.total(), "");
  return 0;
}

bool released() {
  const char* script = std::getenv("LOCKSTEP_FAKE_SCRIPT");
  return script && fs::exists(std::string(script) + ".release");
}

int behave(const std::string& said, const fs::path& directory, const std::string& token) {
  const std::string what = said.substr(0, said.find('@'));
  if (what == "exit2") return 2;
  if (what == "exit69") return 69;
  if (what == "exit76") return 76;
  if (what == "deaf") ::signal(SIGTERM, SIG_IGN);
  Attempt attempt(directory, token);
  if (what == "learn" || what == "halfway") {
    attempt.learn(std::stod(said.substr(what.size() + 1)));
    return learn(attempt, what == "halfway");
  }
  const auto half = std::max(attempt.first() + 1, (attempt.first() + attempt.total()) / 2);
  if (what == "crash") {
    attempt.train_to(half);
    ::raise(SIGKILL);
  }
  if (what == "abort") {
    std::cerr << "the fake trainer was told to abort\n";
    return 70;
  }
  if (what == "lost") return 0;
  if (what == "checkpoint") return stop_at(attempt, half);
  if (what == "stuck") return stop_at(attempt, 1);
  while (what == "hang" || what == "deaf") {
    if (asked_to_stop && what == "hang") return stop_at(attempt, half);
    nap(5);
  }
  constexpr int kSlowNaps = 150, kHeldNaps = 12000;
  const bool held = what == "held";
  const int naps = held ? kHeldNaps : what == "slow" ? kSlowNaps : 0;
  for (int i = 0; i < naps && !(held && released()); ++i) {
    if (asked_to_stop) return stop_at(attempt, half);
    attempt.beat(half);
    nap(5);
  }
  attempt.train_to(attempt.total());
  if (what == "diverge") {
    attempt.end(EndReason::diverged, attempt.total(), "loss is NaN");
  } else {
    attempt.end(EndReason::done, attempt.total(), "");
  }
  return 0;
}

/// Once a run is done, in a test that asks for it.
bool machine_has_slowed() {
  const char* workspace = std::getenv("LOCKSTEP_FAKE_SLOWED_BY_RUNS_OF");
  if (!workspace) return false;
  for (const auto& run : fs::directory_iterator(fs::path(workspace) / "runs"))
    if (fs::exists(run.path() / "DONE")) return true;
  return false;
}

int calibrate(const std::map<std::string, std::string>& options) {
  if (std::getenv("LOCKSTEP_FAKE_CALIBRATION_FAILS")) {
    std::cerr << "no data here\n";
    return 69;
  }
  const bool slowed = machine_has_slowed();
  write_file_atomically(
      options.at("--out"),
      std::string(slowed ? R"({"step_s":0.002,"p10_s":0.0018,"p90_s":0.0024,)"
                         : R"({"step_s":0.001,"p10_s":0.0009,"p90_s":0.0012,)") +
          R"("deviation_s":[0.0001,0.00005],"interrupted_s":0.00001,"backward_s":0.0006,"average_s":0.0001,"samples":50,"interrupted":0,"device_name":"fake"})");
  return 0;
}

int certify(const std::map<std::string, std::string>& options) {
  const bool holds = !std::getenv("LOCKSTEP_FAKE_IDENTITY_FAILS");
  std::string checks;
  for (const auto* algorithm : {"sync_sgd", "local_sgd", "post_local_sgd", "slowmo", "cocod"}) {
    checks += std::string(checks.empty() ? "" : ",") + R"({"name":"resume","algorithm":")" +
              algorithm + R"(","claim":"A resumed run ends with the same bits.","deviation":)" +
              (holds ? "0" : "0.5") + R"(,"allowed":0})";
  }
  write_file_atomically(options.at("--out"), R"({"device_name":"fake","checks":[)" + checks + "]}");
  return 0;
}

int act(const std::vector<std::string>& words) {
  ::signal(SIGTERM, note_stop);
  const std::string verb = words.size() > 1 ? words[1] : "";
  const auto options = options_of(words);
  if (verb == "--check") {
    std::cout << R"({"checks":[{"name":"fake","ok":true,"detail":"fine","fix":""}]})" << '\n';
    return 0;
  }
  if (verb == "calibrate") return calibrate(options);
  if (verb == "certify") return certify(options);
  if (verb == "calibrate-network") {
    write_file_atomically(
        options.at("--out"),
        R"({"processes":2,"samples":[{"bytes":1000,"seconds":0.0001},{"bytes":1000000,)"
        R"("seconds":0.001},{"bytes":2000000,"seconds":0.002}]})");
    return 0;
  }
  const fs::path directory = options.at("--run-dir");
  std::size_t starts = 0;
  for (const auto& entry : fs::directory_iterator(directory / "launch"))
    starts += entry.is_regular_file() ? 1u : 0u;
  const std::string what = behaviour_for(directory.filename().string(), starts);
  std::cout << "fake trainer: " << what << std::endl;
  return behave(what, directory, options.at("--token"));
}
}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() > 1 && words[1] == "--serve") return serve_forks(words, {.run = act});
  return act(words);
}
