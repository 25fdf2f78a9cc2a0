// A command whose file operations are hurt one after the other (SQLite's loop): each time a fresh
// study, one operation in which the command is killed or refused, and then what must hold.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/faults/faults.hpp"

namespace lockstep::test {

/// A command that writes, in the middle of a study's life.
struct Scene {
  const char* name;  ///< for notes
  Trainer trainer = Trainer::fake;
  int runs = 1;
  /// Brings a fresh study to where the command has work.
  std::function<void(const Study&)> before;
  std::function<std::vector<std::string>(const Study&)> words;
  /// What must hold after it was hurt, before the study goes on; it may give the command again.
  std::function<void(const Study&, const CommandResult& hurt, Tally&)> after;
};

/// What happens in an operation of it.
struct Hurt {
  const char* operations;  ///< of fault_shim.cpp
  const char* error;       ///< KILL, or a name such as ENOSPC
  bool for_good = false;   ///< in all after it, too
};
inline constexpr Hurt kKill{"any", "KILL"};

/// Hurts about `injections` operations: all of them, again and again, or where they are more, so
/// many evenly spread over the command from a random one on. Judges each study at its end.
Tally hurt_each_operation(int injections, Random& random, const Scene& scene, const Hurt& hurt);

/// One line, and a code of the table: how lockstep tells trouble, whatever happened.
bool well_spoken(const CommandResult& result);

}  // namespace lockstep::test
