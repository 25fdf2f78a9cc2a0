#include "orchestrator/cli/status_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
constexpr int kIndent = 12;
constexpr std::size_t kEnoughToCompare = 3;  // runs of a cell, for a median that means something

const char* colour_of(RunState state) {
  switch (state) {
    case RunState::failed:
    case RunState::unknown:
      return "31";
    case RunState::blocked:
    case RunState::cancelled:
    case RunState::stopped_early:
    case RunState::diverged:
      return "33";
    case RunState::running:
      return "36";
    case RunState::done:
      return "32";
    case RunState::queued:
    case RunState::resumable:
    case RunState::fresh:
      break;
  }
  return "";
}

std::string padded_name(RunState state) { return fmt::format("{:<9}", name_of(state)); }

/// The state's name, padded; escape codes take no columns.
std::string state_word(RunState state, bool colour) {
  const std::string word = padded_name(state);
  const std::string code = colour_of(state);
  return colour && !code.empty() ? "\033[" + code + "m" + word + "\033[0m" : word;
}

/// Cell -> median steps per second of its running runs, where there are enough.
std::map<std::string, double> paces(const std::vector<RunStatus>& states) {
  std::map<std::string, std::vector<double>> by_cell;
  for (const RunStatus& status : states) {
    if (status.verdict.state == RunState::running && status.steps_per_s > 0)
      by_cell[status.cell].push_back(status.steps_per_s);
  }
  std::map<std::string, double> medians;
  for (auto& [cell, rates] : by_cell) {
    if (rates.size() < kEnoughToCompare) continue;
    std::sort(rates.begin(), rates.end());
    medians[cell] = rates[rates.size() / 2];
  }
  return medians;
}

std::string running_text(const RunStatus& status, const std::map<std::string, double>& medians) {
  std::string text;
  if (status.steps_per_s > 0) {
    text = fmt::format("  {:.3g} steps/s", status.steps_per_s);
    text += fmt::format("  {} left",
                        duration_text(static_cast<double>(status.steps_left) / status.steps_per_s));
  }
  if (status.silent_s > kSilentS)
    text += fmt::format("  silent for {}", duration_text(status.silent_s));
  const auto median = medians.find(status.cell);
  const bool slow = median != medians.end() && status.steps_per_s > 0 &&
                    status.steps_per_s < kStragglerShare * median->second;
  if (slow)
    text += fmt::format("  straggler: {:.0f} % of its cell's pace",
                        100 * status.steps_per_s / median->second);
  return text;
}
}  // namespace

int urgency(RunState state) {
  switch (state) {
    case RunState::failed:
      return 0;
    case RunState::blocked:
      return 1;
    case RunState::unknown:
      return 2;
    case RunState::cancelled:
      return 3;
    case RunState::running:
      return 4;
    case RunState::queued:
      return 5;
    case RunState::resumable:
      return 6;
    case RunState::fresh:
      return 7;
    case RunState::stopped_early:
      return 8;
    case RunState::diverged:
      return 9;
    case RunState::done:
      return 10;
  }
  return 11;
}

std::vector<std::string> folded(const std::string& line, int columns, int indent) {
  const auto width = static_cast<std::size_t>(std::max(columns, 0));
  if (width == 0 || display_width(line) <= width) return {line};
  std::vector<std::string> lines(1, line.substr(0, line.find_first_not_of(' ')));
  bool fresh = true;  // the current line has no word yet
  for (std::size_t at = lines[0].size(); at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::size_t next = std::min(line.find_first_not_of(' ', end), line.size());
    const std::string word = line.substr(at, end - at);
    if (!fresh && display_width(lines.back()) + display_width(word) > width) {
      while (lines.back().back() == ' ') lines.back().pop_back();
      lines.emplace_back(static_cast<std::size_t>(indent), ' ');
    }
    lines.back() += word + line.substr(end, next - end);
    fresh = false;
    at = next;
  }
  return lines;
}

std::vector<std::string> run_lines(const std::vector<RunStatus>& states, const StatusView& view) {
  std::vector<const RunStatus*> listed;
  for (const RunStatus& status : states) {
    if (status.verdict.state != RunState::done || view.all) listed.push_back(&status);
  }
  std::stable_sort(listed.begin(), listed.end(), [](const RunStatus* a, const RunStatus* b) {
    return urgency(a->verdict.state) < urgency(b->verdict.state);
  });
  const auto medians = paces(states);
  std::vector<std::string> lines;
  std::size_t shown = 0, hidden = 0;
  for (const RunStatus* const one : listed) {
    const RunStatus& status = *one;
    const RunState state = status.verdict.state;
    if (view.runs > 0 && shown == view.runs) {
      ++hidden;
      continue;
    }
    ++shown;
    std::string rest = fmt::format(" {}  {}", status.id.substr(0, 12), printable(status.label));
    if (status.share > 0 && status.share < 1) rest += fmt::format("  {:.0f} %", 100 * status.share);
    if (state == RunState::running) rest += running_text(status, medians);
    if (status.attempts > 1) rest += fmt::format("  {} attempts", status.attempts);
    const std::string plain = "  " + padded_name(state);
    auto head = folded(plain + rest, view.columns, kIndent);
    head[0] = "  " + state_word(state, view.colour) + head[0].substr(plain.size());
    lines.insert(lines.end(), head.begin(), head.end());
    if (!status.verdict.reason.empty()) {
      for (std::string& line : folded(std::string(kIndent, ' ') + printable(status.verdict.reason),
                                      view.columns, kIndent))
        lines.push_back(std::move(line));
    }
    if (!status.degraded.empty()) {
      for (std::string& line :
           folded(std::string(kIndent, ' ') + "degraded: " + printable(status.degraded),
                  view.columns, kIndent))
        lines.push_back(std::move(line));
    }
    if (urgency(state) <= 2 && !status.log.empty())
      lines.push_back(std::string(kIndent, ' ') + "log: " + printable(status.log));
  }
  if (hidden > 0) lines.push_back(fmt::format("  and {}", counted(hidden, "more run")));
  return lines;
}

}  // namespace lockstep
