// What a palette must be, computed: contrast by WCAG 2, distance under simulated colour blindness.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "reports/chart/style.hpp"

using namespace lockstep;

namespace {
using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

// Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation of Color
// Vision Deficiency", table 1, severity 1.0; on linear RGB.
constexpr Matrix kDeuteranopia{{{0.367322, 0.860646, -0.227968},
                                {0.280085, 0.672501, 0.047413},
                                {-0.011820, 0.042940, 0.968881}}};
constexpr Matrix kProtanopia{{{0.152286, 1.052583, -0.204868},
                              {0.114503, 0.786281, 0.099216},
                              {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix kTrichromat{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
// IEC 61966-2-1: linear sRGB to XYZ, and its white, D65.
constexpr Matrix kToXyz{{{0.4124564, 0.3575761, 0.1804375},
                         {0.2126729, 0.7151522, 0.0721750},
                         {0.0193339, 0.1191920, 0.9503041}}};
constexpr Triple kWhite{0.95047, 1, 1.08883};

Triple times(const Matrix& matrix, const Triple& v) {
  Triple out{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) out[i] += matrix[i][j] * v[j];
  return out;
}

Triple linear(const std::string& colour) {
  Triple out{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double value = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    out[i] = value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  }
  return out;
}

/// CIE L*a*b* of a colour as an eye of that kind sees it.
Triple seen(const std::string& colour, const Matrix& sight) {
  Triple rgb = times(sight, linear(colour));
  for (double& value : rgb) value = std::clamp(value, 0.0, 1.0);
  const Triple xyz = times(kToXyz, rgb);
  Triple f{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double t = xyz[i] / kWhite[i];
    f[i] = t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116;
  }
  return {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
}

/// The smallest distance between two colours of a palette.
template <std::size_t N>
double nearest(const std::array<SeriesColour, N>& palette, const char* SeriesColour::*theme,
               const Matrix& sight) {
  double least = INFINITY;
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Triple a = seen(palette[i].*theme, sight), b = seen(palette[j].*theme, sight);
      least = std::min(least, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
    }
  }
  return least;
}
}  // namespace

TEST_CASE("contrast is that of WCAG") {
  CHECK(contrast("#000000", "#ffffff") == Approx(21));
  CHECK(contrast("#E69F00", "#ffffff") == Approx(2.25).margin(0.01));
  CHECK(contrast("#111827", "#0072B2") == Approx(3.42).margin(0.01));
}

TEST_CASE("everything drawn can be seen in both themes") {
  for (const SeriesColour& colour : kSeriesColours) {
    CHECK(contrast(colour.light, kLight.background) >= 3);
    CHECK(contrast(colour.light, kLight.panel) >= 3);
    CHECK(contrast(colour.dark, kDark.background) >= 3);
    CHECK(contrast(colour.dark, kDark.panel) >= 3);
  }
  for (const SeriesColour& colour : kPartColours) {
    CHECK(contrast(colour.light, kLight.background) >= 3);
    CHECK(contrast(colour.dark, kDark.background) >= 3);
  }
  for (const ThemeColours& theme : {kLight, kDark}) {
    for (const char* text : {theme.ink, theme.quiet, theme.accent}) {
      CHECK(contrast(text, theme.background) >= 4.5);
      CHECK(contrast(text, theme.panel) >= 4.5);
    }
  }
}

TEST_CASE("series and parts stay apart for the colour-blind") {
  // CIE 1976 difference; 2.3 is just noticeable (Mahy et al. 1994), 5 to 10 is plain side by side,
  // and a legend is not side by side.
  constexpr double kApart = 14;
  for (const Matrix& sight : {kDeuteranopia, kProtanopia}) {
    CHECK(nearest(kSeriesColours, &SeriesColour::light, sight) >= kApart);
    CHECK(nearest(kSeriesColours, &SeriesColour::dark, sight) >= kApart);
    CHECK(nearest(kPartColours, &SeriesColour::light, sight) >= kApart);
    CHECK(nearest(kPartColours, &SeriesColour::dark, sight) >= kApart);
  }
  // The measure itself: a red and a green that only some eyes can tell apart.
  const std::array<SeriesColour, 2> red_green{{{"#cc4455", ""}, {"#558844", ""}}};
  CHECK(nearest(red_green, &SeriesColour::light, kTrichromat) > 30);
  CHECK(nearest(red_green, &SeriesColour::light, kDeuteranopia) < 5);
}

TEST_CASE("series differ by shape, dash and colour") {
  std::set<std::string> shapes, dashes, light, dark;
  for (std::size_t i = 0; i < kStyles; ++i) {
    shapes.insert(marker_path(i, 0, 0, 10));
    dashes.insert(series_dash(i));
    light.insert(kSeriesColours[i].light);
    dark.insert(kSeriesColours[i].dark);
  }
  for (const auto& set : {shapes, dashes, light, dark}) CHECK(set.size() == kStyles);
}
