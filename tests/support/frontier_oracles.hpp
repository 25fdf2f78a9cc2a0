// Frontier and hypervolume by other means than the program's: from the definitions, slowly.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "reports/statistics/frontier.hpp"

namespace lockstep::test {

/// Small integers, so that ties and copies are common; now and then a NaN or an infinity.
inline std::vector<Point> tied_points(std::mt19937_64& source, std::size_t most) {
  std::vector<Point> points(source() % (most + 1));
  for (Point& point : points) {
    point = {static_cast<double>(source() % 6), static_cast<double>(source() % 6)};
    if (source() % 25 == 0) point.time = std::numeric_limits<double>::quiet_NaN();
    if (source() % 25 == 0) point.accuracy = std::numeric_limits<double>::quiet_NaN();
    if (source() % 40 == 0) point.time = std::numeric_limits<double>::infinity();
  }
  return points;
}

inline bool has_nan(const Point& p) { return std::isnan(p.time) || std::isnan(p.accuracy); }

/// Whoever nobody dominates, by rising time, then index.
inline std::vector<std::size_t> frontier_by_definition(const std::vector<Point>& points) {
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool beaten = std::any_of(points.begin(), points.end(), [&](const Point& other) {
      return dominates(other, points[i]);
    });
    if (!beaten && !has_nan(points[i])) members.push_back(i);
  }
  std::stable_sort(members.begin(), members.end(),
                   [&](auto a, auto b) { return points[a].time < points[b].time; });
  return members;
}

/// Area by slabs of accuracy: in each, the fastest point at least so accurate reaches the
/// reference's time. No frontier is made.
inline double hypervolume_by_slabs(const std::vector<Point>& points, const Point& reference) {
  std::vector<double> levels{reference.accuracy};
  for (const Point& point : points) {
    if (point.accuracy > reference.accuracy) levels.push_back(point.accuracy);
  }
  std::sort(levels.begin(), levels.end());
  double area = 0;
  for (std::size_t k = 1; k < levels.size(); ++k) {
    double fastest = reference.time;
    for (const Point& point : points) {
      if (point.accuracy >= levels[k]) fastest = std::min(fastest, point.time);
    }
    area += (reference.time - fastest) * (levels[k] - levels[k - 1]);
  }
  return area;
}

}  // namespace lockstep::test
