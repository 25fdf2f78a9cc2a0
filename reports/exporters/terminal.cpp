// The frontier for a terminal: a plot of characters and a table, per view.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "reports/chart/charts.hpp"
#include "reports/chart/style.hpp"
#include "reports/exporters/sections.hpp"
#include "reports/text/banner.hpp"
#include "reports/text/escape.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
constexpr int kHeight = 12, kAxis = 8, kNarrowest = 30, kWidest = 100;
/// xterm-256 colours in the order of the chart's styles.
constexpr std::array kTerminalColours{"15", "39", "214", "36", "175", "208", "105", "227"};
constexpr const char* kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct Mark {
  std::size_t cell;
  std::string letter;
  double time, accuracy;
  std::size_t style;
  bool front;
};

std::string painted(const std::string& text, std::size_t style, bool front, bool colour) {
  if (!colour) return text;
  return fmt::format("\033[{}38;5;{}m{}\033[0m", front ? "1;" : "2;",
                     kTerminalColours[style % kTerminalColours.size()], text);
}

std::string letter_of(std::size_t k) { return k < 52 ? std::string(1, kLetters[k]) : "*"; }

/// Selected cells with a time and an accuracy, in the order of the table below the plot.
std::vector<Mark> marks_of(const Analysis& analysis, const View& view) {
  std::vector<Mark> marks;
  for (const ViewRow* row : rows_by_time(analysis, view)) {
    const Cell& cell = analysis.cells[row->cell];
    if (!cell.accuracy.known() || !row->time.known()) continue;
    marks.push_back({row->cell, letter_of(marks.size()), row->time.mean, cell.accuracy.mean,
                     analysis.algorithm_style[cell.algorithm_index], row->on_frontier});
  }
  return marks;
}

using Canvas = std::vector<std::vector<std::string>>;

/// The frontier as a step line of box-drawing characters.
void draw_steps(Canvas& canvas, const std::vector<Mark>& marks, const Scale& x, const Scale& y) {
  int last_row = -1, last_column = 0;
  const auto put = [&](int row, int column, const char* what) {
    canvas[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] = what;
  };
  const auto across = [&](int row, int from, int to) {
    for (int c = from; c < to; ++c) put(row, c, "─");
  };
  for (const Mark& mark : marks) {
    if (!mark.front) continue;
    const int row = static_cast<int>(std::lround(y(mark.accuracy))),
              column = static_cast<int>(std::lround(x(mark.time)));
    if (last_row >= 0) {
      across(last_row, last_column + 1, column);
      for (int r = row + 1; r < last_row; ++r) put(r, column, "│");
      if (row != last_row) put(last_row, column, "╯");
    }
    last_row = row;
    last_column = column;
  }
  if (last_row >= 0) across(last_row, last_column + 1, static_cast<int>(canvas.front().size()));
}

std::string plot(const std::vector<Mark>& marks, const Scale& x, const Scale& y, int width,
                 bool colour) {
  Canvas canvas(kHeight, std::vector<std::string>(static_cast<std::size_t>(width), " "));
  draw_steps(canvas, marks, x, y);
  for (const bool front : {false, true}) {
    for (const Mark& mark : marks) {
      if (mark.front != front) continue;
      canvas[static_cast<std::size_t>(std::lround(y(mark.accuracy)))]
            [static_cast<std::size_t>(std::lround(x(mark.time)))] =
                painted(mark.letter, mark.style, mark.front, colour);
    }
  }
  std::string out;
  for (int r = 0; r < kHeight; ++r) {
    std::string label;
    for (const Tick& tick : y.ticks) {
      if (std::lround(y(tick.value)) == r) label = tick.label;
    }
    std::string line = fmt::format("{:>{}} │", label, kAxis - 2);
    for (const std::string& cell : canvas[static_cast<std::size_t>(r)]) line += cell;
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  std::string rule(static_cast<std::size_t>(kAxis - 1), ' ');
  rule += "└";
  for (int c = 0; c < width; ++c) rule += "─";
  std::string ticks(static_cast<std::size_t>(kAxis + width), ' ');
  std::size_t free_from = 0;
  for (const Tick& tick : x.ticks) {
    const auto at = static_cast<std::size_t>(kAxis + std::lround(x(tick.value)));
    if (at < free_from || at + tick.label.size() > ticks.size()) continue;
    ticks.replace(at, tick.label.size(), tick.label);
    free_from = at + tick.label.size() + 1;
  }
  return out + rule + "\n" + ticks.substr(0, ticks.find_last_not_of(' ') + 1) + "\n";
}

std::string table_of(const Analysis& analysis, const View& view, const std::vector<Mark>& marks,
                     int columns) {
  const Table full = frontier_table(analysis, view);
  const std::vector<const ViewRow*> rows = rows_by_time(analysis, view);
  std::map<std::size_t, std::string> letters;
  for (const Mark& mark : marks) letters[mark.cell] = mark.letter;
  Table table{.columns = {{""},
                          {"cell"},
                          {"time", true},
                          {"test [%]", true},
                          {"n", true},
                          {"frontier"},
                          {"steps/sync", true},
                          {"sent", true}},
              .elastic = 1,
              .spare = 3};
  const bool priced = analysis.report.price.has_value();
  if (priced) table.columns.insert(table.columns.begin() + 3, {price_column(analysis), true});
  for (std::size_t i = 0; i < full.rows.size(); ++i) {
    const auto& row = full.rows[i];
    const char* star = rows[i]->on_frontier ? "*" : "";  // stays where columns are left out
    std::vector<std::string> line{
        letters[rows[i]->cell] + star, row[0], row[3], row[2], row[4], row[1], row[5], row[6]};
    if (priced) line.insert(line.begin() + 3, price_with_ci(rows[i]->price));
    table.add(std::move(line));
  }
  return text_table(table, static_cast<std::size_t>(columns));
}
}  // namespace

std::string terminal_frontier(const Analysis& analysis, int columns, bool colour) {
  columns = std::clamp(columns, kNarrowest, 400);
  const int width = std::min(columns, kWidest) - kAxis;
  std::string out = shorten(plain(banner_of(analysis)), static_cast<std::size_t>(columns));
  if (!out.empty()) out += "\n";
  for (const View& view : analysis.views) {
    const std::vector<Mark> marks = marks_of(analysis, view);
    if (!out.empty()) out += "\n";
    out +=
        shorten(
            plain(fmt::format("{} – test accuracy [%] against {} [s]", name_of(view), view.time)),
            static_cast<std::size_t>(columns)) +
        "\n";
    if (marks.empty()) {
      out += "no cell has both a time and a test accuracy yet\n";
      if (!rows_by_time(analysis, view).empty()) out += table_of(analysis, view, marks, columns);
      continue;
    }
    std::vector<double> times;
    std::vector<Estimate> heights;
    for (const Mark& mark : marks) {
      times.push_back(mark.time);
      heights.push_back({.values = {mark.accuracy}, .mean = mark.accuracy});
    }
    const Scale x = magnitude_scale(times, 0, width - 1, 5);
    out += plot(marks, x, accuracy_scale(heights, kHeight - 1, 0), width, colour);
    out += table_of(analysis, view, marks, columns);
  }
  for (const Notice& notice : analysis.notices) {
    const char* level = notice.level == Notice::Level::problem ? "problem" : "warning";
    out += fmt::format("{}{}: {}\n", &notice == analysis.notices.data() ? "\n" : "", level,
                       plain(notice.text));
  }
  return out;
}

}  // namespace lockstep
