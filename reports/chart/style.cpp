#include "reports/chart/style.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "reports/chart/svg.hpp"

namespace lockstep {

// In the order of the algorithm table: the baseline is black (white), then blue, orange, green,
// purple, vermillion, ...
const std::array<SeriesColour, kStyles> kSeriesColours{{{"#1f2937", "#f3f4f6"},
                                                        {"#0072b2", "#56b4e9"},
                                                        {"#bf7300", "#e69f00"},
                                                        {"#057d5b", "#2bc79a"},
                                                        {"#a8487f", "#e39ac4"},
                                                        {"#b03f00", "#fd8843"},
                                                        {"#5b6ee1", "#77a3ff"},
                                                        {"#90823b", "#f0e442"}}};
const std::array<SeriesColour, kParts> kPartColours{{{"#a49310", "#e0d64e"},
                                                     {"#0072b2", "#56b4e9"},
                                                     {"#9d5c00", "#e59e00"},
                                                     {"#92305a", "#e39ac4"},
                                                     {"#6a7382", "#8a8d95"}}};
const ThemeColours kLight{"#ffffff", "#111827", "#4b5563", "#e5e7eb", "#f9fafb", "#0b5cad"};
const ThemeColours kDark{"#111827", "#f3f4f6", "#b6bec9", "#2b3545", "#172033", "#7cc4ff"};

namespace {
std::string variables(const ThemeColours& theme, bool dark) {
  std::string css =
      fmt::format("--bg:{};--ink:{};--quiet:{};--grid:{};--panel:{};--accent:{};", theme.background,
                  theme.ink, theme.quiet, theme.grid, theme.panel, theme.accent);
  for (std::size_t i = 0; i < kStyles; ++i) {
    css += fmt::format("--s{}:{};", i, dark ? kSeriesColours[i].dark : kSeriesColours[i].light);
  }
  for (std::size_t i = 0; i < kParts; ++i) {
    css += fmt::format("--part{}:{};", i, dark ? kPartColours[i].dark : kPartColours[i].light);
  }
  return css;
}

double channel(const std::string& colour, std::size_t at) {
  const double value = static_cast<double>(std::stoi(colour.substr(at, 2), nullptr, 16)) / 255;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const std::string& colour) {
  return 0.2126 * channel(colour, 1) + 0.7152 * channel(colour, 3) + 0.0722 * channel(colour, 5);
}

using Corners = std::vector<std::pair<double, double>>;

Corners polygon(int corners, double turn) {
  Corners points;
  for (int k = 0; k < corners; ++k) {
    const double angle = turn + 2 * M_PI * k / corners;
    points.emplace_back(std::sin(angle), -std::cos(angle));
  }
  return points;
}

Corners star() {
  Corners points;
  for (int k = 0; k < 10; ++k) {
    const double radius = k % 2 == 0 ? 1.15 : 0.5, angle = M_PI * k / 5;
    points.emplace_back(radius * std::sin(angle), -radius * std::cos(angle));
  }
  return points;
}

Corners shape_of(std::size_t style) {
  switch (style % kStyles) {
    case 1:
      return polygon(4, M_PI / 4);  // square
    case 2:
      return polygon(3, 0);  // triangle
    case 3:
      return polygon(4, 0);  // diamond
    case 4:
      return polygon(3, M_PI);  // triangle on its tip
    case 5:
      return polygon(5, 0);
    case 6:
      return polygon(6, 0);
    default:
      return star();
  }
}
}  // namespace

std::string theme_css() {
  return fmt::format(
      ":root{{color-scheme:light dark;{}}}\n"
      "@media (prefers-color-scheme:dark){{:root{{{}}}}}\n"
      "@media print{{:root{{{}}}}}\n"
      ".chart{{font-family:system-ui,-apple-system,\"Segoe UI\",\"DejaVu "
      "Sans\",sans-serif;font-size:11px}}\n"
      ".chart text{{fill:var(--ink)}}.chart .q{{fill:var(--quiet)}}.chart "
      ".t{{font-size:13px;font-weight:600}}\n"
      ".chart .bg{{fill:var(--bg)}}.chart .pl{{fill:var(--panel)}}\n"
      ".chart .grid{{stroke:var(--grid);stroke-width:1}}.chart "
      ".axis{{stroke:var(--quiet);stroke-width:1}}\n"
      ".chart "
      ".halo{{paint-order:stroke;stroke:var(--panel);stroke-width:3px;stroke-linejoin:round}}\n"
      ".chart .lead{{stroke:var(--quiet);stroke-width:.7}}\n",
      variables(kLight, false), variables(kDark, true), variables(kLight, false));
}

std::string series_colour(std::size_t style) { return fmt::format("var(--s{})", style % kStyles); }

const char* series_dash(std::size_t style) {
  constexpr std::array dashes{"none", "7 3", "2 3", "9 3 2 3", "4 3", "12 4", "1 3", "9 3 2 3 2 3"};
  return dashes[style % dashes.size()];
}

std::string marker_path(std::size_t style, double x, double y, double size) {
  const double r = size / 2;
  if (style % kStyles == 0) {
    return fmt::format("M{} {}a{} {} 0 1 0 {} 0a{} {} 0 1 0 {} 0z", pixel(x - r), pixel(y),
                       pixel(r), pixel(r), pixel(2 * r), pixel(r), pixel(r), pixel(-2 * r));
  }
  std::string path;
  double from_x = 0, from_y = 0;  // relative corners are the shorter text
  for (const auto& [dx, dy] : shape_of(style)) {
    const double to_x = 1.15 * r * dx, to_y = 1.15 * r * dy;
    path += path.empty() ? fmt::format("M{} {}", pixel(x + to_x), pixel(y + to_y))
                         : fmt::format("l{} {}", pixel(to_x - from_x), pixel(to_y - from_y));
    from_x = to_x, from_y = to_y;
  }
  return path + "z";
}

double contrast(const std::string& a, const std::string& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

}  // namespace lockstep
