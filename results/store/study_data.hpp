// A study as the reports and `status` see it: values read out of the store, complete and sorted by
// (cell, seed), so that the same store gives the same report. No SQLite type appears here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/clock/clock.hpp"
#include "results/record/records.hpp"
#include "sweeps/run/report_spec.hpp"
#include "sweeps/run/run_config.hpp"

namespace lockstep {

/// Measured step cost of one kind of step on one machine.
struct Calibration {
  std::string key;      ///< calibration_key() of the configurations it serves
  std::string machine;  ///< host and device name
  StepCost cost;
  double p10_s = 0, p90_s = 0;  ///< spread of the step time
  StepSpread spread;            ///< over the cores that were calibrated together
  std::int64_t samples = 0;     ///< steps measured
};

/// One identity that must hold, tried on a study's own model and data: two ways to train that
/// theory says are one.
struct CertificateCheck {
  std::string name;       ///< stable: "resume", "agreement", "H=1", "slowmo(1,0)", "one worker"
  std::string algorithm;  ///< empty where it concerns model and data alone
  std::string claim;      ///< one sentence
  double deviation =
      0;  ///< largest difference relative to the largest number; infinite for no number
  double allowed = 0;
  bool held() const { return deviation <= allowed; }
};

/// What `lockstep-train certify` found for one kind of step on one machine.
struct Certificate {
  std::string key;      ///< calibration_key() of the configurations it was made from
  std::string machine;  ///< host and device name
  std::string trainer;  ///< SHA-256 of the program that was tried
  std::vector<CertificateCheck> checks;
};

/// Everything that changes the cost of a step: model, data set, batch, precision and the parameters
/// of the model's row. A readable text such as "cnn width=16 fashion-mnist batch=32 float32".
std::string calibration_key(const Tables& tables, const RunConfig& config);

/// A reading of a model while it trains: what a report needs of an evaluation's record. Small, as a
/// study has millions.
struct EvalReading {
  enum class Split : std::uint8_t { validation, test, other };
  std::int64_t step = 0;
  double epoch = 0;
  double accuracy = 0;  ///< share of correct answers, 0..1
  double train_s = 0;   ///< productive training seconds of the run so far
  Split split = Split::other;
  bool scratch_average = false;  ///< of an average that nobody else sees
  float eval_s = 0;              ///< what the evaluation took; seven digits fit where it stands
  bool operator==(const EvalReading&) const = default;
};
EvalReading reading_from(const EvalRecord& record);

/// From where on an attempt of the history trains, and what went by until then: everything of all
/// attempts before it, and its start-up. Evaluations, checkpoints and the rest of the attempt are
/// spread evenly over its training.
struct WallPart {
  double train_s = 0;  ///< productive seconds of the run so far
  double wall_s = 0;
  double pace = 0;  ///< seconds that go by for a productive one
  bool operator==(const WallPart&) const = default;
};

/// One run with the history that counts: of the attempt that won DONE (or the newest), and of its
/// ancestors up to where it took over. Replayed steps are in `replayed_s`, never in the history.
struct RunData {
  std::string id, cell;
  RunConfig config;
  std::string end_reason;  ///< of the newest attempt that has one; empty: none has ended
  std::string detail;
  bool done = false;  ///< DONE exists (done or diverged)
  /// Not empty: it was stopped before its end, as its cell can be on no frontier, and by what
  /// evidence; of that, how sure.
  std::string stopped_early;
  double stop_confidence = 0;
  int attempts = 0;
  std::optional<HeaderRecord> header;  ///< of the newest attempt
  std::vector<StepRecord> steps;       ///< the last one only, where losses were left out
  std::vector<SyncRecord> syncs;
  std::vector<EvalReading> evals;  ///< train_s made continuous over attempts
  std::vector<std::string> warnings;
  std::vector<WallPart> wall;  ///< by train_s
  EndRecord accounting;        ///< seconds summed over attempts
  double replayed_s = 0;
};

struct StudyData {
  std::string study;
  std::string question;
  std::string spec_sha256;
  ReportSpec report;
  std::vector<RunData> runs;  ///< every planned run, also those that have not begun
  std::vector<Calibration> calibrations;
  std::vector<Certificate> certificates;
  std::optional<Network> measured_network;  ///< fitted by `lockstep calibrate`
  std::vector<std::string> problems;        ///< damage found on import, for the report's ledger
};

}  // namespace lockstep
