// Dominance in the plane of training time (less is better) and accuracy (more is better).
#pragma once

#include <cstddef>
#include <vector>

namespace lockstep {

struct Point {
  double time = 0;
  double accuracy = 0;
  bool operator==(const Point&) const = default;
};

/// No worse on both, better on one. Equal points do not dominate each other; NaN neither dominates
/// nor is dominated.
bool dominates(const Point& a, const Point& b);

struct Frontier {
  std::vector<std::size_t>
      members;  ///< indices of points that nobody dominates, by rising time, then index
  std::vector<std::size_t> unknown;  ///< indices of points with a NaN: in neither set
};

/// O(n log n). Equal points are all kept. Infinite coordinates are ordinary values.
Frontier frontier(const std::vector<Point>& points);

/// Area that is dominated by `points` and better than `reference` (its time the latest, its
/// accuracy the lowest). Points that are no better than the reference, and NaN, count nothing.
double hypervolume(const std::vector<Point>& points, const Point& reference);

/// What at least `level` of the sets attain: (t, a) such that so many sets have a point no later
/// than t with at least accuracy a. Returned as the corners of a rising step line. level 1: best,
/// sets.size(): worst. O(N log N + N K).
std::vector<Point> attainment(const std::vector<std::vector<Point>>& sets, std::size_t level);

}  // namespace lockstep
