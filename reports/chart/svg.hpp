// SVG written directly: bytes are the same everywhere, and every mark can carry a title. Text is
// escaped here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/chart/scale.hpp"

namespace lockstep {

/// A coordinate: at most two decimals, no trailing zeros, no "-0".
std::string pixel(double value);

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

enum class Anchor { start, middle, end };

class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void text(double x, double y, std::string_view words, Anchor anchor = Anchor::start,
            std::string_view css_class = "");
  void rect(const Rect& box, std::string_view attributes, std::string_view title = "");
  void path(std::string_view data, std::string_view attributes, std::string_view title = "");
  /// Groups may nest; each open() needs its close().
  void open(std::string_view attributes);
  void close();
  /// Everything until close() is cut off at `box`. `id` is unique in the page.
  void open_clipped(const Rect& box, std::string_view id);

  /// The document. `id` makes the ids of title and description unique where several charts share a
  /// page; a standalone file carries the theme itself.
  std::string finish(std::string_view id, std::string_view title, std::string_view description,
                     bool standalone) const;

 private:
  double width_, height_;
  std::string body_;
};

/// Width in pixels of `text` in the charts' font at 11 px, erring on the wide side.
double text_width(std::string_view text);

/// Background, grid lines, tick labels and axis titles of one panel.
void draw_axes(Svg& svg, const Rect& plot, const Scale& x, const Scale& y, std::string_view x_title,
               std::string_view y_title);

}  // namespace lockstep
