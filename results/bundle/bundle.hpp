// A study as one file for an archive: everything that its report is made from, as a .tar.gz whose
// only folder is a workspace. Unpacked, it reports offline, is checked by `sha256sum -c` and
// `report --verify`, and can be trained on.
//
//   <study>/{README.md, SHA256SUMS}
//   <study>/studies/<study>/{spec.yaml, plan-<hash>.json, report/*}
//   <study>/runs/<id>/{config.json, DONE, attempts/<n>.claim, attempts/<n>/{env.json, events.jsonl,
//                      RESULT}}, on request model.safetensors
//   <study>/calibrations/*.json
//
// Not in it: the index (it is made from these), checkpoints, job logs, submissions, heartbeats.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "results/record/workspace.hpp"

namespace lockstep {

struct BundleFile {
  std::filesystem::path source;
  std::string name;  ///< in the workspace, with /
};

/// The files of `study` and its `runs` (ids) that are there, sorted by name; with `models` the
/// trained models too. Throws ReadError for a folder that cannot be listed.
std::vector<BundleFile> bundle_files(const Workspace& workspace, const std::string& study,
                                     const std::vector<std::string>& runs, bool models);

/// Writes the bundle. Equal files of equal times give equal bytes. Of a file that grows meanwhile
/// comes what was there when it was reached. Throws ReadError for a file that cannot be read, and
/// WriteError where `out` takes no more.
void write_bundle(std::ostream& out, const std::string& study,
                  const std::vector<BundleFile>& files);

}  // namespace lockstep
