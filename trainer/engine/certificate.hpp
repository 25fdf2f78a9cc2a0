// Identities that must hold before a study's numbers are believed, tried on the study's own model
// and data set with a few steps of two workers: each trains the same problem in two ways that
// theory says are one. They catch what unit tests cannot see: a library, a processor or a data set
// that breaks them here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "trainer/engine/registry.hpp"

namespace lockstep {

struct IdentityCheck {
  std::string name;       ///< stable: "resume", "agreement", "H=1", "slowmo(1,0)", "one worker"
  std::string algorithm;  ///< of the study; empty where the identity concerns model and data alone
  std::string claim;      ///< one sentence
  double deviation = 0;   ///< largest difference of two numbers, relative to the largest number
  double allowed = 0;
  bool held() const { return deviation <= allowed; }
};

/// Tries every identity. `configs` are runs of one study that differ in their algorithm, not in
/// model, data set or batch; one per algorithm. Writes checkpoints into `scratch`, an empty folder.
/// Takes some 50 + 20 x configs local steps of one process. Throws DataError where the data set is
/// missing and std::logic_error for no configuration.
std::vector<IdentityCheck> check_identities(const Registry& registry,
                                            const std::vector<RunConfig>& configs,
                                            const std::filesystem::path& data_folder,
                                            const std::filesystem::path& scratch);

}  // namespace lockstep
