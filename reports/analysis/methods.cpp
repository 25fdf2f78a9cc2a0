// The methods paragraph: what was done, so that a reader need not ask.
#include <fmt/format.h>

#include <set>

#include "reports/analysis/work.hpp"
#include "reports/text/format.hpp"

namespace lockstep {

namespace {
using Names = std::vector<std::string>;

template <class Member>
std::string over_headers(const Work& work, Member member) {
  std::set<std::string> values;
  for (const CellRuns& runs : work.runs) {
    for (const RunData* run : runs.all) {
      if (!run->header) continue;
      const std::string text = member(*run->header);
      if (!text.empty()) values.insert(text);
    }
  }
  return listing({values.begin(), values.end()}, 4);
}

std::string what_ran(const Work& work) {
  std::size_t seeds = 0, finished = 0;
  for (const Cell& cell : work.out.cells) {
    seeds = std::max(seeds, static_cast<std::size_t>(cell.planned));
    finished += cell.seeds.size();
  }
  return fmt::format(
      "{} runs in {} cells were planned, up to {} seeds per cell, and {} have finished; a seed "
      "sets "
      "initial parameters, data order, validation split and noise alike.",
      work.out.ledger.size(), work.out.cells.size(), seeds, finished);
}

/// By which rule, and how sure: empty where none was.
std::string who_was_stopped(const Work& work) {
  std::map<double, int> stopped;
  int runs = 0;
  for (const RunData& run : work.study.runs) {
    if (!is_stopped_early(run)) continue;
    ++stopped[run.stop_confidence];
    ++runs;
  }
  if (runs == 0) return {};
  Names levels;
  for (const auto& [confidence, n] : stopped)
    levels.push_back(fmt::format("{} % ({})", compact(100 * confidence, 4), n));
  return fmt::format(
      "{} {} stopped before the end, asked for by the spec (launch: early_stop), at a confidence "
      "of {}: the mean validation accuracy that their cells reached at most, by a conformal bound "
      "on how fast the error of finished runs of the same length, model and data fell, was not "
      "above the lower Student-t bound of a complete cell that is in the same tuning group or "
      "takes no longer on any clock and network shown. One bound per run holds for all looks at "
      "it; the confidence is a share of the runs looked at, and takes these runs to be "
      "exchangeable.",
      runs, runs == 1 ? "run was" : "runs were", listing(levels));
}

std::string how_selected(const Work& work) {
  const auto& select = work.study.report.select;
  const std::string rule =
      select.empty()
          ? "Nothing was tuned: every cell is reported."
          : fmt::format(
                "Of the cells that differ only in {}, the one with the highest mean validation "
                "accuracy at the end of training is reported.",
                listing(select));
  return rule +
         " Test accuracy is shown for these cells only, after the last step; nothing was chosen by "
         "it. "
         "A cell with a diverged seed is not eligible.";
}

std::string how_sure() {
  return fmt::format(
      "Values are means over seeds with two-sided {:.0f} % Student-t intervals; below {} seeds "
      "there "
      "is no interval. The chance of being on the frontier is over resamples of the seeds, drawn "
      "jointly for all cells; with few seeds it is too sure.",
      100 * kConfidence, kFewestForInterval);
}

std::string which_stragglers(const Work& work) {
  const StragglerSpec& spec = work.study.report.stragglers;
  const std::string mean = compact(100 * mean_excess_of(spec), 3) + " % of a step on average";
  std::string how;
  switch (spec.model) {
    case StragglerSpec::Model::none:
      return "No stragglers are modelled.";
    case StragglerSpec::Model::exponential:
      how = "by an exponentially distributed time, " + mean;
      break;
    case StragglerSpec::Model::lognormal:
      how = fmt::format("by a lognormal time, {}, of sigma {}", mean, compact(spec.sigma, 3));
      break;
    case StragglerSpec::Model::trace:
      how = fmt::format(
          "by one of the {} recorded excesses that the spec lists, each equally "
          "likely, {}",
          spec.excess.size(), mean);
      break;
    case StragglerSpec::Model::slow_worker:
      return fmt::format(
          "Stragglers, as the spec asks: every step of one of the workers takes {} times as long, "
          "and all others wait for it.",
          compact(spec.factor, 4));
  }
  return "Stragglers, as the spec asks: every step of every worker takes longer " + how +
         ", and a round takes as long as its slowest worker is expected to.";
}

/// The sum that is the time axis, and what is in none.
std::string which_sum(const Work& work) {
  constexpr const char* kTraining =
      "data loading, compute, communication and waiting from the first step to the end";
  constexpr const char* kQueue = " Time in a queue is in neither.";
  switch (work.study.report.time) {
    case TimeSum::productive:
      break;
    case TimeSum::productive_eval:
      return fmt::format(
          "Time on the measured clock is training ({}) and every evaluation by then, as the spec "
          "asks; checkpoints, start-up and replayed steps are apart, in the ledger.{} The "
          "simulated "
          "clock models training alone: measured seconds of evaluation are not added to it, and "
          "its "
          "times are not to be compared with measured ones.",
          kTraining, kQueue);
    case TimeSum::wall:
      return fmt::format(
          "Time on the measured clock is everything of all attempts, as the spec asks: training "
          "({}), evaluation, checkpoints, start-up and replayed steps; within an attempt, all but "
          "start-up is spread evenly over its training. Time in a queue is not in it. The "
          "simulated "
          "clock models training alone: its times are not to be compared with measured ones.",
          kTraining);
  }
  return fmt::format(
      "Training time is {}; evaluation, checkpoints, start-up and replayed steps are apart, in the "
      "ledger.{}",
      kTraining, kQueue);
}

std::string how_priced(const Work& work) {
  const auto& price = work.study.report.price;
  if (!price) return {};
  return fmt::format(
      "Price of a run: workers x time x {} {} per device and hour, one device per worker, time as "
      "on the axis of its clock; tuning and failed attempts that this time leaves out are not in "
      "it, nor is energy.",
      compact(price->per_device_hour, 6), price->currency);
}

std::string what_time_is(const Work& work) {
  bool simulated = false, measured = false, emulated = false;
  for (const View& view : work.out.views) (view.clock == "measured" ? measured : simulated) = true;
  for (const ClockChoice& clock : work.clocks) emulated = emulated || !clock.emulated.empty();
  std::string text = which_sum(work);
  if (measured) {
    text +=
        " The measured clock is wall-clock time, shown only where each worker had its own process "
        "and the machine "
        "was exclusive.";
    if (emulated) {
      text +=
          " Where a network is emulated, every exchange waits until that network would have ended "
          "it; such runs are on the measured clock alone and are never redrawn.";
    }
  }
  if (simulated) {
    text +=
        " The simulated clock is computed from the run's log of syncs, the calibrated cost of a "
        "step of one "
        "worker alone, and a latency-bandwidth model of the network with the cheapest of ring, "
        "Rabenseifner and "
        "recursive doubling; a gradient exchange hides under the backward pass, a delayed average "
        "under the "
        "steps it is given. " +
        std::string(work.out.clock_check.rows.empty()
                        ? ""
                        : "That is a system that overlaps; where this clock is held against the "
                          "measured one, an exchange hides under nothing unless the runs' records "
                          "say so, and workers wait for the slowest as the calibrated steps of the "
                          "machine vary, not as is said next. ") +
        which_stragglers(work) +
        " Seeds share one cost of a step, and equal logs "
        "give equal times, so simulated times are taken as exact and have no interval.";
  }
  return text;
}

std::string which_networks(const Work& work) {
  std::string text;
  for (const View& view : work.out.views) {
    if (view.clock == "simulated")
      text += fmt::format("{}{}: {}", text.empty() ? "" : ". ", view.title, view.source);
  }
  return text.empty() ? text : "Networks: " + text + ".";
}

std::string spread_of(const Calibration& calibration) {
  if (!(calibration.p90_s > 0)) return {};
  return fmt::format("; p10 to p90 of {} steps: {} to {}", calibration.samples,
                     seconds(calibration.p10_s), seconds(calibration.p90_s));
}

std::string which_costs(const Work& work) {
  std::set<std::string> used;
  for (std::size_t i = 0; i < work.runs.size(); ++i) {
    const Calibration* calibration = work.runs[i].calibration;
    if (!calibration) continue;
    const StepCost& cost = calibration->cost;
    used.insert(fmt::format("{} ({} of it backward; {} more to take a mean over{}) for {}",
                            seconds(cost.step_s), seconds(cost.backward_s), seconds(cost.average_s),
                            spread_of(*calibration), calibration->key));
  }
  return used.empty() ? "" : "Cost of a local step: " + listing({used.begin(), used.end()}) + ".";
}

std::string which_machines(const Work& work) {
  const std::string machines = over_headers(
      work, [](const HeaderRecord& h) { return h.device_name.empty() ? h.device : h.device_name; });
  if (machines.empty()) return {};
  const std::string levels =
      over_headers(work, [](const HeaderRecord& h) { return h.determinism; });
  return fmt::format("Hardware: {}{}.", machines,
                     levels.empty() ? "" : "; determinism level " + levels);
}

std::string which_versions(const Work& work) {
  const std::string builds = over_headers(work, [](const HeaderRecord& h) { return h.build; });
  const std::string libraries = over_headers(work, [](const HeaderRecord& h) {
    Names parts;
    for (const auto& [name, version] : h.libraries) parts.push_back(name + " " + version);
    return listing(parts, 20);
  });
  if (builds.empty()) return {};
  return fmt::format("Trainer: {}{}.", builds, libraries.empty() ? "" : " with " + libraries);
}
}  // namespace

void write_methods(Work& work) {
  for (const std::string& sentence :
       {what_ran(work), who_was_stopped(work), how_selected(work), how_sure(), what_time_is(work),
        how_priced(work), which_networks(work), which_costs(work), which_machines(work),
        which_versions(work)}) {
    if (!sentence.empty()) work.out.methods.push_back(sentence);
  }
  if (!work.study.spec_sha256.empty()) {
    work.out.methods.push_back("SHA-256 of the study's spec: " + work.study.spec_sha256 + ".");
  }
  work.out.methods.push_back("Made by " + work.out.stamp +
                             " (first digits of SHA-256 of the spec, and of everything that this "
                             "report was computed from); lockstep report --verify checks it.");
}

}  // namespace lockstep
