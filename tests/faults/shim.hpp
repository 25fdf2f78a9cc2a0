// What to ask of the library that lets file operations fail (tests/faults/fault_shim.cpp).
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace lockstep::test {

struct FileFault {
  std::string operations = "any";  ///< of fault_shim.cpp, with commas
  std::string error = "KILL";      ///< a name such as ENOSPC, or KILL
  long first = 1;                  ///< the operation that is hit first, counted per process
  bool for_good = false;           ///< and all after it
  std::string program;             ///< in programs of this name only
  std::filesystem::path under;     ///< in this folder only
  std::filesystem::path fired;     ///< made when the first operation is hit
  std::filesystem::path counted;   ///< gets a byte for each operation
};

/// A program or library of this build: it lies beside this one.
std::string built(const std::string& name);

using Environment = std::map<std::string, std::string>;

/// The environment in which a program has this fault.
Environment environment_of(const FileFault& fault);
/// In which lockstep-train finds so many bytes free on its file system.
Environment with_free_bytes(long bytes);
/// In which its wall clock is `step_s` seconds off from `after_s` seconds after its start.
Environment stepped_clock(int step_s, double after_s);

}  // namespace lockstep::test
