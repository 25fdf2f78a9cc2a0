#include <algorithm>

#include "results/bundle/bundle.hpp"
#include "results/record/early_stops.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
class Collector {
 public:
  explicit Collector(const fs::path& root) : root_(root) {}

  void add(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored))
      files_.push_back({path, path.lexically_relative(root_).generic_string()});
  }
  void add_all_of(const fs::path& folder) {
    for (const std::string& name : names_in(folder)) {
      if (name.front() != '.') add(folder / name);  // others are half written
    }
  }
  std::vector<BundleFile> sorted() {
    std::sort(files_.begin(), files_.end(),
              [](const BundleFile& a, const BundleFile& b) { return a.name < b.name; });
    return std::move(files_);
  }

 private:
  fs::path root_;
  std::vector<BundleFile> files_;
};

void add_run(Collector& files, const RunDirectory& run, bool models) {
  files.add(run.config());
  files.add(run.done());
  if (models) files.add(run.model());
  files.add_all_of(run.attempts());  // the claims
  for (const int attempt : run.claimed_attempts()) {
    files.add(run.environment(attempt));
    files.add(run.events(attempt));
    files.add(run.result(attempt));
  }
}
}  // namespace

std::vector<BundleFile> bundle_files(const Workspace& workspace, const std::string& study,
                                     const std::vector<std::string>& runs, bool models) {
  Collector files(workspace.root());
  files.add(workspace.spec(study));
  for (const fs::path& plan : workspace.plans(study)) files.add(plan);
  files.add_all_of(workspace.report(study));
  files.add_all_of(early_stops_folder(workspace.submissions(study)));
  files.add_all_of(workspace.calibrations());
  for (const std::string& id : runs) add_run(files, workspace.run(id), models);
  return files.sorted();
}

}  // namespace lockstep
