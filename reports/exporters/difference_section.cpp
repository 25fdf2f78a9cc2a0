// The section on paired differences: what can be said of two cells' accuracies.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/exporters/sections.hpp"
#include "reports/statistics/paired.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
/// Which baselines take the place of sync_sgd; empty where none does.
std::string stand_ins_of(const Analysis& analysis) {
  std::set<std::size_t> cells;
  for (const DifferenceRow& row : analysis.differences) {
    if (row.baseline_stands_in) cells.insert(row.baseline);
  }
  std::string text;
  for (const std::size_t cell : cells)
    text += (text.empty() ? "" : ", ") + analysis.cells[cell].label;
  return text.empty() ? text
                      : " There is no sync_sgd to compare with, so the baseline is the cell with "
                        "the fewest local steps per sync among those with the same workers, model, "
                        "data and length: " +
                            text + ".";
}

bool hides_p(const DifferenceRow& row) { return row.unequal_grids && std::isnan(row.p); }

std::set<int> sizes_of(const Analysis& analysis) {
  std::set<int> sizes;
  for (const DifferenceRow& row : analysis.differences) sizes.insert(row.difference.n());
  return sizes;
}

/// Why some rows have no p; empty where all may have one.
std::string untested_of(const Analysis& analysis) {
  if (std::none_of(analysis.differences.begin(), analysis.differences.end(), hides_p)) return {};
  return " Unequal grids: the two were tuned over different numbers of settings, and the better "
         "one "
         "may be the better search, so there is no p (report: {compare_unequal: true} in the spec "
         "shows it).";
}
}  // namespace

std::string points(double share) { return (share > 0 ? "+" : "") + percent(share); }

std::string points_with_ci(const Estimate& e) {
  if (!e.ci) return points(e.mean);
  return fmt::format("{} [{}, {}]", points(e.mean), points(e.ci->low), points(e.ci->high));
}

std::string bounds_of(const std::set<int>& sizes) {
  std::string text;
  for (const int n : sizes) {
    if (n < 1 || n > static_cast<int>(kMostForFlips)) continue;
    text += fmt::format("{}{} with {}", text.empty() ? "" : ", ", compact(smallest_p(n), 3), n);
  }
  return text.empty() ? text
                      : " The smallest p that so few seeds allow, before adjustment: " + text + ".";
}

std::string also_differs(const std::vector<std::string>& confounds, bool refused) {
  std::string text;
  for (const std::string& one : confounds) text += (text.empty() ? "" : "; ") + one;
  if (text.empty()) return kNone;
  return (refused ? "not compared: " : "confounded: ") + text;
}

std::size_t tested(const Analysis& analysis) {
  return static_cast<std::size_t>(
      std::count_if(analysis.differences.begin(), analysis.differences.end(),
                    [](const DifferenceRow& row) { return !std::isnan(row.p); }));
}

Section difference_section(const Analysis& analysis) {
  Section section{.id = "differences", .title = "Paired differences"};
  if (analysis.differences.empty()) return section;
  section.paragraphs.push_back(fmt::format(
      "Test accuracy less that of the baseline at the same seeds, in percentage points: mean and "
      "{:.0f} % Student-t interval, which is not adjusted. p: two-sided, exact over the flips of "
      "the differences' signs (Student's t above {} seeds); adjusted by Holm over the {} of "
      "this table that have one.{}{}{} Confounded: what differs between the two besides the "
      "algorithm, its own "
      "parameters and what is tuned; the difference may be its doing.",
      100 * kConfidence, kMostForFlips, tested(analysis), bounds_of(sizes_of(analysis)),
      stand_ins_of(analysis), untested_of(analysis)));
  Table table{.columns = {{"cell"},
                          {"baseline"},
                          {"difference [points]", true},
                          {"n", true},
                          {"p", true},
                          {"p adjusted", true},
                          {"also differs"}}};
  for (const DifferenceRow& row : analysis.differences) {
    table.add({analysis.cells[row.cell].label, analysis.cells[row.baseline].label,
               points_with_ci(row.difference), std::to_string(row.difference.n()),
               hides_p(row) ? "unequal grids" : compact(row.p, 3), compact(row.adjusted_p, 3),
               also_differs(row.confounds, row.refused)},
              Weight::normal, {analysis.cells[row.cell].id, analysis.cells[row.baseline].id});
  }
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace lockstep
