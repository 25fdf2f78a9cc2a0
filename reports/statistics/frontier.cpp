#include "reports/statistics/frontier.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace lockstep {

namespace {
constexpr double kNothing = -std::numeric_limits<double>::infinity();

bool has_nan(const Point& point) { return std::isnan(point.time) || std::isnan(point.accuracy); }

/// Fastest first; among equally fast ones the most accurate first, so that one pass can tell who is
/// dominated.
bool before(const Point& a, const Point& b) {
  if (a.time != b.time) return a.time < b.time;
  return a.accuracy > b.accuracy;
}

struct Arrival {
  double time, accuracy;
  std::size_t set;
};

std::vector<Arrival> arrivals_of(const std::vector<std::vector<Point>>& sets) {
  std::vector<Arrival> all;
  for (std::size_t set = 0; set < sets.size(); ++set) {
    for (const Point& point : sets[set]) {
      if (!has_nan(point)) all.push_back({point.time, point.accuracy, set});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Arrival& a, const Arrival& b) { return a.time < b.time; });
  return all;
}
}  // namespace

bool dominates(const Point& a, const Point& b) {
  return a.time <= b.time && a.accuracy >= b.accuracy &&
         (a.time < b.time || a.accuracy > b.accuracy);
}

Frontier frontier(const std::vector<Point>& points) {
  Frontier result;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < points.size(); ++i) {
    (has_nan(points[i]) ? result.unknown : order).push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (points[a] == points[b]) return a < b;
    return before(points[a], points[b]);
  });
  for (const std::size_t i : order) {
    const bool better = result.members.empty() ||
                        points[i].accuracy > points[result.members.back()].accuracy ||
                        points[i] == points[result.members.back()];
    if (better) result.members.push_back(i);
  }
  return result;
}

double hypervolume(const std::vector<Point>& points, const Point& reference) {
  double area = 0, reached = reference.accuracy;
  for (const std::size_t i : frontier(points).members) {
    const Point& point = points[i];
    if (point.time >= reference.time || point.accuracy <= reached) continue;
    area += (reference.time - point.time) * (point.accuracy - reached);
    reached = point.accuracy;
  }
  return area;
}

std::vector<Point> attainment(const std::vector<std::vector<Point>>& sets, std::size_t level) {
  std::vector<Point> corners;
  if (level == 0 || level > sets.size()) return corners;
  std::vector<double> reached(sets.size(), kNothing);
  const std::vector<Arrival> arrivals = arrivals_of(sets);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    reached[arrivals[i].set] = std::max(reached[arrivals[i].set], arrivals[i].accuracy);
    if (i + 1 < arrivals.size() && arrivals[i + 1].time == arrivals[i].time) continue;
    std::vector<double> ranked = reached;
    const auto place = ranked.begin() + static_cast<std::ptrdiff_t>(level - 1);
    std::nth_element(ranked.begin(), place, ranked.end(), std::greater<>());
    if (*place > (corners.empty() ? kNothing : corners.back().accuracy)) {
      corners.push_back({arrivals[i].time, *place});
    }
  }
  return corners;
}

}  // namespace lockstep
