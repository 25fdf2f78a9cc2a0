#include "orchestrator/cli/exit_code.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <new>
#include <system_error>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/launch/launch_error.hpp"
#include "orchestrator/schedule/study_files.hpp"
#include "orchestrator/schedule/workspace_lock.hpp"
#include "results/record/record_error.hpp"
#include "results/store/store.hpp"

namespace lockstep {

namespace {
template <typename Error>
bool is(const std::exception& error) {
  return dynamic_cast<const Error*>(&error) != nullptr;
}

struct Row {
  bool (*matches)(const std::exception&);
  ExitCode code;
};

// The first row that fits: special cases stand before the general one.
constexpr Row kTable[] = {
    {is<UsageError>, ExitCode::usage},
    {is<StudyError>, ExitCode::usage},
    {is<LaunchError>, ExitCode::environment},
    {is<LockError>, ExitCode::environment},
    {is<StoreDamage>, ExitCode::integrity},
    {is<StoreError>, ExitCode::environment},
    {is<std::filesystem::filesystem_error>, ExitCode::environment},
    {is<WriteError>, ExitCode::environment},
    {is<ReadError>, ExitCode::environment},
    {is<RecordError>, ExitCode::integrity},
    {is<std::bad_alloc>, ExitCode::environment},
    {is<std::system_error>, ExitCode::environment},
};
}  // namespace

const char* meaning_of(ExitCode code) {
  switch (code) {
    case ExitCode::ok:
      return "ok, also where there was nothing to do";
    case ExitCode::failed:
      return "an error that nobody foresaw";
    case ExitCode::usage:
      return "wrong arguments, or errors in the spec";
    case ExitCode::some_failed:
      return "some runs failed or are not finished";
    case ExitCode::environment:
      return "something outside is missing: trainer, data, index, lock, disk, memory";
    case ExitCode::integrity:
      return "files are damaged, or an identity does not hold";
    case ExitCode::interrupted:
      return "interrupted; the same command goes on";
  }
  return "";
}

ExitCode exit_code_of(const std::exception& error) {
  for (const Row& row : kTable) {
    if (row.matches(error)) return row.code;
  }
  return ExitCode::failed;
}

std::string words_of(const std::exception& error) {
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return fmt::format("{}: {}", file->path1().string(), file->code().message());
  if (is<std::bad_alloc>(error))
    return "no memory is left; free some, or raise the limit (`ulimit -v`, or the job's)";
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  if (system && system->code() == std::errc::resource_unavailable_try_again)
    return "no further thread can be had; is a limit too low (`ulimit -u`, `ulimit -v`)?";
  return error.what();
}

}  // namespace lockstep
