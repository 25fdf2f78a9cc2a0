#include "orchestrator/cli/output_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "orchestrator/cli/session.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
/// Where a symbolic link leads to; the path itself for what no path leads to (a device, a pipe,
/// what /dev/stdout is), or where nothing is yet. Throws UsageError where there is a folder.
fs::path place_of(const fs::path& target) {
  std::error_code none;
  if (fs::is_directory(target, none))
    throw UsageError(
        fmt::format("'{}' is a folder; name a file in it with -o", printable(target.string())));
  const fs::path place = fs::canonical(target, none);
  return none || !fs::is_regular_file(place, none) ? fs::absolute(target) : place;
}

/// Beside `place`; empty where something is that no file may take the place of.
fs::path partial_of(const fs::path& place) {
  std::error_code none;
  const bool is_file = fs::is_regular_file(fs::symlink_status(place, none));
  if (fs::exists(place, none) && !is_file) return {};
  return place.parent_path() / fmt::format(".{}.tmp-{}", place.filename().string(), ::getpid());
}
}  // namespace

OutputFile::OutputFile(const fs::path& target)
    : target_(place_of(target)),
      partial_(partial_of(target_)),
      out_(partial_.empty() ? target_ : partial_, std::ios::binary | std::ios::trunc) {
  if (!out_) throw write_error("cannot create", target_, errno, "name another file with -o");
}

OutputFile::~OutputFile() {
  if (!partial_.empty()) ::unlink(partial_.c_str());
}

void OutputFile::publish() {
  errno = 0;
  out_.close();
  if (!out_) throw write_error("cannot write", target_, errno, "is the disk full?");
  if (!partial_.empty() && ::rename(partial_.c_str(), target_.c_str()) != 0)
    throw write_error("cannot publish", target_, errno, "");
}

}  // namespace lockstep
