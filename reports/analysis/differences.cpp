// Selected cells against their baselines, at the same seeds: sync_sgd for every other algorithm
// (where there is none, the cell closest to it), and local_sgd of the same H for what adds slow
// momentum to it.
#include <algorithm>
#include <optional>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
struct Comparison {
  const char* algorithm;  ///< nullptr: all but the baseline
  const char* baseline;
  bool same_H;
};
constexpr Comparison kComparisons[]{{nullptr, "sync_sgd", false}, {"slowmo", "local_sgd", true}};

/// Cells that differ in one of these answer different questions.
constexpr const char* kQuestion[]{"dataset", "train_samples", "model",
                                  "epochs",  "steps",         "workers"};

std::string value_of(const Cell& cell, const std::string& parameter) {
  const auto found = cell.parameters.find(parameter);
  return found == cell.parameters.end() ? std::string() : found->second;
}

bool comparable(const Cell& a, const Cell& b, bool same_H) {
  return std::all_of(std::begin(kQuestion), std::end(kQuestion),
                     [&](const char* name) { return value_of(a, name) == value_of(b, name); }) &&
         (!same_H || value_of(a, "H") == value_of(b, "H"));
}

/// Parameters in which two cells agree, without those that are tuned.
std::ptrdiff_t agreement(const Work& work, const Cell& a, const Cell& b) {
  const auto& tuned = work.study.report.select;
  return std::count_if(a.parameters.begin(), a.parameters.end(), [&](const auto& parameter) {
    const auto& [name, value] = parameter;
    return value_of(b, name) == value && std::find(tuned.begin(), tuned.end(), name) == tuned.end();
  });
}

/// The cell of the baseline that is most like `cell`; of equally alike ones the best on validation.
std::optional<std::size_t> baseline_of(const Work& work, const Cell& cell,
                                       const Comparison& comparison) {
  std::optional<std::size_t> best;
  const auto rank = [&](std::size_t i) {
    const Cell& other = work.out.cells[i];
    return std::make_pair(agreement(work, cell, other), other.val_accuracy.mean);
  };
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    const Cell& other = work.out.cells[i];
    if (!other.selected || other.algorithm != comparison.baseline) continue;
    if (!comparable(cell, other, comparison.same_H)) continue;
    if (!best || rank(i) > rank(*best)) best = i;
  }
  return best;
}

/// In a study without a baseline, the comparable cell with the fewest local steps per sync; none
/// for that cell itself.
std::optional<std::size_t> stand_in_of(const Work& work, std::size_t i) {
  const Cell& cell = work.out.cells[i];
  const auto found =
      closest_to_lockstep(work, [&](const Cell& other) { return comparable(cell, other, false); });
  return found == i ? std::nullopt : found;
}

bool listed(const Work& work, std::size_t cell, std::size_t baseline) {
  return std::any_of(
      work.out.differences.begin(), work.out.differences.end(),
      [&](const DifferenceRow& row) { return row.cell == cell && row.baseline == baseline; });
}

void compare(Work& work, std::size_t i, const Comparison& comparison) {
  const Cell& cell = work.out.cells[i];
  if (!cell.selected || cell.algorithm == comparison.baseline) return;
  if (comparison.algorithm && cell.algorithm != comparison.algorithm) return;
  auto baseline = baseline_of(work, cell, comparison);
  const bool stands_in = !baseline && !comparison.algorithm;
  if (stands_in) baseline = stand_in_of(work, i);
  if (!baseline || listed(work, i, *baseline)) return;
  const std::vector<double> differences =
      paired_differences(accuracy_by_seed(cell), accuracy_by_seed(work.out.cells[*baseline]));
  if (differences.empty()) return;
  DifferenceRow row{.cell = i, .baseline = *baseline, .difference = estimate({})};
  row.baseline_stands_in = stands_in;
  const Confounds confounds = confounds_between(work, i, *baseline);
  row.confounds = confounds.texts;
  row.refused = confounds.forbidden;
  row.unequal_grids = settings_tried(work, cell) != settings_tried(work, work.out.cells[*baseline]);
  if (!row.refused) {
    row.difference = estimate(differences);
    if (!row.unequal_grids || work.study.report.compare_unequal) row.p = sign_flip_p(differences);
  }
  work.out.differences.push_back(std::move(row));
}
}  // namespace

void compare_cells(Work& work) {
  for (const Comparison& comparison : kComparisons) {
    for (std::size_t i = 0; i < work.out.cells.size(); ++i) compare(work, i, comparison);
  }
  std::vector<double> p;
  for (const DifferenceRow& row : work.out.differences) p.push_back(row.p);
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    work.out.differences[i].adjusted_p = adjusted[i];
  }
}

}  // namespace lockstep
