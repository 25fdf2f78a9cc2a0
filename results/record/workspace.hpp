// The layout of a workspace: where studies, runs, calibrations and the index lie.
//
//   <workspace>/studies/<study>/{spec.yaml, plan-<hash>.json, submissions/, report/}
//   <workspace>/runs/<id>/                        results/record/run_directory.hpp
//   <workspace>/calibrations/<sha256 of key and machine, 16 digits>.json
//   <workspace>/lockstep.db                       the index; may be deleted
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/run_directory.hpp"

namespace lockstep {

class Workspace {
 public:
  explicit Workspace(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path studies() const;
  std::filesystem::path study(std::string_view name) const;
  std::filesystem::path spec(std::string_view study) const;
  std::filesystem::path plan(std::string_view study, std::string_view hash) const;
  std::filesystem::path submissions(std::string_view study) const;
  std::filesystem::path report(std::string_view study) const;
  std::filesystem::path runs() const;
  RunDirectory run(std::string_view id) const;
  std::filesystem::path calibrations() const;
  std::filesystem::path database() const;
  std::filesystem::path lock() const;

  /// Names of studies that have a plan, sorted.
  std::vector<std::string> study_names() const;
  /// Plans of a study, oldest first (by modification time, then name). All of them count: a study
  /// grows.
  std::vector<std::filesystem::path> plans(std::string_view study) const;

 private:
  std::filesystem::path root_;
  std::filesystem::path runs_;  ///< absolute and normal, so that ten thousand runs in it are, too
};

}  // namespace lockstep
