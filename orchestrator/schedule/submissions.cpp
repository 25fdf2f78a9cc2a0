#include "orchestrator/schedule/submissions.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "orchestrator/schedule/machine.hpp"
#include "results/record/file_system.hpp"
#include "results/record/record_error.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

namespace {
constexpr const char* kCancellations = "cancellations";  // a folder: a supervisor looks often

std::string nonce() {
  std::random_device device;
  return fmt::format("{:08x}", device());
}

bool ends_with(const std::string& text, std::string_view tail) {
  return text.size() >= tail.size() &&
         text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

bool begins_with(const std::string& text, std::string_view head) {
  return text.rfind(head, 0) == 0;
}

constexpr std::string_view kJson = ".json";
constexpr std::string_view kEnd = ".end.json";
constexpr std::string_view kStop = ".stop.json";
constexpr std::string_view kTokenHead = "ls-";
constexpr std::size_t kRunDigits = 12;  // of the run's id, in its tokens

/// First digits of the run whose token a file is named after; empty: it is not named by us.
std::string digits_of(const std::string& name) {
  const std::size_t end = kTokenHead.size() + kRunDigits;
  const bool ours = begins_with(name, kTokenHead) && name.size() > end && name[end] == '-';
  return ours ? name.substr(kTokenHead.size(), kRunDigits) : "";
}

/// Whether it is a token's own file, not what happened to it.
bool is_own(const std::string& name) { return !ends_with(name, kEnd) && !ends_with(name, kStop); }

/// The number in a token: ls-<digits>-<number>-<nonce>.
int number_of(const std::string& token) {
  const std::size_t at = kTokenHead.size() + kRunDigits + 1;
  return token.size() > at ? std::atoi(token.c_str() + at) : 0;
}

[[noreturn]] void refuse(const std::filesystem::path& file) {
  throw RecordError(fmt::format(
      "{} is no submission record; move it away and run the command again", file.string()));
}

// Of a token's files, which are many: by simdjson, whose errors are thrown.
using Object = simdjson::dom::object;
std::string text_in(const Object& json, const char* name) {
  return std::string(std::string_view(json[name]));
}
std::int64_t integer_in(const Object& json, const char* name) { return json[name]; }
ProcessName owner_from(const Object& json) {
  return {text_in(json, "host"), text_in(json, "boot_id"), integer_in(json, "pid"),
          integer_in(json, "started_ticks")};
}
}  // namespace

/// What the files of one token say.
struct Submissions::Entry {
  std::string run;
  SubmissionFact fact;
  ProcessName owner;
};

Submissions::Submissions(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::vector<std::string> others;
  for (std::string& name : names_in(folder_)) {
    if (begins_with(name, ".") || !ends_with(name, kJson)) continue;
    if (begins_with(name, "retry-")) {
      read_retry(folder_ / name);
    } else {
      (digits_of(name).empty() ? others : names_).push_back(std::move(name));
    }
  }
  add(read(others));
  new_cancellations();
  if (!folder_.empty()) early_stops_ = read_early_stops(early_stops_folder(folder_));
  update_stopped_early();
}

Submissions::Names Submissions::names_of(const std::string& digits) const {
  const std::string head = fmt::format("{}{}-", kTokenHead, digits);
  const auto begin = std::lower_bound(names_.begin(), names_.end(), head);
  const auto end = std::find_if_not(
      begin, names_.end(), [&](const std::string& name) { return begins_with(name, head); });
  return {begin, end};
}

void Submissions::load(const std::string& digits) const {
  {
    const std::lock_guard lock(mutex_);
    if (loaded_.count(digits)) return;
  }
  std::vector<Entry> entries = read(names_of(digits));  // while others read theirs
  const std::lock_guard lock(mutex_);
  if (loaded_.insert(digits).second) add(std::move(entries));
}

void Submissions::add(std::vector<Entry> entries) const {
  for (Entry& entry : entries) {
    run_of_[entry.fact.token] = entry.run;
    facts_[entry.run].push_back(std::move(entry.fact));
  }
  for (const Entry& entry : entries) sort_facts(entry.run);
}

void Submissions::sort_facts(const std::string& run) const {
  std::vector<SubmissionFact>& facts = facts_[run];
  std::sort(facts.begin(), facts.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  for (SubmissionFact& fact : facts) fact.forgiven = fact.number <= forgiven(run).submission;
}

void Submissions::read_retry(const std::filesystem::path& file) {
  const Json json = Json::parse(read_file(file), nullptr, false);
  try {
    for (const auto& [run, upto] : json.at("runs").items()) {
      Forgiveness& known = forgiven_[run];
      known.submission = std::max(known.submission, upto.at("submission").get<int>());
      known.attempt = std::max(known.attempt, upto.at("attempt").get<int>());
    }
    for (const Json& lifted : json.value("lifts", Json::array()))
      lifted_.insert(lifted.get<std::string>());
  } catch (const nlohmann::json::exception&) {
    refuse(file);
  }
}

std::vector<Submissions::Entry> Submissions::read(Names names) const {
  thread_local simdjson::dom::parser parser;
  std::vector<Entry> entries;
  const auto each = [&](bool own, auto take) {
    for (const std::string& name : names) {
      if (is_own(name) != own) continue;
      try {
        const Object json = parser.parse(read_file(folder_ / name));
        take(name, json, text_in(json, "token"));
      } catch (const simdjson::simdjson_error&) {
        refuse(folder_ / name);
      }
    }
  };
  each(true, [&](const std::string&, const Object& json, const std::string& token) {
    const auto number = static_cast<int>(integer_in(json, "number"));
    entries.push_back({.run = text_in(json, "run"),
                       .fact = {.token = token, .number = number},
                       .owner = owner_from(json)});
  });
  each(false, [&](const std::string& name, const Object& json, const std::string& token) {
    for (Entry& entry : entries) {
      if (entry.fact.token != token) continue;
      if (ends_with(name, kEnd))
        entry.fact.exit_code = static_cast<int>(integer_in(json, "exit_code"));
      if (ends_with(name, kStop)) entry.fact.stopped = true;
    }
  });
  for (Entry& entry : entries)  // of one that has ended nobody asks
    entry.fact.owner_alive = !entry.fact.exit_code && is_alive(entry.owner);
  return entries;
}

SubmissionFact* Submissions::fact(const std::string& token) const {
  const auto run = run_of_.find(token);
  if (run == run_of_.end()) return nullptr;
  for (SubmissionFact& known : facts_[run->second]) {
    if (known.token == token) return &known;
  }
  return nullptr;
}

std::vector<SubmissionFact> Submissions::of(const std::string& run) const {
  load(run.substr(0, kRunDigits));
  const std::lock_guard lock(mutex_);
  const auto found = facts_.find(run);
  return found == facts_.end() ? std::vector<SubmissionFact>{} : found->second;
}

std::vector<std::string> Submissions::tokens_of(const std::string& run) const {
  std::vector<std::string> tokens;
  for (const std::string& name : names_of(run.substr(0, kRunDigits))) {
    if (is_own(name)) tokens.push_back(name.substr(0, name.size() - kJson.size()));
  }
  std::sort(tokens.begin(), tokens.end(), [](const std::string& a, const std::string& b) {
    return std::pair(number_of(a), a) > std::pair(number_of(b), b);
  });
  return tokens;
}

Forgiveness Submissions::forgiven(const std::string& run) const {
  const auto found = forgiven_.find(run);
  return found == forgiven_.end() ? Forgiveness{} : found->second;
}

std::string Submissions::prepare(const std::string& run, const std::string& launcher) {
  const auto known = of(run);
  const int number = known.empty() ? 1 : known.back().number + 1;
  const std::string token =
      fmt::format("{}{}-{}-{}", kTokenHead, run.substr(0, kRunDigits), number, nonce());
  const ProcessName self = this_process();
  const Json json{{"format", 1},
                  {"token", token},
                  {"run", run},
                  {"number", number},
                  {"launcher", launcher},
                  {"host", self.host},
                  {"boot_id", self.boot_id},
                  {"pid", self.pid},
                  {"started_ticks", self.started_ticks},
                  {"prepared_at", utc_now()}};
  make_directories(folder_);
  write_file_atomically(folder_ / (token + std::string(kJson)), json.dump() + "\n");
  std::string name = token + std::string(kJson);
  names_.insert(std::lower_bound(names_.begin(), names_.end(), name), std::move(name));
  run_of_[token] = run;
  facts_[run].push_back({.token = token, .number = number, .owner_alive = true});
  return token;
}

void Submissions::ended(const std::string& token, const std::optional<Exit>& exit) {
  load(digits_of(token));
  SubmissionFact* known = fact(token);
  if (!known || !exit) return;  // never began: nothing happened to the run
  known->exit_code = exit->shell_code();
  const Json json{
      {"format", 1}, {"token", token}, {"exit_code", *known->exit_code}, {"ended_at", utc_now()}};
  write_file_atomically(folder_ / (token + std::string(kEnd)), json.dump() + "\n");
}

void Submissions::stopping(const std::string& token) {
  load(digits_of(token));
  SubmissionFact* known = fact(token);
  if (!known || known->stopped) return;
  known->stopped = true;
  const Json json{{"format", 1}, {"token", token}, {"stopped_at", utc_now()}};
  write_file_atomically(folder_ / (token + std::string(kStop)), json.dump() + "\n");
}

void Submissions::forgive(const std::map<std::string, Forgiveness>& runs) {
  Json json{{"format", 1}, {"at", utc_now()}, {"runs", Json::object()}, {"lifts", Json::array()}};
  for (const auto& [name, cancellation] : cancellations_) {
    if (lifted_.insert(name).second) json["lifts"].push_back(name);
  }
  if (runs.empty() && json["lifts"].empty()) return;
  for (const auto& [run, upto] : runs) {
    load(run.substr(0, kRunDigits));
    json["runs"][run] = {{"submission", upto.submission}, {"attempt", upto.attempt}};
    forgiven_[run] = upto;
    for (SubmissionFact& fact : facts_[run]) fact.forgiven = fact.number <= upto.submission;
  }
  make_directories(folder_);
  write_file_atomically(folder_ / fmt::format("retry-{}.json", nonce()), json.dump() + "\n");
  update_cancelled();
}

bool Submissions::cancelled(const std::string& run) const { return cancelled_.count(run) > 0; }

void Submissions::cancel(const Cancellation& cancellation) {
  const auto folder = folder_ / kCancellations;
  make_directories(folder);
  const std::string name = nonce();
  const Json json{{"format", 1},
                  {"at", utc_now()},
                  {"whole_study", cancellation.whole_study},
                  {"runs", cancellation.runs}};
  write_file_atomically(folder / (name + ".json"), json.dump() + "\n");
  cancellations_[name] = cancellation;
  update_cancelled();
}

std::string Submissions::stopped_early(const std::string& run) const {
  const auto found = stopped_early_.find(run);
  return found == stopped_early_.end() ? "" : found->second;
}

bool Submissions::runs_to_its_end(const std::string& cell) const {
  return std::any_of(early_stops_.begin(), early_stops_.end(),
                     [&](const EarlyStop& stop) { return stop.cell == cell && stop.lifted; });
}

void Submissions::stop_early(const EarlyStop& stop) {
  write_early_stop(early_stops_folder(folder_), stop, utc_now());
  early_stops_.push_back(stop);
  update_stopped_early();
}

int Submissions::lift_early_stops() {
  const auto runs = static_cast<int>(stopped_early_.size());
  if (runs > 0) lockstep::lift_early_stops(early_stops_folder(folder_), utc_now());
  for (EarlyStop& stop : early_stops_) stop.lifted = true;
  update_stopped_early();
  return runs;
}

void Submissions::update_stopped_early() {
  stopped_early_.clear();
  for (const EarlyStop& stop : early_stops_) {
    if (stop.lifted) continue;
    for (const std::string& run : stop.runs) stopped_early_[run] = stop.reason;
  }
}

std::vector<Cancellation> Submissions::new_cancellations() {
  std::vector<Cancellation> fresh;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / kCancellations, none)) {
    const auto& file = entry.path();
    const std::string name = file.stem().string();
    if (file.extension() != ".json" || begins_with(name, ".") || cancellations_.count(name))
      continue;
    const Json json = Json::parse(read_file(file), nullptr, false);
    try {
      cancellations_[name] = {json.at("runs").get<std::vector<std::string>>(),
                              json.at("whole_study").get<bool>()};
    } catch (const nlohmann::json::exception&) {
      refuse(file);
    }
    if (lifted_.count(name) == 0) fresh.push_back(cancellations_[name]);
  }
  update_cancelled();
  return fresh;
}

void Submissions::update_cancelled() {
  cancelled_.clear();
  for (const auto& [name, cancellation] : cancellations_) {
    if (lifted_.count(name) == 0)
      cancelled_.insert(cancellation.runs.begin(), cancellation.runs.end());
  }
}

}  // namespace lockstep
