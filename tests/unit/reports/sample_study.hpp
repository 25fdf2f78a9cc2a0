// A study built in code: known numbers for every figure of a report, without a trainer or a store.
#pragma once

#include <functional>
#include <string>

#include "results/store/study_data.hpp"

namespace lockstep::test {

/// One run of `sample_study`, to be changed before it joins the study.
struct RunSketch {
  std::map<std::string, Value> parameters;
  double final_accuracy = 0.8;  ///< validation; test is 0.01 lower
  bool exclusive = false;
  int processes = 1;
};

/// A finished run: the sync log of its algorithm (payload 8 MB), five validation readings (marked
/// where they fall between syncs) on the way to `final_accuracy`, and the accounting of one
/// attempt.
RunData finished_run(const Tables& tables, const RunSketch& sketch);
/// As planned, nothing begun.
RunData planned_run(const Tables& tables, const RunSketch& sketch);
/// Marks a run as diverged at step 40.
void diverge(RunData& run);

/// Two workers or more, algorithms sync_sgd, local_sgd (H 4 and 16), slowmo and cocod, three seeds,
/// two lr; one cell diverged, one run not started, one unfinished. Networks measured, 10GbE,
/// 100GbE, NVLink; calibrated.
StudyData sample_study(const Tables& tables);

/// One cell per (H, lr) pair of `accuracies`, same seeds: for tests that need just a few.
struct CellSketch {
  std::string algorithm;
  std::int64_t H = 1;
  double lr = 0.1;
  std::vector<double> accuracies;  ///< validation, by seed 1, 2, ...
};
StudyData small_study(const Tables& tables, const std::vector<CellSketch>& cells);

}  // namespace lockstep::test
