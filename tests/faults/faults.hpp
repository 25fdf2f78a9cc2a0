// The table of faults: what may happen to a study on one machine, and how to make it happen. A new
// fault is one row.
#pragma once

#include <random>
#include <vector>

#include "tests/faults/study.hpp"

namespace lockstep::test {

using Random = std::mt19937_64;

struct Fault {
  const char* name;
  const char* what;  ///< for the table
  Trainer trainer;
  int share;  ///< injections of a soak for each hundred asked for; slow ones have few
  /// Hurts studies about `injections` times and lets each come to its end.
  Tally (*inflict)(int injections, Random& random);
};

/// All of them, in the order of the table.
std::vector<Fault> faults();

// The rows by kind.
std::vector<Fault> faults_of_commands();
std::vector<Fault> faults_of_processes();
std::vector<Fault> faults_of_disks();
std::vector<Fault> faults_of_files();
std::vector<Fault> faults_of_company();

/// Sleeps for a random time up to `most_ms`.
void nap(Random& random, int most_ms);
/// Adds a note, and a wrong result, unless `as_it_should` is true.
void expect(Tally& tally, bool as_it_should, const std::string& otherwise);

}  // namespace lockstep::test
