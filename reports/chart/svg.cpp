#include "reports/chart/svg.hpp"

#include <fmt/format.h>

#include "reports/chart/style.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
const char* name_of(Anchor anchor) {
  return anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
}

std::string tip(std::string_view title) {
  return title.empty() ? "/>\n" : "><title>" + escape_xml(title) + "</title>";
}
}  // namespace

std::string pixel(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", css_class,
                       pixel(x1), pixel(y1), pixel(x2), pixel(y2));
}

void Svg::text(double x, double y, std::string_view words, Anchor anchor,
               std::string_view css_class) {
  body_ += fmt::format("<text x=\"{}\" y=\"{}\"", pixel(x), pixel(y));
  if (anchor != Anchor::start) body_ += fmt::format(" text-anchor=\"{}\"", name_of(anchor));
  if (!css_class.empty()) body_ += fmt::format(" class=\"{}\"", css_class);
  body_ += ">" + escape_xml(words) + "</text>\n";
}

void Svg::rect(const Rect& box, std::string_view attributes, std::string_view title) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}", pixel(box.x),
                       pixel(box.y), pixel(box.width), pixel(box.height), attributes) +
           tip(title);
  if (!title.empty()) body_ += "</rect>\n";
}

void Svg::path(std::string_view data, std::string_view attributes, std::string_view title) {
  body_ += fmt::format("<path d=\"{}\" {}", data, attributes) + tip(title);
  if (!title.empty()) body_ += "</path>\n";
}

void Svg::open(std::string_view attributes) { body_ += fmt::format("<g {}>\n", attributes); }

void Svg::close() { body_ += "</g>\n"; }

void Svg::open_clipped(const Rect& box, std::string_view id) {
  body_ += fmt::format(
      "<clipPath id=\"{0}\"><rect x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{4}\"/></clipPath>\n"
      "<g clip-path=\"url(#{0})\">\n",
      id, pixel(box.x), pixel(box.y), pixel(box.width), pixel(box.height));
}

std::string Svg::finish(std::string_view id, std::string_view title, std::string_view description,
                        bool standalone) const {
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {0} {1}\" "
      "{2}role=\"img\" "
      "aria-labelledby=\"{3}-title {3}-desc\">\n<title id=\"{3}-title\">{4}</title>\n<desc "
      "id=\"{3}-desc\">{5}</desc>\n",
      pixel(width_), pixel(height_),
      standalone ? fmt::format("width=\"{}\" height=\"{}\" ", pixel(width_), pixel(height_)) : "",
      id, escape_xml(title), escape_xml(description));
  if (standalone) out += "<style>\n" + theme_css() + "</style>\n";
  out += fmt::format("<rect class=\"bg\" x=\"0\" y=\"0\" width=\"{}\" height=\"{}\"/>\n",
                     pixel(width_), pixel(height_));
  return out + body_ + "</svg>\n";
}

double text_width(std::string_view text) {
  double width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;  // later bytes of a code point
    const bool thin = std::string_view("iljtf.,:;|!'()[] 1I").find(c) != std::string_view::npos;
    const bool fat =
        byte >= 0x80 || std::string_view("mwMW@%GOQD").find(c) != std::string_view::npos;
    width += thin ? 4.6 : fat ? 10.0 : 7.0;
  }
  return width;
}

void draw_axes(Svg& svg, const Rect& plot, const Scale& x, const Scale& y, std::string_view x_title,
               std::string_view y_title) {
  svg.rect(plot, "class=\"pl\"");
  for (const Tick& tick : y.ticks) {
    svg.line(plot.x, y(tick.value), plot.right(), y(tick.value), "grid");
    svg.text(plot.x - 6, y(tick.value) + 4, tick.label, Anchor::end, "q");
  }
  for (const Tick& tick : x.ticks) {
    svg.line(x(tick.value), plot.y, x(tick.value), plot.bottom(), "grid");
    svg.text(x(tick.value), plot.bottom() + 15, tick.label, Anchor::middle, "q");
  }
  svg.line(plot.x, plot.bottom(), plot.right(), plot.bottom(), "axis");
  svg.line(plot.x, plot.y, plot.x, plot.bottom(), "axis");
  svg.text(plot.x + plot.width / 2, plot.bottom() + 33, x_title, Anchor::middle, "q");
  svg.text(plot.x, plot.y - 8, y_title, Anchor::start, "q");
}

}  // namespace lockstep
