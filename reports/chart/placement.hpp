// Where to write labels so that none covers another, a marker, or a line.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "reports/chart/svg.hpp"

namespace lockstep {

struct Placed {
  Rect box;             ///< of the text
  double x = 0, y = 0;  ///< of the text's start, on its baseline
  bool leader = false;  ///< far enough away for a line to the point
};

class LabelPlacer {
 public:
  explicit LabelPlacer(const Rect& area) : area_(area) {}

  /// A marker of that size at (x, y): labels never cover it, and keep away from those of others.
  void mark(double x, double y, double size);
  /// Labels avoid lying across this segment where they can.
  void discourage(double x1, double y1, double x2, double y2) {
    lines_.push_back({x1, y1, x2, y2});
  }

  /// The best free place near (x, y): near, not nearer to another marker, and not across lines, nor
  /// with its leader across labels. It is then taken. Nothing where all places within reach are
  /// taken or cost more than `most` (pixels of distance, and more for each line crossed).
  std::optional<Placed> place(double x, double y, const std::string& label,
                              double most = std::numeric_limits<double>::infinity());

 private:
  struct Spot {
    double x, y;
  };
  struct Segment {
    double x1, y1, x2, y2;
  };
  bool is_free(const Rect& box) const;
  int crossings(const Rect& box) const;
  int labels_under(double x, double y, const Rect& box) const;
  bool is_nearer_to_another(double x, double y, const Rect& box) const;

  Rect area_;
  std::vector<Rect> forbidden_;
  std::vector<Spot> spots_;
  std::vector<Rect> labels_;
  std::vector<Segment> lines_;
};

/// Heights for labels at the end of lines: near `wanted`, in the same order, `gap` apart, within
/// [low, high].
std::vector<double> spread(const std::vector<double>& wanted, double gap, double low, double high);

}  // namespace lockstep
