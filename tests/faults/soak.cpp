// Inflicts the faults of the table on studies and prints what became of them.
//
//   soak [--faults NAME...] [-n N] [--seed S]     N: hundreds of injections of a cheap fault
//
// Exit code 0 only where no run was lost, counted twice or wrong. `make soak N=...` runs all.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "tests/faults/faults.hpp"

namespace lockstep::test {

namespace {
struct Options {
  std::vector<std::string> only;
  double hundreds = 1;
  int injections = 0;
  std::uint64_t seed = 20261122;
  bool list = false;
};

/// One row of the table; whether nothing happened to any run. A row that this machine cannot have
/// is told as such, never as clean.
bool inflict(const Fault& fault, const Options& options, int& total, int& skipped) {
  Random random(options.seed);
  const int asked = options.injections > 0
                        ? options.injections
                        : std::max(1, static_cast<int>(options.hundreds * fault.share));
  Tally tally;
  try {
    tally = fault.inflict(asked, random);
  } catch (const std::exception& error) {
    ++tally.wrong;
    tally.notes.emplace_back(error.what());
  }
  if (!tally.skipped.empty()) {
    fmt::print("{:<18} {:<55} skipped: {}\n", fault.name, fault.what, tally.skipped);
    ++skipped;
    return tally.clean() && tally.notes.empty();
  }
  expect(tally, tally.injections > 0, "the fault never happened");
  total += tally.injections;
  fmt::print("{:<18} {:<55} {:>6} {:>5} {:>6} {:>6}\n", fault.name, fault.what, tally.injections,
             tally.lost, tally.twice, tally.wrong);
  std::fflush(stdout);
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(tally.notes.size(), kShown); ++i)
    fmt::print("    {}\n", tally.notes[i]);
  return tally.clean() && tally.notes.empty();
}
}  // namespace

int soak(int argc, char** argv) {
  Options options;
  CLI::App app("Hurts studies in every way of the table, and tells what became of their runs.");
  app.add_option("--faults", options.only, "Only these rows");
  app.add_option("-n,--hundreds", options.hundreds, "Hundreds of injections of a cheap fault")
      ->check(CLI::PositiveNumber);
  app.add_option("--injections", options.injections, "As many of each, instead");
  app.add_option("--seed", options.seed, "Of the moments");
  app.add_flag("--list", options.list, "Names of the rows");
  CLI11_PARSE(app, argc, argv);

  bool clean = true;
  int rows = 0, total = 0, skipped = 0;
  if (!options.list) {
    fmt::print("{:<18} {:<55} {:>6} {:>5} {:>6} {:>6}\n", "fault", "", "times", "lost", "twice",
               "wrong");
  }
  for (const Fault& fault : faults()) {
    const bool wanted = options.only.empty() || std::find(options.only.begin(), options.only.end(),
                                                          fault.name) != options.only.end();
    if (!wanted) continue;
    ++rows;
    if (options.list) {
      fmt::print("{}\n", fault.name);
    } else {
      clean = inflict(fault, options, total, skipped) && clean;
    }
  }
  if (options.list) return 0;
  fmt::print("{} kinds of fault, {} injections: {}\n", rows, total,
             clean ? "no run lost, none counted twice, none wrong" : "NOT CLEAN");
  if (skipped > 0) fmt::print("{} of them could not be had on this machine\n", skipped);
  const bool all_known = options.only.empty() || rows == static_cast<int>(options.only.size());
  if (!all_known) fmt::print(stderr, "soak: a fault of --faults is not in the table; see --list\n");
  return clean && all_known ? 0 : 1;
}

}  // namespace lockstep::test

int main(int argc, char** argv) { return lockstep::test::soak(argc, argv); }
