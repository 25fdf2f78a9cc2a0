#include "results/store/salvage_records.hpp"

#include "results/record/attempt_files.hpp"
#include "results/record/salvage.hpp"
#include "results/store/file_marks.hpp"
#include "results/store/run_files.hpp"

namespace lockstep {

namespace {
/// Empty: nothing is damaged, or it has been agreed to.
std::string trouble_with(const RunDirectory& run, int attempt) {
  try {
    const Segment segment = read_attempt(run, attempt);
    if (segment.state != SegmentState::corrupt || agree_to_salvage(run, attempt)) return "";
    return segment.message;
  } catch (const WriteError&) {
    throw;
  } catch (const RecordError& error) {
    return error.what();
  }
}
}  // namespace

std::vector<std::string> salvage_records(const Workspace& workspace) {
  std::vector<std::string> troubles;
  for (const std::string& id : run_ids(workspace)) {
    const RunDirectory run = workspace.run(id);
    for (const int attempt : run.claimed_attempts()) {
      const std::string trouble = trouble_with(run, attempt);
      if (!trouble.empty()) troubles.push_back(relative_to(workspace, trouble));
    }
  }
  return troubles;
}

}  // namespace lockstep
