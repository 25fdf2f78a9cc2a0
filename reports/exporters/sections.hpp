// The report as a reader meets it: sections of text, tables and figures, from which Markdown and
// HTML are both made, so that they cannot say different things.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reports/analysis.hpp"
#include "reports/text/table.hpp"

namespace lockstep {

enum class Figure { none, frontier, curves, tuning, breakdown };

struct Section {
  std::string id, title;
  std::vector<std::string> paragraphs;
  std::vector<std::string> bullets;
  Figure figure = Figure::none;
  std::vector<Table> tables;
  std::vector<std::string> commands;  ///< lines for a shell, to be copied; shown below the tables
};

/// In reading order; sections that have nothing to say are left out.
std::vector<Section> sections_of(const Analysis& analysis);

// One function per section.
Section frontier_section(const Analysis& analysis);
Section price_section(const Analysis& analysis);
Section attainment_section(const Analysis& analysis);
Section difference_section(const Analysis& analysis);
Section effect_section(const Analysis& analysis);
Section power_section(const Analysis& analysis);
Section hypervolume_section(const Analysis& analysis);
Section target_section(const Analysis& analysis);
Section curve_section(const Analysis& analysis);
Section matched_section(const Analysis& analysis);
Section tuning_section(const Analysis& analysis);
Section breakdown_section(const Analysis& analysis);
Section break_even_section(const Analysis& analysis);
Section clock_check_section(const Analysis& analysis);
Section forecast_section(const Analysis& analysis);
Section effort_section(const Analysis& analysis);
Section certificate_section(const Analysis& analysis);
Section ledger_section(const Analysis& analysis);
Section methods_section(const Analysis& analysis);

/// Selected cells of one view by rising time, those without a time at the end.
std::vector<const ViewRow*> rows_by_time(const Analysis& analysis, const View& view);

/// The frontier table of one view: a row for each of rows_by_time().
Table frontier_table(const Analysis& analysis, const View& view);

/// "price [EUR]"
std::string price_column(const Analysis& analysis);
/// "12.3 [12.1, 12.5]": the amount alone.
std::string price_with_ci(const Estimate& price);

/// What adds exactly the runs that a pair needs; empty where no number of seeds does.
std::string command_of(const Analysis& analysis, const PowerRow& row);

/// A difference of accuracies in percentage points, with its sign: "+0.42".
std::string points(double share);
/// "+0.42 [-0.10, +0.94]".
std::string points_with_ci(const Estimate& estimate);

/// What these numbers of seeds leave possible, whatever the differences: a sentence, or nothing.
std::string bounds_of(const std::set<int>& sizes);

/// What else differs between those that are compared.
std::string also_differs(const std::vector<std::string>& confounds, bool refused);

/// Paired differences that have a p: what Holm's adjustment is over.
std::size_t tested(const Analysis& analysis);

/// "10GbE, simulated"; with the sum that is its time where that is not training alone.
std::string name_of(const View& view);
/// A sentence where the clocks of a report do not show the same sum, or another than training.
std::string about_time(const Analysis& analysis);

}  // namespace lockstep
