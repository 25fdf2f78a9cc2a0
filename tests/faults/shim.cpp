#include "tests/faults/shim.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace lockstep::test {

namespace {
Environment preloaded(Environment environment) {
  environment["LD_PRELOAD"] = built("libfault_shim.so");
  return environment;
}
}  // namespace

std::string built(const std::string& name) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  if (!std::filesystem::exists(path)) throw std::runtime_error(path.string() + " is not built");
  return path.string();
}

Environment environment_of(const FileFault& fault) {
  return preloaded({{"LOCKSTEP_FAULT", fmt::format("{}:{}:{}{}", fault.operations, fault.error,
                                                   fault.first, fault.for_good ? "-" : "")},
                    {"LOCKSTEP_FAULT_UNDER", fault.under.string()},
                    {"LOCKSTEP_FAULT_PROGRAM", fault.program},
                    {"LOCKSTEP_FAULT_FIRED", fault.fired.string()},
                    {"LOCKSTEP_FAULT_COUNT", fault.counted.string()}});
}

Environment stepped_clock(int step_s, double after_s) {
  return preloaded({{"LOCKSTEP_FAULT_CLOCK", fmt::format("{}@{}", step_s, after_s)}});
}

Environment with_free_bytes(long bytes) {
  return {{"LD_PRELOAD", built("libfault_shim.so")},
          {"LOCKSTEP_FAULT_PROGRAM", "lockstep-train"},
          {"LOCKSTEP_FAULT_FREE", std::to_string(bytes)}};
}

}  // namespace lockstep::test
