#include "results/store/file_marks.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "results/record/early_stops.hpp"
#include "results/record/file_system.hpp"
#include "results/record/salvage.hpp"
#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace fs = std::filesystem;

std::string marks_of(const std::vector<fs::path>& files) {
  std::string marks;
  for (const fs::path& path : files) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) continue;
    marks += fmt::format("{} {} {}.{:09} {}\n", path.filename().string(), status.st_size,
                         status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ino);
  }
  return marks;
}

std::string run_marks(const RunDirectory& run) {
  std::vector<fs::path> files{run.config(), run.done()};
  for (const int n : run.claimed_attempts()) {
    files.push_back(run.attempt(n));
    files.push_back(run.events(n));
    files.push_back(run.result(n));
    files.push_back(salvage_file(run, n));
  }
  return marks_of(files);
}

std::string study_marks(const Workspace& workspace, const std::string& study) {
  std::vector<fs::path> files = workspace.plans(study);
  const fs::path stops = early_stops_folder(workspace.submissions(study));
  for (const std::string& name : names_in(stops)) files.push_back(stops / name);
  return marks_of(files);
}

std::vector<std::string> run_ids(const Workspace& workspace) {
  std::vector<std::string> ids;
  for (const std::string& name : names_in(workspace.runs())) {
    if (RunId::parse(name) && fs::is_directory(workspace.runs() / name)) ids.push_back(name);
  }
  return ids;
}

}  // namespace lockstep
