#include "orchestrator/schedule/submissions.hpp"

#include <fmt/format.h>
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
constexpr std::string_view kTokenHead = "ls-";
constexpr std::size_t kRunDigits = 12;  // of the run's id, in its tokens

/// First digits of the run whose token a file is named after; empty: it is not named by us.
std::string digits_of(const std::string& name) {
  const std::size_t end = kTokenHead.size() + kRunDigits;
  const bool ours = begins_with(name, kTokenHead) && name.size() > end && name[end] == '-';
  return ours ? name.substr(kTokenHead.size(), kRunDigits) : "";
}

/// A token's own file is read before what happened to it: shorter names first.
bool shorter(const std::string& a, const std::string& b) {
  return std::pair(a.size(), std::string_view(a)) < std::pair(b.size(), std::string_view(b));
}

/// The number in a token: ls-<digits>-<number>-<nonce>.
int number_of(const std::string& token) {
  const std::size_t at = kTokenHead.size() + kRunDigits + 1;
  return token.size() > at ? std::atoi(token.c_str() + at) : 0;
}

[[noreturn]] void refuse(const std::filesystem::path& file) {
  throw RecordError(fmt::format(
      "{} is no submission record; move it away and run the command again", file.string()));
}

ProcessName owner_from(const Json& json) {
  return {json.at("host").get<std::string>(), json.at("boot_id").get<std::string>(),
          json.at("pid").get<std::int64_t>(), json.at("started_ticks").get<std::int64_t>()};
}
}  // namespace

Submissions::Submissions(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::vector<std::string> others;
  for (std::string& name : names_in(folder_)) {
    if (begins_with(name, ".") || !ends_with(name, kJson)) continue;
    const std::string digits = digits_of(name);
    (digits.empty() ? others : names_[digits]).push_back(std::move(name));
  }
  std::sort(others.begin(), others.end(), shorter);
  for (const std::string& name : others) {
    begins_with(name, "retry-") ? read_retry(folder_ / name) : read(folder_ / name);
  }
  new_cancellations();
  if (!folder_.empty()) early_stops_ = read_early_stops(early_stops_folder(folder_));
  update_stopped_early();
  for (const auto& [run, facts] : facts_) sort_facts(run);
}

void Submissions::load(const std::string& digits) const {
  if (!loaded_.insert(digits).second) return;
  const auto found = names_.find(digits);
  if (found == names_.end()) return;
  std::vector<std::string> names = found->second;
  std::sort(names.begin(), names.end(), shorter);
  for (const std::string& name : names) read(folder_ / name);
  for (auto it = facts_.lower_bound(digits); it != facts_.end() && begins_with(it->first, digits);
       ++it) {
    sort_facts(it->first);
  }
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

void Submissions::read(const std::filesystem::path& file) const {
  const Json json = Json::parse(read_file(file), nullptr, false);
  const std::string name = file.filename().string();
  try {
    const auto token = json.at("token").get<std::string>();
    if (ends_with(name, ".end.json")) {
      if (auto* known = fact(token)) known->exit_code = json.at("exit_code").get<int>();
    } else if (ends_with(name, ".stop.json")) {
      if (auto* known = fact(token)) known->stopped = true;
    } else {
      const auto run = json.at("run").get<std::string>();
      run_of_[token] = run;
      facts_[run].push_back({.token = token,
                             .number = json.at("number").get<int>(),
                             .owner_alive = is_alive(owner_from(json))});
    }
  } catch (const nlohmann::json::exception&) {
    refuse(file);
  }
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
  const std::lock_guard lock(mutex_);
  load(run.substr(0, kRunDigits));
  const auto found = facts_.find(run);
  return found == facts_.end() ? std::vector<SubmissionFact>{} : found->second;
}

std::vector<std::string> Submissions::tokens_of(const std::string& run) const {
  std::vector<std::string> tokens;
  const auto found = names_.find(run.substr(0, kRunDigits));
  if (found == names_.end()) return tokens;
  for (const std::string& name : found->second) {
    std::string token = name.substr(0, name.size() - kJson.size());
    if (token.find('.') == std::string::npos) tokens.push_back(std::move(token));
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
  names_[run.substr(0, kRunDigits)].push_back(token + ".json");
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
  write_file_atomically(folder_ / (token + ".end.json"), json.dump() + "\n");
}

void Submissions::stopping(const std::string& token) {
  load(digits_of(token));
  SubmissionFact* known = fact(token);
  if (!known || known->stopped) return;
  known->stopped = true;
  const Json json{{"format", 1}, {"token", token}, {"stopped_at", utc_now()}};
  write_file_atomically(folder_ / (token + ".stop.json"), json.dump() + "\n");
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
