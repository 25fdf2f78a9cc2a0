// Which calibration serves which cell. A step cost of another kind of machine is never taken.
#include <fmt/format.h>

#include <cctype>
#include <map>
#include <set>

#include "reports/analysis/work.hpp"

namespace lockstep {

namespace {
/// How well a calibration's machine ("host and device name") fits a run's.
enum class Fit { none, same_device, same_machine };

Fit fit_of(const std::string& machine, const HeaderRecord& header) {
  const std::string& device = header.device_name;
  if (device.empty() || !machine.ends_with(device)) return Fit::none;
  const std::string rest = machine.substr(0, machine.size() - device.size());
  if (!header.host.empty() && rest.rfind(header.host, 0) == 0) {
    const std::string between = rest.substr(header.host.size());
    bool separator = true;
    for (const char c : between)
      separator = separator && std::isalnum(static_cast<unsigned char>(c)) == 0;
    if (separator) return Fit::same_machine;
  }
  return Fit::same_device;
}

const HeaderRecord* header_of(const CellRuns& runs) {
  for (const auto* list : {&runs.finished, &runs.all}) {
    for (const RunData* run : *list) {
      if (run->header) return &*run->header;
    }
  }
  return nullptr;
}

const Calibration* best_calibration(const Work& work, const std::string& key,
                                    const HeaderRecord& header, Fit& fit) {
  const Calibration* best = nullptr;
  fit = Fit::none;
  for (const Calibration& calibration : work.study.calibrations) {
    if (calibration.key != key) continue;
    const Fit this_fit = fit_of(calibration.machine, header);
    if (this_fit > fit || (this_fit == fit && best && calibration.machine < best->machine)) {
      best = &calibration;
      fit = this_fit;
    }
  }
  return fit == Fit::none ? nullptr : best;
}

using Cells = std::map<std::string, std::set<std::string>>;  // message -> labels

bool is_time_driven(const Work& work, std::size_t cell) {
  const AlgorithmRow* row = work.tables.algorithm(work.out.cells[cell].algorithm);
  return row && row->time_driven;
}

void refuse_time_driven(Work& work) {
  std::set<std::string> labels;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    if (is_time_driven(work, i)) labels.insert(work.out.cells[i].label);
  }
  if (labels.empty()) return;
  work.warning("not-redrawn", fmt::format("No simulated time for {}: which steps they take depends "
                                          "on time, so another network would train another model.",
                                          listing({labels.begin(), labels.end()})));
}

void report(Work& work, const Cells& missing, const Cells& borrowed) {
  for (const auto& [what, labels] : missing) {
    work.problem(
        "no-calibration",
        fmt::format("No simulated time for {}: no step cost of {}. Run: lockstep calibrate {}",
                    listing({labels.begin(), labels.end()}), what, work.study.study));
  }
  for (const auto& [what, labels] : borrowed) {
    work.warning("other-host", fmt::format("Simulated time of {} uses the step cost {}.",
                                           listing({labels.begin(), labels.end()}), what));
  }
}
}  // namespace

void find_costs(Work& work) {
  Cells missing, borrowed;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    CellRuns& runs = work.runs[i];
    const HeaderRecord* header = header_of(runs);
    if (!header || is_time_driven(work, i)) continue;
    const std::string key = calibration_key(work.tables, runs.all.front()->config);
    Fit fit = Fit::none;
    const std::string& label = work.out.cells[i].label;
    if (const Calibration* found = best_calibration(work, key, *header, fit)) {
      runs.calibration = found;
      if (fit == Fit::same_device) {
        borrowed[fmt::format("measured on {}; the runs were on {}", found->machine, header->host)]
            .insert(label);
      }
    } else {
      missing[fmt::format("\"{}\" on {}, {}", key, header->host, header->device_name)].insert(
          label);
    }
  }
  refuse_time_driven(work);
  report(work, missing, borrowed);
}

}  // namespace lockstep
