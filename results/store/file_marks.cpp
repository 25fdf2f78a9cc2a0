#include "results/store/file_marks.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

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
  }
  return marks_of(files);
}

std::string study_marks(const Workspace& workspace, const std::string& study) {
  return marks_of(workspace.plans(study));
}

std::vector<std::string> run_ids(const Workspace& workspace) {
  std::vector<std::string> ids;
  std::error_code error;
  for (fs::directory_iterator it(workspace.runs(), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (RunId::parse(name) && it->is_directory()) ids.push_back(name);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace lockstep
