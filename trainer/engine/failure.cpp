#include "trainer/engine/failure.hpp"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <new>
#include <system_error>

#include "results/record/record_error.hpp"
#include "trainer/engine/registry.hpp"

namespace lockstep {

namespace {
constexpr std::string_view kTried = "you tried to allocate ";  // LibTorch's words

/// LibTorch's allocator throws its general error: it is known by its words alone.
bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error)) return true;
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return system->code() == std::errc::not_enough_memory;
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  return torch && torch->msg().find(kTried) != std::string::npos;
}

std::string memory_message(const std::string& what) {
  std::string size;
  if (const auto at = what.find(kTried); at != std::string::npos) {
    const double bytes = std::strtod(what.c_str() + at + kTried.size(), nullptr);
    size = fmt::format(": {:.0f} MB more were not to be had", 1e-6 * bytes);
  }
  return "out of memory" + size +
         "; give it more (fewer runs at once), fewer workers per process, or ask for a smaller "
         "batch_per_worker or model";
}
}  // namespace

Failure failure_of(const std::exception& error) {
  if (is_out_of_memory(error))
    return {TrainExit::no_memory, EndReason::oom, memory_message(error.what())};
  if (dynamic_cast<const ConfigError*>(&error)) return {TrainExit::configuration, {}, error.what()};
  if (dynamic_cast<const DataError*>(&error)) return {TrainExit::data_missing, {}, error.what()};
  if (dynamic_cast<const RecordError*>(&error) ||
      dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return {TrainExit::storage, EndReason::storage, error.what()};
  return {TrainExit::internal, {}, error.what()};
}

}  // namespace lockstep
