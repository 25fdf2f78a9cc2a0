// Golden files: the whole text is compared; UPDATE_GOLDEN=1 in the environment rewrites it.
#pragma once

#include <filesystem>
#include <string>

namespace lockstep::test {

/// The source tree, from LOCKSTEP_SOURCE_DIR.
std::filesystem::path source_dir();

/// Fails the current Catch2 test, showing the first line that differs, unless `actual` equals
/// tests/golden/<name>.
void check_golden(const std::string& name, const std::string& actual);

}  // namespace lockstep::test
