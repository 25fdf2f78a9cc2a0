// What every communicator promises, as one body for all of them. Oracles are formulas over whole
// numbers, so every comparison is equality. Catch2 assertions are not thread-safe: bodies collect
// findings, the caller asserts.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "trainer/comm/communicator.hpp"

namespace lockstep::test {

/// What a rank found wrong. A rank with findings goes on, so that all ranks make the same calls.
class Findings {
 public:
  void expect(bool holds, const std::string& what);
  const std::vector<std::string>& all() const { return all_; }
  std::string text() const;

 private:
  std::vector<std::string> all_;
};

struct ContractCase {
  const char* name;
  void (*body)(Communicator&, Findings&);
};

/// All promises; each is collective over the processes of the communicator it is given.
std::span<const ContractCase> communicator_contract();

}  // namespace lockstep::test
