#include "orchestrator/launch/dry_run_launcher.hpp"

#include <fmt/format.h>

#include <string_view>

namespace lockstep {

DryRunLauncher::DryRunLauncher(TrainerSetup setup, Sink sink)
    : setup_(std::move(setup)), sink_(std::move(sink)) {}

void DryRunLauncher::submit(const Job& job) {
  check_token(job.token);
  if (!tokens_.insert(job.token).second)
    throw LaunchError(fmt::format("job {} was submitted before", job.token));
  sink_(command_line(trainer_argv(setup_, job)));
}

std::vector<JobStatus> DryRunLauncher::poll(const std::vector<std::string>& tokens) {
  std::vector<JobStatus> answer;
  for (const std::string& token : tokens) {
    if (tokens_.count(token)) {
      answer.push_back({JobStatus::State::ended, token, Exit{}});
    } else {
      answer.push_back({JobStatus::State::unknown, token, std::nullopt});
    }
  }
  return answer;
}

void DryRunLauncher::cancel(const std::vector<std::string>&) {}

std::string command_line(const std::vector<std::string>& argv) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/=:,+%@";
  std::string line;
  for (const std::string& word : argv) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) {
      if (c == '\'') {
        line += "'\\''";
      } else {
        line += c;
      }
    }
    line += '\'';
  }
  return line;
}

}  // namespace lockstep
