#include "reports/chart/placement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace lockstep {

namespace {
constexpr double kTextHeight = 13, kAscent = 10;
constexpr double kNear = 9;     // from the point to the text
constexpr double kLeader = 22;  // beyond it a line leads to the point
constexpr int kCrossingCost =
    14;  // pixels that a label would rather be further away than lie on a line

constexpr int kMistakenCost = 40;  // for a label that stands nearer to another marker

constexpr int kSamples = 12;  // pieces that a leader is looked at in

bool overlap(const Rect& a, const Rect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

/// The box whose nearest side is `distance` from (x, y) in direction (dx, dy).
Rect box_at(double x, double y, double dx, double dy, double distance, double width) {
  const double cx = x + dx * (distance + width / 2), cy = y + dy * (distance + kTextHeight / 2);
  return {cx - width / 2, cy - kTextHeight / 2, width, kTextHeight};
}

double distance_to(const Rect& box, double x, double y) {
  return std::hypot(x - std::clamp(x, box.x, box.right()), y - std::clamp(y, box.y, box.bottom()));
}
}  // namespace

void LabelPlacer::mark(double x, double y, double size) {
  forbidden_.push_back({x - size / 2, y - size / 2, size, size});
  spots_.push_back({x, y});
}

bool LabelPlacer::is_nearer_to_another(double x, double y, const Rect& box) const {
  const double own = distance_to(box, x, y);
  return std::any_of(spots_.begin(), spots_.end(), [&](const Spot& spot) {
    return (spot.x != x || spot.y != y) && distance_to(box, spot.x, spot.y) < own + 1;
  });
}

bool LabelPlacer::is_free(const Rect& box) const {
  if (box.x < area_.x || box.y < area_.y || box.right() > area_.right() ||
      box.bottom() > area_.bottom())
    return false;
  return std::none_of(forbidden_.begin(), forbidden_.end(),
                      [&](const Rect& other) { return overlap(box, other); });
}

int LabelPlacer::crossings(const Rect& box) const {
  // Segments are horizontal, vertical or short, so their bounding boxes will do.
  return static_cast<int>(std::count_if(lines_.begin(), lines_.end(), [&](const Segment& s) {
    return overlap(box, {std::min(s.x1, s.x2) - 1, std::min(s.y1, s.y2) - 1,
                         std::abs(s.x1 - s.x2) + 2, std::abs(s.y1 - s.y2) + 2});
  }));
}

int LabelPlacer::labels_under(double x, double y, const Rect& box) const {
  const double tx = std::clamp(x, box.x, box.right()), ty = std::clamp(y, box.y, box.bottom());
  return static_cast<int>(std::count_if(labels_.begin(), labels_.end(), [&](const Rect& label) {
    for (int k = 0; k <= kSamples; ++k) {
      const double share = static_cast<double>(k) / kSamples;
      if (overlap(label, {x + share * (tx - x), y + share * (ty - y), 0.1, 0.1})) return true;
    }
    return false;
  }));
}

std::optional<Placed> LabelPlacer::place(double x, double y, const std::string& label,
                                         double most) {
  constexpr std::array<std::array<double, 2>, 12> directions{{{1, 0},
                                                              {1, -1},
                                                              {0, -1},
                                                              {-1, -1},
                                                              {-1, 0},
                                                              {1, 1},
                                                              {0, 1},
                                                              {-1, 1},
                                                              {.5, -1},
                                                              {-.5, -1},
                                                              {.5, 1},
                                                              {-.5, 1}}};
  constexpr std::array<double, 7> distances{kNear, 14, 22, 34, 50, 70, 95};
  const double width = text_width(label);
  std::optional<Placed> best;
  double lowest = most;
  for (const double distance : distances) {
    for (std::size_t d = 0; d < directions.size(); ++d) {
      const Rect box = box_at(x, y, directions[d][0], directions[d][1], distance, width);
      if (!is_free(box)) continue;
      const bool leader = distance >= kLeader;
      const int crossed = crossings(box) + (leader ? 2 * labels_under(x, y, box) : 0);
      const bool mistaken = is_nearer_to_another(x, y, box);
      const double cost = distance + kCrossingCost * crossed + (mistaken ? kMistakenCost : 0) +
                          0.3 * static_cast<double>(d);
      if (cost >= lowest) continue;
      lowest = cost;
      best = Placed{box, box.x, box.y + kAscent, leader};
    }
  }
  if (!best) return best;
  forbidden_.push_back(best->box);
  labels_.push_back(best->box);
  if (best->leader) {
    // Later labels stay off the line, roughly: a slanted one has a large bounding box, so it is cut
    // up.
    const double tx = std::clamp(x, best->box.x, best->box.right());
    const double ty = std::clamp(y, best->box.y, best->box.bottom());
    for (int k = 0; k < kSamples; ++k) {
      const double a = static_cast<double>(k) / kSamples, b = static_cast<double>(k + 1) / kSamples;
      discourage(x + a * (tx - x), y + a * (ty - y), x + b * (tx - x), y + b * (ty - y));
    }
  }
  return best;
}

std::vector<double> spread(const std::vector<double>& wanted, double gap, double low, double high) {
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
  if (wanted.size() > 1) gap = std::min(gap, (high - low) / static_cast<double>(wanted.size() - 1));
  // Neighbours that are too near form a block, which moves as one to the mean of what its members
  // want.
  struct Block {
    double sum;
    std::size_t size;
  };
  std::vector<Block> blocks;
  const auto top = [&](const Block& b) {
    const auto n = static_cast<double>(b.size);
    const double start = b.sum / n - gap * (n - 1) / 2;
    return std::clamp(start, low, std::max(low, high - gap * (n - 1)));
  };
  for (const std::size_t i : order) {
    blocks.push_back({wanted[i], 1});
    while (blocks.size() > 1) {
      const Block last = blocks.back();
      Block& before = blocks[blocks.size() - 2];
      if (top(before) + gap * static_cast<double>(before.size) <= top(last) + 1e-9) break;
      before = {before.sum + last.sum, before.size + last.size};
      blocks.pop_back();
    }
  }
  std::vector<double> heights(wanted.size());
  std::size_t k = 0;
  for (const Block& block : blocks) {
    for (std::size_t j = 0; j < block.size; ++j, ++k) {
      heights[order[k]] = top(block) + gap * static_cast<double>(j);
    }
  }
  return heights;
}

}  // namespace lockstep
