// The section on pairs that are not told apart: what it would take.
#include <fmt/format.h>

#include <algorithm>

#include "reports/exporters/sections.hpp"
#include "reports/statistics/paired.hpp"
#include "reports/statistics/power.hpp"
#include "reports/text/format.hpp"
#include "sweeps/run/seed_list.hpp"

namespace lockstep {

namespace {
/// Commands that a section lists; the JSON report has all.
constexpr std::size_t kCommands = 40;

/// For a shell: what each is for, and the command.
void add_commands(const Analysis& analysis, Section& section) {
  std::size_t left = 0;
  for (const PowerRow& row : analysis.power) {
    const std::string command = command_of(analysis, row);
    if (command.empty()) continue;
    if (section.commands.size() == 2 * kCommands) {
      ++left;
      continue;
    }
    const DifferenceRow& pair = analysis.differences[row.difference];
    section.commands.push_back(fmt::format("# {} against {}", analysis.cells[pair.cell].label,
                                           analysis.cells[pair.baseline].label));
    section.commands.push_back(command);
  }
  if (left > 0) section.commands.push_back(fmt::format("# and {} more, in the JSON report", left));
  if (section.commands.empty()) return;
  section.paragraphs.push_back(
      "The command below the table for a row adds exactly the runs that the pair needs: they join "
      "the study, what is done stays, and given twice it does nothing more.");
}
}  // namespace

std::string command_of(const Analysis& analysis, const PowerRow& row) {
  // People paste it, so a name that no study can have is not printed into it.
  const bool named = std::all_of(analysis.study.begin(), analysis.study.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (row.add.empty() || !named) return {};
  const DifferenceRow& pair = analysis.differences[row.difference];
  return fmt::format("lockstep run {} --add-seeds {} --cells {},{}", analysis.study,
                     seed_list(row.add), analysis.cells[pair.cell].id,
                     analysis.cells[pair.baseline].id);
}

Section power_section(const Analysis& analysis) {
  Section section{.id = "power", .title = "More seeds"};
  if (analysis.power.empty()) return section;
  const double p = 1 - kConfidence;
  section.paragraphs.push_back(fmt::format(
      "Pairs of the table above whose p is above {:.2f}. Detectable: the true difference that the "
      "present seeds show with a chance of {:.0f} %; a smaller one is likely missed. Seeds needed: "
      "for the same chance if difference and spread are as estimated here, by the power of a "
      "paired "
      "t-test (noncentral t), and never fewer than the {} with which exact sign flips can give a p "
      "of {:.2f} at all (with Holm's adjustment over {} rows: {}). An estimate from few seeds is "
      "itself uncertain.",
      p, 100 * kPower, fewest_for_flips(p), p, tested(analysis),
      fewest_for_flips(p / static_cast<double>(tested(analysis)))));
  add_commands(analysis, section);
  Table table{.columns = {{"cell"},
                          {"baseline"},
                          {"difference [points]", true},
                          {"detectable [points]", true},
                          {"n", true},
                          {"seeds needed", true},
                          {"more", true},
                          {"seeds to add"},
                          {"device-hours", true}}};
  for (const PowerRow& row : analysis.power) {
    const DifferenceRow& pair = analysis.differences[row.difference];
    const bool known = row.detectable >= 0;
    table.add(
        {analysis.cells[pair.cell].label, analysis.cells[pair.baseline].label,
         points(pair.difference.mean), percent(row.detectable), std::to_string(pair.difference.n()),
         row.seeds ? std::to_string(*row.seeds)
         : known   ? fmt::format("more than {}", kMostSeeds)
                   : std::string(kNone),
         row.seeds ? std::to_string(row.add.size()) : kNone, row.seeds ? seed_list(row.add) : kNone,
         row.seeds ? significant(row.device_hours, 3) : kNone});
  }
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace lockstep
