#include "results/store/run_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "results/record/file_system.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
constexpr std::size_t kIdDigits = 32;

class RunReader {
 public:
  RunReader(const Workspace& workspace, const std::string& id) : run_(workspace.run(id)) {
    out_.id = id;
  }

  RunFiles read() {
    try {
      read_config();
      for (const int n : run_.claimed_attempts()) read_one(n);
      read_done();
    } catch (const RecordError& error) {
      corruption(error.what());
    }
    return std::move(out_);
  }

 private:
  void note(std::string message) {
    out_.findings.push_back({Finding::Kind::note, std::move(message)});
  }
  void corruption(std::string message) {
    out_.findings.push_back({Finding::Kind::corruption, std::move(message)});
  }

  void read_config() {
    if (!fs::exists(fs::symlink_status(run_.config()))) return;
    std::string bytes = read_plain_file(run_.config());
    if (sha256_hex(bytes).substr(0, kIdDigits) == out_.id) {
      out_.config = std::move(bytes);
    } else {
      corruption(run_.config().string() +
                 ":0: its hash is not the run's id; it was edited or damaged");
    }
  }

  void read_one(int n) {
    try {
      out_.attempts.push_back(read_attempt_files(run_, n));
    } catch (const FormatError& error) {
      note(fmt::format("{}: {}", run_.attempt(n).string(), error.what()));
      out_.attempts.push_back({.attempt = n});
      return;
    }
    judge(out_.attempts.back().segment);
    check_header(out_.attempts.back());
  }

  void judge(const Segment& segment) {
    if (segment.message.empty()) return;
    if (segment.state == SegmentState::corrupt) {
      corruption(segment.message);
    } else if (segment.state == SegmentState::salvaged) {
      out_.findings.push_back({Finding::Kind::salvage, segment.message});
    } else {
      note(segment.message);
    }
  }

  /// A segment of another run or attempt, copied here, is intact by itself.
  void check_header(AttemptFiles& attempt) {
    const Segment& segment = attempt.segment;
    const auto* header =
        segment.records.empty() ? nullptr : std::get_if<HeaderRecord>(&segment.records.front());
    const bool ours = header && header->run == out_.id && header->attempt == attempt.attempt;
    if (segment.records.empty() || ours) return;
    corruption(fmt::format(
        "{}:0: its header names {}", run_.events(attempt.attempt).string(),
        header ? fmt::format("run {}, attempt {}", header->run, header->attempt) : "no run"));
    attempt.segment = {};
    attempt.segment.state = SegmentState::corrupt;
  }

  void read_done() {
    const auto done = read_result(run_.done());
    if (!done) return;
    const bool final = done->reason == EndReason::done || done->reason == EndReason::diverged;
    const auto winner =
        std::find_if(out_.attempts.begin(), out_.attempts.end(),
                     [&](const AttemptFiles& attempt) { return attempt.attempt == done->attempt; });
    if (final && winner != out_.attempts.end()) {
      out_.done_attempt = done->attempt;
      if (!winner->result)
        corruption(run_.result(done->attempt).string() + ":0: DONE is there, its RESULT is not");
    } else {
      corruption(fmt::format("{}:0: names attempt {}, reason {}: no finished attempt of this run",
                             run_.done().string(), done->attempt, name_of(done->reason)));
    }
  }

  RunDirectory run_;
  RunFiles out_;
};
}  // namespace

std::string relative_to(const Workspace& workspace, std::string message) {
  const std::string root = (workspace.root() / "").string();
  for (std::size_t at = 0; (at = message.find(root, at)) != message.npos;)
    message.erase(at, root.size());
  return message;
}

RunFiles read_run(const Workspace& workspace, const std::string& id) {
  RunFiles files = RunReader(workspace, id).read();
  for (Finding& finding : files.findings)
    finding.message = relative_to(workspace, std::move(finding.message));
  return files;
}

}  // namespace lockstep
