#include "tests/support/golden.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace lockstep::test {

namespace {
std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream left(expected), right(actual);
  std::string a, b;
  for (int line = 1;; ++line) {
    const bool has_a = static_cast<bool>(std::getline(left, a));
    const bool has_b = static_cast<bool>(std::getline(right, b));
    if (!has_a && !has_b) return "only the final newline differs";
    if (has_a != has_b || a != b) {
      return "line " + std::to_string(line) + "\n  golden: " + (has_a ? a : "(end)") +
             "\n  actual: " + (has_b ? b : "(end)");
    }
  }
}
}  // namespace

std::filesystem::path source_dir() {
  const char* dir = std::getenv("LOCKSTEP_SOURCE_DIR");
  return dir ? std::filesystem::path(dir) : std::filesystem::current_path();
}

void check_golden(const std::string& name, const std::string& actual) {
  const auto path = source_dir() / "tests" / "golden" / name;
  if (const char* update = std::getenv("UPDATE_GOLDEN"); update && *update == '1') {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  INFO("golden file " << path << " (UPDATE_GOLDEN=1 rewrites it)");
  REQUIRE(file.good());
  std::ostringstream expected;
  expected << file.rdbuf();
  if (expected.str() != actual) FAIL(first_difference(expected.str(), actual));
  SUCCEED();
}

}  // namespace lockstep::test
