#include "tests/unit/sweeps/spec_fixture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/golden.hpp"

namespace lockstep::test {

const Tables& tables() {
  static const Tables all = Tables::builtin();
  return all;
}

SpecResult parsed(const std::string& text) { return read_spec(tables(), text); }

namespace {
std::string with_head(const std::string& lines) { return "lockstep: 1\nstudy: t\n" + lines; }
}  // namespace

Plan plan(const std::string& lines) {
  const SpecResult result = parsed(with_head(lines));
  INFO(render(result.diagnostics, "t.yaml", with_head(lines)));
  REQUIRE(result.diagnostics.empty());
  return result.plan;
}

std::string complaints(const std::string& lines) {
  return render(parsed(with_head(lines)).diagnostics, "t.yaml", with_head(lines));
}

std::vector<std::string> ids(const Plan& plan) {
  std::vector<std::string> result;
  for (const PlannedRun& run : plan.runs) result.push_back(run.id.text());
  std::sort(result.begin(), result.end());
  return result;
}

std::string base(const std::string& more) {
  return "base: {algorithm: sync_sgd, model: mlp, dataset: synthetic, epochs: 1" + more + "}\n";
}

std::string read_file(const std::string& path_in_source_tree) {
  std::ifstream file(source_dir() / path_in_source_tree, std::ios::binary);
  INFO(path_in_source_tree);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> values(const Plan& plan, const std::string& parameter) {
  std::vector<std::string> result;
  for (const PlannedRun& run : plan.runs) result.push_back(to_text(run.config.value(parameter)));
  return result;
}

void fix_property_seed() { setenv("RC_PARAMS", "seed=20240607 max_success=200", 0); }

}  // namespace lockstep::test
