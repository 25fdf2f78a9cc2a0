// Sections on time itself: when fewer syncs pay, how right the simulated clock is, what to expect
// elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/exporters/sections.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
std::string signed_percent(double share) {
  return std::isnan(share) ? kNone : (share > 0 ? "+" : "") + fixed(100 * share, 1) + " %";
}

std::string bandwidth_of(double bytes_per_s) {
  if (std::isinf(bytes_per_s)) return "at any";
  return bytes_per_s > 0 ? bytes(bytes_per_s) + "/s" : "at none";
}

/// Who is on the frontier of `view` and not on that of `other`.
std::string only_in(const Analysis& analysis, const View& view, const View& other) {
  std::string text;
  for (const ViewRow& row : view.rows) {
    if (!row.on_frontier) continue;
    const bool there =
        std::any_of(other.rows.begin(), other.rows.end(), [&](const ViewRow& candidate) {
          return candidate.cell == row.cell && candidate.on_frontier;
        });
    if (!there) text += (text.empty() ? "" : ", ") + analysis.cells[row.cell].short_label;
  }
  return text.empty() ? "none" : text;
}

std::string how_certain(const Analysis& analysis) {
  const Forecast& forecast = analysis.forecast;
  if (!forecast.fitted) {
    const StragglerSpec::Model model = analysis.report.stragglers.model;
    const std::string stragglers =
        model == StragglerSpec::Model::none
            ? ""
            : fmt::format(" Stragglers are those of the spec: {}.", name_of(model));
    return "No cell has the measured clock, so these times come from the calibrated cost of a step "
           "and the profile of each network alone, and how wrong they are cannot be known from "
           "this "
           "study: that takes runs with one process per worker on a machine of their own." +
           stragglers;
  }
  std::string text =
      "The model is fitted to the cells on the measured clock: seconds per step, latency and "
      "bandwidth of an exchange, and an exponential excess of slow steps from the seconds of "
      "waiting. ";
  text += forecast.network ? fmt::format("Fitted: {} µs per message, {}/s",
                                         significant(forecast.network->latency_s * 1e6, 3),
                                         bytes(forecast.network->bandwidth_bytes_s))
                           : std::string(
                                 "Exchanges of one size alone tell no latency from "
                                 "bandwidth: only such exchanges are predicted");
  text += forecast.straggler_s > 0
              ? fmt::format("; mean excess {} per step. ", seconds(forecast.straggler_s))
              : std::string("; no waiting to speak of. ");
  if (std::isnan(forecast.worst_error))
    return text +
           "No cell can be left out (there is no other of its kind): the error is not known.";
  return text + fmt::format(
                    "Each measured cell predicted by a fit to all others is off by at most {:.1f} "
                    "%. That is the error of times marked with nothing; those marked * lie outside "
                    "the measured range of H, workers or bytes, or on another network, and theirs "
                    "is not known.",
                    100 * forecast.worst_error);
}

Table left_out_table(const Analysis& analysis) {
  Table table{.caption = "leave one cell out",
              .columns = {{"cell"},
                          {"measured", true},
                          {"predicted without it", true},
                          {"error", true},
                          {"range"}}};
  for (const LeftOutRow& row : analysis.forecast.left_out) {
    table.add(
        {analysis.cells[row.cell].label, seconds_with_ci(row.measured), seconds(row.predicted, 4),
         signed_percent(row.error), row.outside ? "outside" : "inside"},
        Weight::normal, {analysis.cells[row.cell].id});
  }
  return table;
}

std::vector<Table> forecast_tables(const Analysis& analysis) {
  std::vector<Table> tables;
  std::map<std::string, std::size_t> table_of, line_of;
  for (const ForecastRow& row : analysis.forecast.rows) {
    const auto [at, fresh] = table_of.emplace(row.step, tables.size());
    if (fresh) {
      tables.push_back({.caption = fmt::format("seconds of {} steps of {}, by H (1: synchronous)",
                                               row.total_steps, row.step),
                        .columns = {{"network"}, {"workers", true}}});
    }
    Table& table = tables[at->second];
    const std::string name = std::to_string(row.H);
    auto column = std::find_if(table.columns.begin() + 2, table.columns.end(),
                               [&](const Column& c) { return c.name == name; });
    if (column == table.columns.end()) {
      table.columns.push_back({name, true});
      for (auto& line : table.rows) line.resize(table.columns.size(), kNone);
      column = table.columns.end() - 1;
    }
    const std::string key = fmt::format("{}|{}|{}", row.step, row.network, row.workers);
    if (line_of.emplace(key, table.rows.size()).second) {
      std::vector<std::string> line(table.columns.size(), kNone);
      line[0] = row.network;
      line[1] = std::to_string(row.workers);
      table.add(std::move(line));
    }
    table.rows[line_of[key]][static_cast<std::size_t>(column - table.columns.begin())] =
        seconds(row.time_s) + (row.outside && analysis.forecast.fitted ? "*" : "");
  }
  return tables;
}

/// What exchanges of a measured system hid under.
std::string hidden_under(const Overlap& overlap) {
  if (overlap.backward) return overlap.steps ? "backward, steps" : "backward";
  return overlap.steps ? "steps" : "nothing";
}

std::string verdict_of(const ClockCheckRow& row) {
  if (too_restless(row)) return "cannot tell";
  return std::abs(row.error) <= kMostClockError ? "yes" : "no";
}

Table clock_check_table(const Analysis& analysis) {
  const auto& rows = analysis.clock_check.rows;
  const bool emulated =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.network.empty(); });
  Table table{.columns = {{"cell"}}};
  if (emulated) table.columns.push_back({"network"});
  for (const char* name : {"steps per sync", "n", "measured", "simulated", "error"})
    table.columns.push_back({name, true});
  table.columns.push_back({"exchanges hid under"});
  table.columns.push_back({"within 10 %"});
  for (const ClockCheckRow& row : rows) {
    const std::string verdict = verdict_of(row);
    std::vector<std::string> line{analysis.cells[row.cell].label};
    if (emulated) line.push_back(row.network.empty() ? "of this machine" : row.network);
    for (const std::string& value :
         {compact(analysis.cells[row.cell].H, 3), std::to_string(row.measured.n()),
          seconds_with_ci(row.measured), seconds(row.simulated, 4), signed_percent(row.error),
          hidden_under(row.overlap), verdict})
      line.push_back(value);
    table.add(std::move(line), verdict == "yes" ? Weight::normal : Weight::strong,
              {analysis.cells[row.cell].id});
  }
  return table;
}
}  // namespace

Section break_even_section(const Analysis& analysis) {
  Section section{.id = "break-even", .title = "When fewer syncs pay"};
  if (analysis.break_even.empty()) return section;
  section.paragraphs.push_back(
      "Synchronous SGD hides its all-reduce under the backward pass; an average of models hides "
      "under nothing. So local SGD is faster per sample only if all-reduce x (1 - 1/H) is longer "
      "than the backward pass, whatever either does to accuracy. Bandwidth: below it, at the "
      "network's latency, some H pays.");
  Table table{.columns = {{"step"},
                          {"workers", true},
                          {"model", true},
                          {"backward", true},
                          {"network"},
                          {"all-reduce", true},
                          {"H pays from", true},
                          {"pays below", true}}};
  for (const BreakEvenRow& row : analysis.break_even) {
    table.add({row.step, std::to_string(row.workers), bytes(row.bytes),
               seconds(row.cost.backward_s), row.network, seconds(row.all_reduce_s),
               row.H ? std::to_string(*row.H) : "never", bandwidth_of(row.bandwidth)});
  }
  section.tables.push_back(std::move(table));
  return section;
}

Section clock_check_section(const Analysis& analysis) {
  Section section{.id = "clock-check", .title = "Simulated against measured clock"};
  const ClockCheck& check = analysis.clock_check;
  if (!check.missing.empty())
    section.paragraphs.push_back("The clocks cannot be compared: " + check.missing);
  if (check.rows.empty()) return section;
  const auto wrong = std::count_if(check.rows.begin(), check.rows.end(), [](const auto& row) {
    return !(std::abs(row.error) <= kMostClockError);
  });
  section.paragraphs.push_back(fmt::format(
      "Cells whose runs had a process per worker and the machine to themselves: wall-clock of "
      "training, and the simulated clock of the same logs with what was calibrated on this "
      "machine: the cost of a step, how steps vary from core to core and from one to the next, and "
      "so how long the slowest worker of a round is waited for, and the network (or the profile "
      "that the runs emulated). Everywhere else it waits only for the stragglers that the spec "
      "asks "
      "for, if any. Here an "
      "exchange is credited with hiding only where the runs' own records say that it did; "
      "everywhere else the clock is that of a system that overlaps. {}",
      wrong == 0
          ? fmt::format("All {} are within {:.0f} %.", check.rows.size(), 100 * kMostClockError)
          : fmt::format("{} of {} are off by more than {:.0f} %: do not trust the simulated "
                        "clock here before it is known why.",
                        wrong, check.rows.size(), 100 * kMostClockError)));
  section.tables.push_back(clock_check_table(analysis));
  return section;
}

Section forecast_section(const Analysis& analysis) {
  Section section{.id = "forecast", .title = "Times elsewhere"};
  if (analysis.forecast.rows.empty()) return section;
  section.paragraphs.push_back(
      "Predicted training time for other H, numbers of workers and networks.");
  section.paragraphs.push_back(how_certain(analysis));
  for (std::size_t v = 1; v < analysis.views.size(); ++v) {
    const View &from = analysis.views.front(), &to = analysis.views[v];
    section.bullets.push_back(fmt::format("Frontier, {} to {}: joins {}; leaves {}.", name_of(from),
                                          name_of(to), only_in(analysis, to, from),
                                          only_in(analysis, from, to)));
  }
  if (!analysis.forecast.left_out.empty()) section.tables.push_back(left_out_table(analysis));
  for (Table& table : forecast_tables(analysis)) section.tables.push_back(std::move(table));
  return section;
}

}  // namespace lockstep
