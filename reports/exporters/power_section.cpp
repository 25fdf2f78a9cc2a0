// The section on pairs that are not told apart: what it would take.
#include <fmt/format.h>

#include "reports/exporters/sections.hpp"
#include "reports/statistics/paired.hpp"
#include "reports/statistics/power.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
/// "4", "4 and 5", "4 to 9".
std::string range_of(const std::vector<std::int64_t>& seeds) {
  if (seeds.empty()) return kNone;
  if (seeds.size() == 1) return std::to_string(seeds.front());
  return fmt::format("{} {} {}", seeds.front(), seeds.size() == 2 ? "and" : "to", seeds.back());
}

std::string what_to_type(const Analysis& analysis) {
  const PowerRow* most = nullptr;
  for (const PowerRow& row : analysis.power) {
    if (!row.add.empty() && (!most || row.add.size() > most->add.size())) most = &row;
  }
  if (!most) return {};
  return fmt::format(
      "To add them, put the seeds into the list of seeds of the spec (all of the table: up to seed "
      "{}) and type: lockstep run SPEC. What is done stays; new runs are trained for every cell "
      "that the list of seeds applies to.",
      most->add.back());
}
}  // namespace

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
  const std::string command = what_to_type(analysis);
  if (!command.empty()) section.paragraphs.push_back(command);
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
    table.add({analysis.cells[pair.cell].label, analysis.cells[pair.baseline].label,
               points(pair.difference.mean), percent(row.detectable),
               std::to_string(pair.difference.n()),
               row.seeds ? std::to_string(*row.seeds)
               : known   ? fmt::format("more than {}", kMostSeeds)
                         : std::string(kNone),
               row.seeds ? std::to_string(row.add.size()) : kNone, range_of(row.add),
               row.seeds ? significant(row.device_hours, 3) : kNone});
  }
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace lockstep
