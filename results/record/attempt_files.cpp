// RESULT, DONE, heartbeats: the small whole files of an attempt.
#include "results/record/attempt_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"
#include "results/record/json_values.hpp"
#include "results/record/publish.hpp"
#include "results/record/record_fields.hpp"
#include "results/record/salvage.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
using Json = nlohmann::ordered_json;

/// False only for "no such file": other troubles show when it is read.
bool is_there(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

Seal seal_file(const fs::path& events) {
  Seal seal;
  Sha256 hash;
  if (is_there(events)) {
    const std::string bytes = read_plain_file(events);
    hash.update(bytes);
    seal.bytes = static_cast<std::int64_t>(bytes.size());
    seal.records = std::count(bytes.begin(), bytes.end(), '\n');
  }
  seal.sha256 = hash.hex();
  return seal;
}

std::string result_text(int n, const EndRecord& end, const std::string& degraded,
                        const Seal& seal) {
  Json json = Json::object();
  json["format"] = fields::kFormat;
  json["attempt"] = n;
  json["reason"] = name_of(end.reason);
  json["detail"] = end.detail;
  json["step"] = end.step;
  if (!degraded.empty()) json["degraded"] = degraded;
  json["events"] = {{"bytes", seal.bytes}, {"records", seal.records}, {"sha256", seal.sha256}};
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  return sealed_line(text);
}

/// One per thread: a look at a study reads thousands of files.
simdjson::dom::parser& parser() {
  thread_local simdjson::dom::parser parser;
  return parser;
}

/// Throws RecordError where it is missing or of another type.
template <class T>
void need(simdjson::dom::object object, const char* name, T& member) {
  simdjson::dom::element item;
  if (object[name].get(item) || !take(item, member)) throw wrong_member(name);
}

/// One line, and its checksum fits.
bool is_sealed(std::string_view text) {
  return text.ends_with('\n') && checked_body(text.substr(0, text.size() - 1));
}

Result parse_result(const std::string& text) {
  if (!is_sealed(text)) throw RecordError("checksum does not fit");
  simdjson::dom::object json, events;
  if (parser().parse(text).get(json)) throw RecordError("is no JSON object");
  std::int64_t format = 0;
  need(json, "format", format);
  if (format != fields::kFormat) {
    throw FormatError("format is not known; use the lockstep version that wrote it");
  }
  Result result;
  need(json, "attempt", result.attempt);
  need(json, "reason", result.reason);
  need(json, "detail", result.detail);
  need(json, "step", result.step);
  if (!json["degraded"].error()) need(json, "degraded", result.degraded);
  if (json["events"].get(events)) throw wrong_member("events");
  need(events, "bytes", result.events_bytes);
  need(events, "records", result.events_records);
  need(events, "sha256", result.events_sha256);
  return result;
}

bool same_inode(const fs::path& a, const fs::path& b) {
  struct stat left {
  }, right{};
  return ::lstat(a.c_str(), &left) == 0 && ::lstat(b.c_str(), &right) == 0 &&
         left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

std::string read_boot_id() {
  try {
    std::string text = read_file("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const RecordError&) {
    return "unknown-boot";  // no /proc: then no two processes are taken for neighbours by this
                            // alone
  }
}

std::string read_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown-host";
  return name.data();
}

/// Links DONE to the attempt's RESULT; false if another attempt has it.
bool win_done(const RunDirectory& run, int n) {
  if (link_exclusively(run.result(n), run.done()) || same_inode(run.result(n), run.done()))
    return true;
  const auto winner = read_result(run.done());  // where links are missing, DONE is a copy
  return winner && winner->attempt == n;
}
}  // namespace

bool RunDirectory::publish_result(int n, const EndRecord& end, const std::string& degraded) const {
  write_file_atomically(result(n), result_text(n, end, degraded, seal_file(events(n))));
  const bool final = end.reason == EndReason::done || end.reason == EndReason::diverged;
  return !final || win_done(*this, n);
}

std::optional<Result> read_result(const fs::path& path) {
  const auto text = read_plain_file_if_there(path, is_sealed);
  if (!text) return {};
  try {
    return parse_result(*text);
  } catch (const FormatError& error) {
    throw FormatError(fmt::format("{}: {}", path.string(), error.what()));
  } catch (const std::exception& error) {
    throw RecordError(fmt::format("{}: not a readable RESULT: {}", path.string(), error.what()));
  }
}

AttemptFiles read_attempt_files(const RunDirectory& run, int n) {
  AttemptFiles files;
  files.attempt = n;
  std::string trouble;
  try {
    files.result = read_result(run.result(n));
    if (is_there(run.events(n))) files.events = read_plain_file(run.events(n));
  } catch (const FormatError&) {
    throw;
  } catch (const RecordError& error) {
    trouble = error.what();
  }
  const auto seal = seal_of(files.result);
  const Seal* const sealed = seal ? &*seal : nullptr;
  const std::string name = run.events(n).string();
  files.segment = read_segment(files.events, name, sealed);
  if (!trouble.empty()) {
    files.segment.state = SegmentState::corrupt;
    files.segment.message = trouble;
  } else if (files.segment.state == SegmentState::corrupt &&
             is_salvage_agreed(run, n, files.events)) {
    if (auto left = salvage(files.segment, files.events, name, sealed))
      files.segment = *std::move(left);
  }
  return files;
}

std::optional<Seal> seal_of(const std::optional<Result>& result) {
  if (!result) return {};
  return Seal{result->events_bytes, result->events_records, result->events_sha256};
}

Segment read_attempt(const RunDirectory& run, int n) { return read_attempt_files(run, n).segment; }

void publish_heartbeat(const fs::path& path, const Heartbeat& beat) {
  Json json = Json::object();
  json["host"] = beat.host;
  json["boot_id"] = beat.boot_id;
  json["pid"] = beat.pid;
  json["step"] = beat.step;
  json["total_steps"] = beat.total_steps;
  json["steps_per_s"] = beat.steps_per_s;
  if (!beat.degraded.empty()) json["degraded"] = beat.degraded;
  // Not durable on purpose: a heartbeat from before a power cut is worth nothing.
  replace_file(path, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", false);
}

std::optional<Heartbeat> read_heartbeat(const fs::path& path) {
  const auto file = read_dated_file_if_there(path);
  if (!file) return {};
  simdjson::dom::object json;
  if (parser().parse(file->bytes).get(json)) return {};
  Heartbeat beat{.age_s = file->age_s};
  const auto has = [&](const char* name, auto& member) {
    simdjson::dom::element item;
    return !json[name].get(item) && take(item, member);
  };
  if (!has("host", beat.host) || !has("boot_id", beat.boot_id) || !has("pid", beat.pid) ||
      !has("step", beat.step) || !has("total_steps", beat.total_steps))
    return {};
  has("steps_per_s", beat.steps_per_s);
  has("degraded", beat.degraded);
  return beat;
}

std::string host_name() {
  static const std::string kThisHost = read_host_name();
  return kThisHost;
}

std::string boot_id() {
  static const std::string kThisBoot = read_boot_id();  // it outlives every process of the boot
  return kThisBoot;
}

}  // namespace lockstep
