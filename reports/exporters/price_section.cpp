// The section on price: what accuracy costs where workers are paid for.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/exporters/sections.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
std::string in_words(const Analysis& analysis, const View& view) {
  std::string text = name_of(view) + ": ";
  for (std::size_t k = 0; k < view.price_frontier.size(); ++k) {
    const ViewRow& row = view.rows[view.price_frontier[k]];
    const Cell& cell = analysis.cells[row.cell];
    text +=
        fmt::format("{}{} ({} % for {} {})", k ? "; " : "", cell.label, percent(cell.accuracy.mean),
                    significant(row.price.mean, 3), analysis.report.price->currency);
  }
  return view.price_frontier.empty() ? text + "nothing to show yet." : text + ".";
}

/// Selected cells by rising price, those without one at the end.
Table price_table(const Analysis& analysis, const View& view) {
  std::vector<const ViewRow*> rows = rows_by_time(analysis, view);
  std::stable_sort(rows.begin(), rows.end(), [](const ViewRow* a, const ViewRow* b) {
    if (!a->price.known() || !b->price.known()) return a->price.known() && !b->price.known();
    return a->price.mean < b->price.mean;
  });
  Table table{.caption = name_of(view),
              .columns = {{"cell"},
                          {"price frontier"},
                          {"test accuracy [%]", true},
                          {price_column(analysis), true},
                          {"workers", true},
                          {"time", true},
                          {"chance of price frontier", true},
                          {"time frontier"}}};
  for (const ViewRow* row : rows) {
    const Cell& cell = analysis.cells[row->cell];
    table.add({cell.label, row->on_price_frontier ? "yes" : "", percent_with_ci(cell.accuracy),
               price_with_ci(row->price), std::to_string(cell.workers), seconds_with_ci(row->time),
               std::isnan(row->on_price_frontier_probability)
                   ? std::string(kNone)
                   : fixed(100 * row->on_price_frontier_probability, 0) + " %",
               row->on_frontier ? "yes" : ""},
              row->on_price_frontier ? Weight::strong : Weight::dim);
  }
  return table;
}
}  // namespace

std::string price_column(const Analysis& analysis) {
  return "price [" + analysis.report.price->currency + "]";
}

std::string price_with_ci(const Estimate& price) {
  if (!price.known()) return kNone;
  std::string text = significant(price.mean, 3);
  if (price.ci && price.ci->high > price.ci->low)
    text += fmt::format(" [{}, {}]", significant(price.ci->low, 3), significant(price.ci->high, 3));
  return text;
}

Section price_section(const Analysis& analysis) {
  Section section{.id = "price", .title = "Price"};
  const auto& price = analysis.report.price;
  if (!price) return section;
  section.paragraphs.push_back(fmt::format(
      "What a run costs: workers x time x {} {} per device and hour, one device per worker. A cell "
      "is on the price frontier if no other is at least as cheap and at least as accurate, and "
      "better in one; means decide. Where cells differ in workers it is another one than that of "
      "time: what is faster with more devices may cost more.",
      compact(price->per_device_hour, 6), price->currency));
  if (const std::string text = about_time(analysis); !text.empty())
    section.paragraphs.front() += " " + text;
  for (const View& view : analysis.views) {
    section.bullets.push_back(in_words(analysis, view));
    section.tables.push_back(price_table(analysis, view));
  }
  return section;
}

}  // namespace lockstep
