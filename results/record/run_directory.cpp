#include "results/record/run_directory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"
#include "results/record/publish.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kClaimSuffix = ".claim";
constexpr std::size_t kIdDigits = 32;
constexpr int kClaimTries = 1000;  // each lost try means that another process has won one

/// Digits only, no sign, no leading zero.
template <class Int>
std::optional<Int> parse_number(std::string_view text) {
  Int number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool plain = !text.empty() && text.front() >= '0' && text.front() <= '9' &&
                     (text.size() == 1 || text[0] != '0');
  if (error != std::errc{} || end != text.data() + text.size() || !plain) return {};
  return number;
}

/// Whether it is absolute and has nothing that could be left out; false where that takes more than
/// a look at its characters, which costs a tenth of taking it apart.
bool is_normal(std::string_view path) {
  return path.starts_with('/') && path.find("//") == path.npos && path.find("/.") == path.npos;
}

/// Strings where they are asked for of every run of a study: paths are taken apart when joined.
std::string claim_text(const fs::path& run, int n) {
  return fmt::format("{}/attempts/{}{}", run.native(), n, kClaimSuffix);
}
fs::path in_attempt(const fs::path& run, int n, std::string_view name) {
  return run / fmt::format("attempts/{}/{}", n, name);
}
}  // namespace

std::string CheckpointName::text() const { return fmt::format("step-{}-a{}", step, attempt); }

std::optional<CheckpointName> CheckpointName::parse(std::string_view text) {
  constexpr std::string_view kStep = "step-";
  constexpr std::string_view kAttempt = "-a";
  if (!text.starts_with(kStep)) return {};
  text.remove_prefix(kStep.size());
  const std::size_t middle = text.find(kAttempt);
  if (middle == text.npos) return {};
  const auto step = parse_number<std::int64_t>(text.substr(0, middle));
  const auto attempt = parse_number<int>(text.substr(middle + kAttempt.size()));
  if (!step || !attempt) return {};
  return CheckpointName{*step, *attempt};
}

RunDirectory::RunDirectory(fs::path path)
    : path_(is_normal(path.native()) ? std::move(path) : fs::absolute(path).lexically_normal()) {
  if (!path_.has_filename()) path_ = path_.parent_path();  // a trailing slash is no name
}

fs::path RunDirectory::config() const { return path_ / "config.json"; }
fs::path RunDirectory::done() const { return path_ / "DONE"; }
fs::path RunDirectory::launch_log(std::string_view token) const {
  return path_ / "launch" / fmt::format("{}.log", plain_name(token, "the token"));
}
fs::path RunDirectory::attempts() const { return path_ / "attempts"; }
fs::path RunDirectory::claim_file(int n) const { return claim_text(path_, n); }
fs::path RunDirectory::attempt(int n) const { return path_ / fmt::format("attempts/{}", n); }
fs::path RunDirectory::events(int n) const { return in_attempt(path_, n, "events.jsonl"); }
fs::path RunDirectory::model() const { return path_ / "model.safetensors"; }
fs::path RunDirectory::environment(int n) const { return in_attempt(path_, n, "env.json"); }
fs::path RunDirectory::heartbeat(int n, int rank) const {
  return in_attempt(path_, n, fmt::format("heartbeat-rank{}", rank));
}
fs::path RunDirectory::result(int n) const { return in_attempt(path_, n, "RESULT"); }
fs::path RunDirectory::checkpoints() const { return path_ / "checkpoints"; }
fs::path RunDirectory::checkpoint(const CheckpointName& name) const {
  return checkpoints() / name.text();
}

bool RunDirectory::create(std::string_view config_json, bool durable) const {
  Sha256 hash;
  hash.update(config_json);
  if (hash.hex().substr(0, kIdDigits) != id()) {
    throw RecordError(fmt::format("{} is not named after its configuration; plan the study again",
                                  path_.string()));
  }
  make_directories(path_);
  make_directories(path_ / "launch");
  if (fs::exists(config())) {
    const std::string found = read_plain_file(config());
    if (found == config_json) return false;
    if (!config_json.starts_with(found) || !claimed_attempts().empty()) {
      throw RecordError(
          fmt::format("{} holds another configuration; was it edited or cut off? Move {} away",
                      config().string(), path_.string()));
    }
  }
  replace_file(config(), config_json, durable);
  return true;
}

std::vector<int> RunDirectory::claimed_attempts() const {
  std::vector<int> numbers;
  for (const std::string& name : names_in(attempts())) {
    if (!name.ends_with(kClaimSuffix)) continue;
    const auto number =
        parse_number<int>(std::string_view(name).substr(0, name.size() - kClaimSuffix.size()));
    if (number && *number > 0) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<CheckpointName> RunDirectory::checkpoint_names() const {
  std::vector<CheckpointName> found;
  for (const std::string& name : names_in(checkpoints())) {
    const auto parsed = CheckpointName::parse(name);
    if (parsed && fs::exists(checkpoint(*parsed) / "MANIFEST.json")) found.push_back(*parsed);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

int RunDirectory::claim_attempt(std::string_view token) const {
  make_directories(attempts());
  const std::string text =
      fmt::format("{}\n{} {}\n", plain_name(token, "the token"), host_name(), ::getpid());
  const fs::path unique = write_unique_file(attempts() / "claim", text);
  const auto drop_unique = [&] { ::unlink(unique.c_str()); };
  try {
    for (int tries = 0; tries < kClaimTries; ++tries) {
      const auto taken = claimed_attempts();
      const int n = taken.empty() ? 1 : taken.back() + 1;
      if (!link_exclusively(unique, claim_file(n))) continue;
      drop_unique();
      make_directories(attempt(n));
      sync_directory(attempts());
      sync_directory(path_);  // the folder of attempts may be new
      return n;
    }
  } catch (...) {
    drop_unique();
    throw;
  }
  drop_unique();
  throw RecordError(fmt::format(
      "{}: lost {} races for an attempt; are two launchers starting this run in a loop?",
      attempts().string(), kClaimTries));
}

Claim RunDirectory::claim(int n) const {
  const auto file = read_dated_file_if_there(claim_file(n));
  if (!file) return {.age_s = std::numeric_limits<double>::infinity()};
  Claim claim{.age_s = file->age_s};
  std::string_view rest = file->bytes;
  const auto take = [&](std::string_view ends) {
    const std::string_view word = rest.substr(0, rest.find_first_of(ends));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    return std::string(word);
  };
  claim.token = take("\n");
  claim.host = take(" \n");
  return claim;
}

}  // namespace lockstep
