#include "reports/exporters/explorer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/exporters/explorer_data.hpp"
#include "reports/page/page_text.hpp"
#include "reports/page/script_source.hpp"
#include "reports/text/escape.hpp"

namespace lockstep {

namespace {
// Ends of the sliders, as powers of ten: from a slow wide-area link to a machine's inside.
constexpr double kBandwidths[]{7, 12.5}, kLatencies[]{-7, -1.5};

/// "sync_sgd", or "the baseline" where another cell takes its place.
std::string lockstep_name(const Analysis& analysis) {
  const bool other = std::any_of(analysis.differences.begin(), analysis.differences.end(),
                                 [](const DifferenceRow& row) { return row.baseline_stands_in; });
  return other ? "the baseline" : "sync_sgd";
}

std::string slider(const char* id, const char* name, const double (&ends)[2]) {
  return fmt::format(
      "<div><label for=\"{0}\">{1}: <output id=\"{0}-value\" for=\"{0}\"></output></label>\n"
      "<input type=\"range\" id=\"{0}\" min=\"{2}\" max=\"{3}\" step=\"0.01\"></div>\n",
      id, name, ends[0], ends[1]);
}

std::string straggler_options(const Analysis& analysis) {
  const std::vector<StragglerChoice> choices = straggler_choices(analysis);
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i)
    out += fmt::format("<option value=\"{}\"{}>{}</option>\n", i, choices[i].own ? " selected" : "",
                       choices[i].words);
  return out;
}

std::string controls(const Analysis& analysis, const std::vector<Network>& networks) {
  std::string out =
      "<div class=\"controls\" role=\"group\" aria-label=\"Network\">\n"
      "<div id=\"presets\">\n";
  for (std::size_t i = 0; i < networks.size(); ++i) {
    out += fmt::format("<button type=\"button\" value=\"{}\" aria-pressed=\"false\">{}</button>\n",
                       i, escape_xml(networks[i].name));
  }
  out += "</div>\n" + slider("bandwidth", "Bandwidth", kBandwidths) +
         slider("latency", "Latency", kLatencies);
  return out + "<label>Stragglers <select id=\"stragglers\">\n" + straggler_options(analysis) +
         "</select></label>\n"
         "<label><input type=\"checkbox\" id=\"fit\"> Fit the time axis</label>\n</div>\n";
}
}  // namespace

std::string explorer_section(const Analysis& analysis) {
  if (analysis.redraws.empty()) return {};
  const std::vector<Network> networks = explorer_networks(analysis);
  std::string out =
      "<section id=\"explore\" class=\"scripted-only\">\n<h2>On your network</h2>\n"
      "<p>The same runs on any network: the simulated clock redraws them from their logs of syncs, "
      "with the cheapest all-reduce for each payload. Hollow points are simulated and move";
  if (has_measured_points(analysis))
    out += "; filled ones are measured, stay where they are, and are not on its line";
  out +=
      ". Stragglers: every step of every worker takes longer by an exponentially distributed "
      "time" +
      (has_own_model(analysis) ? "; the last choice is the model of the spec" : std::string()) +
      ".</p>\n" + controls(analysis, networks) +
      "<p id=\"explorer-news\" role=\"status\"></p>\n"
      "<figure><svg id=\"explorer-chart\" class=\"chart\" viewBox=\"0 0 900 400\" role=\"img\" "
      "aria-labelledby=\"explorer-title\"><title id=\"explorer-title\">Test accuracy against "
      "training time on the chosen network</title></svg></figure>\n"
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cells on the chosen "
      "network\"><table>\n"
      "<caption>Cells on the chosen network, simulated</caption>\n<thead><tr>"
      "<th scope=\"col\">cell</th><th scope=\"col\">frontier</th>"
      "<th scope=\"col\" class=\"n\">test accuracy [%]</th><th scope=\"col\" class=\"n\">time</th>"
      "<th scope=\"col\" class=\"n\">share of communication</th>"
      "<th scope=\"col\" class=\"n\">faster than " +
      lockstep_name(analysis) +
      "</th></tr></thead>\n"
      "<tbody id=\"explorer-rows\"></tbody></table></div>\n"
      "<script type=\"application/json\" id=\"explorer-data\">" +
      script_json(explorer_data(analysis, networks).dump()) + "</script>\n</section>\n";
  return out;
}

std::string explorer_script() { return "<script>" + std::string(kExplorerScript) + "</script>\n"; }

std::string explorer_script_source() { return sha256_source(kExplorerScript); }

}  // namespace lockstep
