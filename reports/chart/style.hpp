// How series look. Never by colour alone: each has a colour per theme, a shape and a dash pattern.
// Colours start from Okabe-Ito's, moved until they stand out 3:1 from the background of their theme
// and stay apart for the colour-blind (a test measures both).
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace lockstep {

struct SeriesColour {
  const char* light;  ///< on kLight.background
  const char* dark;   ///< on kDark.background
};

inline constexpr std::size_t kStyles = 8;
extern const std::array<SeriesColour, kStyles> kSeriesColours;

struct ThemeColours {
  const char* background;
  const char* ink;    ///< text
  const char* quiet;  ///< secondary text: 4.5:1
  const char* grid;
  const char* panel;
  const char* accent;
};
extern const ThemeColours kLight, kDark;

/// The part of an exchange, of waiting and so on in the bars of "where the time goes": --part0 ...
/// in CSS.
inline constexpr std::size_t kParts = 5;
extern const std::array<SeriesColour, kParts> kPartColours;

/// CSS custom properties (--bg, --ink, --s0 ...) for both themes (paper is light), and the rules
/// for charts. The
/// same in SVG and HTML.
std::string theme_css();

/// "var(--s3)"; styles repeat after kStyles.
std::string series_colour(std::size_t style);
/// Value of stroke-dasharray, "none" for a solid line.
const char* series_dash(std::size_t style);
/// Path data of a marker centred at (x, y), about `size` across.
std::string marker_path(std::size_t style, double x, double y, double size);

/// WCAG 2 contrast ratio of two "#rrggbb" colours.
double contrast(const std::string& a, const std::string& b);

}  // namespace lockstep
