// "Only the swept factor differs": what else differs between two cells, or inside one.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kDigestDigits = 12;

std::string data_of(const HeaderRecord& header) {
  std::string text;
  for (const auto& [file, hash] : header.data_sha256)
    text += (text.empty() ? "" : " ") + file + " " + hash.substr(0, kDigestDigits);
  return text;
}

std::string device_of(const HeaderRecord& h) {
  return h.device_name.empty() ? h.device : h.device + " (" + h.device_name + ")";
}

std::string libraries_of(const HeaderRecord& header) {
  std::string text;
  for (const auto& [name, version] : header.libraries)
    text += (text.empty() ? "" : ", ") + name + " " + version;
  return text;
}

/// Parameters whose difference is the question itself: the algorithm and what belongs to it alone.
bool asked_about(const Work& work, const Cell& a, const Cell& b, const std::string& name) {
  const auto& select = work.study.report.select;
  if (name == "algorithm" || name == "H" || name.ends_with("_revision")) return true;
  if (std::find(select.begin(), select.end(), name) != select.end()) return true;
  return a.parameters.at(name) == default_of(work.tables, a.algorithm, name) &&
         b.parameters.at(name) == default_of(work.tables, b.algorithm, name);
}
}  // namespace

bool on_measured_clock(const Work& work) {
  return std::any_of(work.clocks.begin(), work.clocks.end(),
                     [](const ClockChoice& clock) { return clock.measured; });
}

std::ptrdiff_t settings_tried(const Work& work, const Cell& cell) {
  return std::count_if(work.out.cells.begin(), work.out.cells.end(),
                       [&](const Cell& other) { return other.group == cell.group; });
}

const std::vector<Aspect>& aspects() {
  static const std::vector<Aspect> all{
      {"mixed-data", "data files", "data", data_of, true, false},
      {"mixed-devices", "device", "device", device_of, false, false},
      {"mixed-determinism", "determinism level", "determinism",
       [](const HeaderRecord& h) { return h.determinism; }, false, false},
      {"mixed-builds", "build of the trainer", "build",
       [](const HeaderRecord& h) { return h.build; }, false, false},
      {"mixed-libraries", "libraries", "libraries", libraries_of, false, false},
      {"mixed-hosts", "host, and measured times with it", "host",
       [](const HeaderRecord& h) { return h.host; }, false, true},
      {"mixed-processes", "number of processes, and measured times with it", "processes",
       [](const HeaderRecord& h) { return std::to_string(h.processes); }, false, true},
  };
  return all;
}

std::vector<std::string> values_of(const Aspect& aspect, const CellRuns& runs) {
  std::set<std::string> values;
  for (const RunData* run : runs.all) {
    if (run->header) values.insert(aspect.of(*run->header));
  }
  return {values.begin(), values.end()};
}

std::string describe(const Aspect& aspect, const std::vector<std::string>& ours,
                     const std::vector<std::string>& others) {
  return fmt::format("{} {} vs {}", aspect.name, listing(ours, 3), listing(others, 3));
}

Confounds confounds_between(const Work& work, std::size_t cell, std::size_t baseline) {
  const Cell &a = work.out.cells[cell], &b = work.out.cells[baseline];
  Confounds found;
  for (const auto& [name, value] : a.parameters) {
    const auto other = b.parameters.find(name);
    if (other == b.parameters.end() || other->second == value) continue;
    if (!asked_about(work, a, b, name))
      found.texts.push_back(fmt::format("{} {} vs {}", name, value, other->second));
  }
  const auto mine = settings_tried(work, a), theirs = settings_tried(work, b);
  if (mine != theirs) found.texts.push_back(fmt::format("best of {} vs {} settings", mine, theirs));
  for (const Aspect& aspect : aspects()) {
    if (aspect.of_time_only && !on_measured_clock(work)) continue;
    const auto ours = values_of(aspect, work.runs[cell]);
    const auto others = values_of(aspect, work.runs[baseline]);
    if (ours == others || ours.empty() || others.empty()) continue;
    found.texts.push_back(describe(aspect, ours, others));
    found.forbidden = found.forbidden || aspect.forbids;
  }
  return found;
}

}  // namespace lockstep
