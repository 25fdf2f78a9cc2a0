// What each seed attains with its own points, and how much of the plane it dominates.
#include <algorithm>
#include <limits>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
/// Rows of the table of attainment.
constexpr std::size_t kMostLevels = 5;

/// Points of the plotted cells of one algorithm ("": all), one set per seed that each of these
/// cells has.
std::map<std::int64_t, std::vector<Point>> seed_sets(const Work& work, const View& view,
                                                     const std::string& algorithm) {
  std::map<std::int64_t, std::vector<Point>> sets;
  std::size_t cells = 0;
  for (const ViewRow& row : view.rows) {
    const Cell& cell = work.out.cells[row.cell];
    if (!plotted(work, row) || (!algorithm.empty() && cell.algorithm != algorithm)) continue;
    ++cells;
    for (std::size_t s = 0; s < cell.seeds.size(); ++s) {
      sets[cell.seeds[s].seed].push_back({row.time.values[s], cell.seeds[s].accuracy});
    }
  }
  std::erase_if(sets, [&](const auto& set) { return set.second.size() < cells; });
  return sets;
}

/// Seeds that some plotted cells have and others have not.
std::vector<LeftOutSeed> left_out_of(const Work& work, const View& view) {
  std::map<std::int64_t, std::vector<std::size_t>> missing;
  for (const ViewRow& row : view.rows) {
    if (!plotted(work, row)) continue;
    for (const SeedResult& result : work.out.cells[row.cell].seeds) missing[result.seed];
  }
  for (auto& [seed, cells] : missing) {
    for (const ViewRow& row : view.rows) {
      const auto& seeds = work.out.cells[row.cell].seeds;
      const auto is_seed = [seed = seed](const SeedResult& result) { return result.seed == seed; };
      if (plotted(work, row) && std::none_of(seeds.begin(), seeds.end(), is_seed))
        cells.push_back(row.cell);
    }
  }
  std::vector<LeftOutSeed> left_out;
  for (auto& [seed, cells] : missing) {
    if (!cells.empty()) left_out.push_back({seed, std::move(cells)});
  }
  return left_out;
}

double time_to(const std::vector<Point>& surface, double accuracy) {
  const auto found = std::find_if(surface.begin(), surface.end(),
                                  [&](const Point& corner) { return corner.accuracy >= accuracy; });
  return found == surface.end() ? std::numeric_limits<double>::infinity() : found->time;
}

/// At accuracies where the median surface rises: its first and last corner, and some between.
std::vector<AttainmentRow> levels_of(const View& view) {
  const std::size_t corners = view.middle.size(), n = std::min(corners, kMostLevels);
  std::vector<AttainmentRow> rows;
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t corner = n > 1 ? k * (corners - 1) / (n - 1) : 0;
    const double accuracy = view.middle[corner].accuracy;
    rows.push_back({accuracy, time_to(view.best, accuracy), view.middle[corner].time,
                    time_to(view.worst, accuracy)});
  }
  return rows;
}
}  // namespace

void draw_surfaces(const Work& work, View& view) {
  std::vector<std::vector<Point>> sets;
  for (auto& [seed, points] : seed_sets(work, view, "")) sets.push_back(std::move(points));
  view.left_out_seeds = left_out_of(work, view);
  view.surface_seeds = static_cast<int>(sets.size());
  if (sets.size() < 2) return;
  view.best = attainment(sets, 1);
  view.middle = attainment(sets, (sets.size() + 1) / 2);
  view.worst = attainment(sets, sets.size());
  view.attainment = levels_of(view);
}

void measure_hypervolumes(const Work& work, View& view) {
  std::vector<std::string> names{""};
  names.insert(names.end(), work.out.algorithms.begin(), work.out.algorithms.end());
  for (const std::string& name : names) {
    HypervolumeRow row{.algorithm = name};
    std::vector<Point> means;
    for (const ViewRow& of_cell : view.rows) {
      if (!plotted(work, of_cell)) continue;
      if (!name.empty() && work.out.cells[of_cell.cell].algorithm != name) continue;
      means.push_back(point_of(work, of_cell));
      row.cells.push_back(of_cell.cell);
    }
    if (means.empty()) continue;
    row.of_means = hypervolume(means, view.reference);
    std::vector<double> volumes;
    for (const auto& [seed, points] : seed_sets(work, view, name)) {
      volumes.push_back(hypervolume(points, view.reference));
    }
    row.over_seeds = estimate(volumes);
    view.hypervolumes.push_back(std::move(row));
  }
  for (HypervolumeRow& row : view.hypervolumes) {
    const double all = view.hypervolumes.front().of_means;
    row.share = all > 0 ? row.of_means / all : kUnknown;
  }
}

}  // namespace lockstep
