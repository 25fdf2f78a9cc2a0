// The section on attainment: what the seeds reach, each with its own points.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/exporters/sections.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kMostNamed = 4;

/// "a, b and 3 more".
std::string names_of(const Analysis& analysis, const std::vector<std::size_t>& cells) {
  std::string text;
  for (std::size_t i = 0; i < std::min(cells.size(), kMostNamed); ++i)
    text += (i ? ", " : "") + analysis.cells[cells[i]].short_label;
  if (cells.size() > kMostNamed) text += fmt::format(" and {} more", cells.size() - kMostNamed);
  return text;
}

/// Seeds that do not count, and whose they are not; empty where all do.
std::string left_out_of(const Analysis& analysis, const View& view) {
  std::string text;
  for (const LeftOutSeed& seed : view.left_out_seeds) {
    text += fmt::format("{}seed {} (not finished: {})", text.empty() ? "" : "; ", seed.seed,
                        names_of(analysis, seed.missing));
  }
  return text.empty()
             ? text
             : fmt::format("Left out of the {} common seeds: {}.", view.surface_seeds, text);
}

std::string by(double time) { return std::isfinite(time) ? seconds(time) : "not attained"; }
}  // namespace

Section attainment_section(const Analysis& analysis) {
  Section section{.id = "attainment", .title = "Attainment"};
  Table table{.columns = {{"clock and network"},
                          {"test accuracy [%]", true},
                          {"best (one seed)", true},
                          {"median (half)", true},
                          {"worst (all)", true},
                          {"seeds", true}}};
  std::map<std::string, std::string> left_out;  // text -> views that it is about
  for (const View& view : analysis.views) {
    for (const AttainmentRow& row : view.attainment) {
      table.add({name_of(view), percent(row.accuracy), by(row.best_s), by(row.median_s),
                 by(row.worst_s), std::to_string(view.surface_seeds)});
    }
    std::string& views = left_out[left_out_of(analysis, view)];
    views += (views.empty() ? "" : "; ") + name_of(view);
  }
  for (const auto& [text, views] : left_out) {
    if (!text.empty()) section.bullets.push_back(left_out.size() > 1 ? views + ": " + text : text);
  }
  if (table.rows.empty() && section.bullets.empty()) return section;
  section.paragraphs.push_back(
      "Training time by which an accuracy is attained by some cell, each seed with its own points: "
      "by one seed at least (best), by half of them (median), by all (worst); these are the band "
      "and the dashed line of the plot. Accuracies are those at which the median rises. Only seeds "
      "that every plotted cell has finished count, here and in the hypervolume over seeds of all "
      "cells; two at least.");
  if (!table.rows.empty()) section.tables.push_back(std::move(table));
  return section;
}

}  // namespace lockstep
