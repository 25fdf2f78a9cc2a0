// Values of an analysis as JSON: what the JSON exporter is put together from. What is not known is
// null.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "reports/analysis.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

inline Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
inline Json text(const std::string& value) { return Json(plain(value)); }

template <class Items, class Make>
Json array_of(const Items& items, Make make) {
  Json all = Json::array();
  for (const auto& item : items) all.push_back(make(item));
  return all;
}

inline Json json_of(const Estimate& e) {
  return {{"n", e.n()},
          {"mean", number(e.mean)},
          {"ci_low", e.ci ? number(e.ci->low) : Json(nullptr)},
          {"ci_high", e.ci ? number(e.ci->high) : Json(nullptr)}};
}

// json_effects.cpp: what the factors do.
Json json_of(const Analysis& analysis, const Effects& effects);

// json_costs.cpp: what seeds, time and tuning cost.
Json json_of(const Analysis& analysis, const PowerRow& row);
Json json_of(const Analysis& analysis, const Matched& matched);
Json json_of(const Analysis& analysis, const ExpectedBestRow& row);
Json json_of(const BreakEvenRow& row);
Json json_of(const Analysis& analysis, const ClockCheckRow& row);
Json json_of(const Analysis& analysis, const Forecast& forecast);

/// An object, written member by member and array by array: a whole report as one value takes
/// hundreds of megabytes.
class JsonObject {
 public:
  explicit JsonObject(bool indented) : indented_(indented) {}

  void member(const char* name, const Json& value) {
    begin(name);
    add(value, 1);
  }

  template <class Items, class Make>
  void array(const char* name, const Items& items, Make make) {
    begin(name);
    text_ += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) text_ += ',';
      first = false;
      line(2);
      add(make(item), 2);
    }
    if (!first) line(1);
    text_ += ']';
  }

  std::string finished() && {
    line(0);
    return std::move(text_ += '}');
  }

 private:
  void begin(const char* name) {
    if (text_.size() > 1) text_ += ',';
    line(1);
    text_ += Json(name).dump() + (indented_ ? ": " : ":");
  }
  void line(std::size_t depth) {
    if (indented_) text_ += '\n' + std::string(depth, ' ');
  }
  /// A line feed in the text of a value is between its tokens: inside strings it is escaped.
  void add(const Json& value, std::size_t depth) {
    for (const char c : value.dump(indented_ ? 1 : -1)) {
      text_ += c;
      if (c == '\n') text_.append(depth, ' ');
    }
  }

  bool indented_;
  std::string text_ = "{";
};

}  // namespace lockstep
