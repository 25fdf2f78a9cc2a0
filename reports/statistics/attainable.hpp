// What a run that is still training can reach at most, with stated confidence: a conformal
// prediction bound (Vovk et al. 2005; Lei et al. 2018, arXiv 1604.04173), which needs no
// distribution, only that the finished runs and the unfinished one are exchangeable.
//
// The score of a finished run is one number over all its readings (a maximum), so that one bound
// holds at all of them at once: looking often costs no confidence. Its scale is that of a learning
// curve that falls as a power of time, but nothing depends on curves doing so.
#pragma once

#include <optional>
#include <vector>

namespace lockstep {

/// A validation accuracy at a share of the course, above 0 and at most 1.
struct Reading {
  double share = 0;
  double accuracy = 0;
};

/// Readings beyond this share count for nothing: there little is left to save, and log(1 / share),
/// by which scores are divided, is so small that a score would be noise.
inline constexpr double kLastLook = 0.75;

/// How fast the error of a finished run fell: the largest, over its readings up to kLastLook, of
/// log(smallest error so far / final error) / log(1 / share). Not below 0; infinite where no error
/// is left; none without such a reading. For an error of a * share^-b it is b at every reading.
std::optional<double> descent(const std::vector<Reading>& readings, double final_accuracy);

/// Not exceeded by one more value with at least this probability, if all are exchangeable: the k-th
/// largest, with k = floor((n + 1) (1 - confidence)). None where n is too small for k = 1: below
/// confidence / (1 - confidence).
std::optional<double> prediction_bound(std::vector<double> values, double confidence);

/// The accuracy that a run with these readings (by rising share) ends with at most, if its
/// descent() is not above `most`; never below its best so far. 1 without a reading up to kLastLook.
double attainable_accuracy(const std::vector<Reading>& readings, double most);

/// One-sided lower Student-t bound of the mean; NaN below kFewestForInterval values.
double lower_mean_bound(const std::vector<double>& values, double confidence);

}  // namespace lockstep
