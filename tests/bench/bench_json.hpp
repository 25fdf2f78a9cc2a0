// How a benchmark says what it found: a line for people, PASS or FAIL against its bound, and one
// line of JSON for gates.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lockstep::bench {

/// One figure that a benchmark holds itself to.
struct Figure {
  std::string name, unit;
  double value = 0;
  double most = 0;  ///< passes at or below
};

/// Prints every figure and the JSON line; 0 if all pass, else 1: the exit code.
inline int judge(const std::string& bench, const std::vector<Figure>& figures) {
  bool all = true;
  auto json =
      nlohmann::ordered_json{{"bench", bench}, {"figures", nlohmann::ordered_json::array()}};
  for (const Figure& figure : figures) {
    const bool pass = figure.value <= figure.most;
    all = all && pass;
    fmt::print("{}  {}: {:.4g} {} (at most {:.4g})\n", pass ? "PASS" : "FAIL", figure.name,
               figure.value, figure.unit, figure.most);
    json["figures"].push_back({{"name", figure.name},
                               {"value", figure.value},
                               {"unit", figure.unit},
                               {"most", figure.most},
                               {"pass", pass}});
  }
  json["pass"] = all;
  fmt::print("{}\n", json.dump());
  return all ? 0 : 1;
}

}  // namespace lockstep::bench
