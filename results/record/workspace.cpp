#include "results/record/workspace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "results/record/file_system.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
bool is_plan(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("plan-") && name.ends_with(".json");
}

std::vector<fs::path> children(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const std::string& name : names_in(directory)) found.push_back(directory / name);
  return found;
}

/// Left relative where there is no current folder: RunDirectory then says so.
fs::path normal(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  return (error ? path : whole).lexically_normal();
}
}  // namespace

Workspace::Workspace(fs::path root) : root_(std::move(root)), runs_(normal(runs())) {}

fs::path Workspace::studies() const { return root_ / "studies"; }
fs::path Workspace::study(std::string_view name) const {
  return studies() / plain_name(name, "the study's name");
}
fs::path Workspace::spec(std::string_view name) const { return study(name) / "spec.yaml"; }
fs::path Workspace::plan(std::string_view name, std::string_view hash) const {
  return study(name) / fmt::format("plan-{}.json", plain_name(hash, "the plan's hash"));
}
fs::path Workspace::submissions(std::string_view name) const { return study(name) / "submissions"; }
fs::path Workspace::report(std::string_view name) const { return study(name) / "report"; }
fs::path Workspace::runs() const { return root_ / "runs"; }
RunDirectory Workspace::run(std::string_view id) const {
  return RunDirectory(runs_ / plain_name(id, "the run's id"));
}
fs::path Workspace::calibrations() const { return root_ / "calibrations"; }
fs::path Workspace::database() const { return root_ / "lockstep.db"; }
fs::path Workspace::lock() const { return root_ / "lock"; }

std::vector<std::string> Workspace::study_names() const {
  std::vector<std::string> names;
  for (const fs::path& directory : children(studies())) {
    if (!fs::is_directory(directory)) continue;
    const auto files = children(directory);
    if (std::any_of(files.begin(), files.end(), is_plan))
      names.push_back(directory.filename().string());
  }
  return names;
}

std::vector<fs::path> Workspace::plans(std::string_view name) const {
  std::vector<std::pair<fs::file_time_type, fs::path>> dated;
  for (const fs::path& path : children(study(name))) {
    if (is_plan(path)) dated.emplace_back(fs::last_write_time(path), path);
  }
  std::sort(dated.begin(), dated.end());
  std::vector<fs::path> paths;
  for (auto& [time, path] : dated) paths.push_back(std::move(path));
  return paths;
}

}  // namespace lockstep
