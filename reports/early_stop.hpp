// Which cells of a study can be on no frontier of its report any more, though some of their runs
// have not ended: what they reach at most, with stated confidence, is below what another cell has,
// which takes no longer on any clock and network shown. Pure; what is done about it is the
// orchestrator's.
//
// *Whole cells.* A cell is a mean over seeds, and one that lacks a seed is no fair one: its low
// seeds would be the missing ones. So a cell is judged by the mean of what all its planned seeds
// reach: finished ones what they have, unfinished ones attainable_accuracy(), those without a
// reading 1.
//
// *What the confidence means.* Of all runs that are judged, at most a share of 1 - confidence
// belongs to a cell that would have ended above what it was said to reach at most, however often it
// was looked at. It is a share of judged runs, not of stopped ones; it takes runs of one length,
// model and data to be exchangeable; and it is about validation accuracy, on which a study selects.
// That the other cell's mean is counted with its lower bound is a margin beside it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/record/early_stops.hpp"
#include "results/store/study_data.hpp"

namespace lockstep {

/// Bound of descent() per unfinished run, taken when the run is first judged with enough finished
/// ones. It stays: a bound drawn anew after every finished run would be as many bets.
using DescentBounds = std::map<std::string, double>;

/// Cells that are dominated, with their runs that are worth stopping. `bounds` is what earlier
/// looks of the same watch have left; with none of those, an empty one.
std::vector<EarlyStop> dominated_cells(const Tables& tables, const StudyData& study,
                                       double confidence, DescentBounds& bounds);

}  // namespace lockstep
