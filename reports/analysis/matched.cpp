// Cells at equal cost, and tuning at equal effort.
#include <algorithm>
#include <cmath>

#include "reports/analysis/work.hpp"
#include "reports/statistics/expected_best.hpp"

namespace lockstep {

namespace {
using Coordinate = double CurvePoint::*;

/// The least that any curve ends with: every cell has had so much.
double budget(const std::vector<Curve>& curves, Coordinate of) {
  double least = kUnknown;
  for (const Curve& curve : curves) {
    if (curve.points.empty()) continue;
    const double end = curve.points.back().*of;
    if (!(end >= least)) least = end;
  }
  return least;
}

double accuracy_by(const Curve& curve, Coordinate of, double budget) {
  double accuracy = kUnknown;
  for (const CurvePoint& point : curve.points) {
    if (point.*of <= budget) accuracy = point.accuracy.mean;
  }
  return accuracy;
}
}  // namespace

void match_budgets(Work& work) {
  Matched& out = work.out.matched;
  const std::vector<Curve>& curves = work.out.curves;
  out.samples = budget(curves, &CurvePoint::samples);
  out.time_s = budget(curves, &CurvePoint::time);
  out.bytes = budget(curves, &CurvePoint::bytes);
  for (const Curve& curve : curves) {
    out.rows.push_back({.cell = curve.cell,
                        .at_samples = accuracy_by(curve, &CurvePoint::samples, out.samples),
                        .at_time = accuracy_by(curve, &CurvePoint::time, out.time_s),
                        .at_bytes = accuracy_by(curve, &CurvePoint::bytes, out.bytes)});
  }
}

void expect_best(Work& work) {
  std::map<std::string, std::vector<double>> tried;
  for (const Cell& cell : work.out.cells) {
    if (cell.eligible) tried[cell.group].push_back(cell.val_accuracy.mean);
  }
  for (std::size_t i = 0; i < work.out.cells.size(); ++i) {
    const Cell& cell = work.out.cells[i];
    if (!cell.selected || tried[cell.group].size() < 2) continue;
    work.out.expected_best.push_back({i, expected_best(tried[cell.group])});
  }
}

}  // namespace lockstep
