// Specs that want to hurt: bombs, depth, cycles, huge grids, cut and garbled files (threats S1, S2,
// S4).
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "sweeps/spec/printable.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// `spec` is refused with one error whose message contains `words`, in less than 64 MiB more than
/// before.
void refused(const std::string& text, const std::string& words) {
  const long before = peak_kib();
  const SpecResult result = parsed(text);
  INFO(render(result.diagnostics, "t.yaml", text.substr(0, 1000)));
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].message.find(words) != std::string::npos);
  CHECK(peak_kib() - before < 64 * 1024);
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}
}  // namespace

TEST_CASE("an alias bomb is stopped by the budget of visits") {
  std::string text = "lockstep: 1\nstudy: t\na0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            repeated(alias + ", ", 8) + alias + "]\n";
  }
  refused(text, "more than 100000 values");
}

TEST_CASE("an alias of what it stands in is stopped") {
  refused("&a [*a]\n", "would have no end");
  refused("&a {b: {c: *a}}\n", "would have no end");
}

TEST_CASE("depth is stopped at 32, by brackets, by indentation and by aliases") {
  refused(repeated("[", 100'000), "more than 32 deep");
  refused(repeated("{a: ", 50'000), "more than 32 deep");
  refused(repeated("- ", 50'000) + "x\n", "more than 32 deep");
  refused(repeated("? ", 10'000) + "x\n", "more than 32 deep");
  refused("a: &a " + repeated("[", 20) + repeated("]", 20) + "\nb: " + repeated("[", 20) + "*a" +
              repeated("]", 20) + "\n",
          "more than 32 deep");
}

TEST_CASE("size is stopped at 1 MiB before parsing, and 100,000 values while parsing") {
  refused(std::string(kMaxSpecBytes + 1, ' '), "larger than 1 MiB");
  refused("a: [" + repeated("1,", 200'000) + "1]\n", "more than 100000 values");
}

TEST_CASE("what is no text is refused at its place") {
  refused(std::string("lockstep: 1\nstudy: \0\n", 21), "a control character");
  refused("lockstep: 1\nstudy: a\x04\n", "a control character");
  refused("lockstep: 1\rstudy: a\r", "a control character");
  refused("lockstep: 1\nstudy: \xC3\x28\n", "not valid UTF-8");
  refused("lockstep: 1\nstudy: \xED\xA0\x80\n", "not valid UTF-8");  // a surrogate
  refused("lockstep: 1\nstudy: \xC0\xAF\n", "not valid UTF-8");      // an overlong '/'
  CHECK(parsed("lockstep: 1\nstudy: \xC3\x28\n").diagnostics[0].line == 2);
  CHECK(parsed("lockstep: 1\nstudy: \xC3\x28\n").diagnostics[0].column == 8);
}

TEST_CASE("a grid of 10^12 runs is refused without being built") {
  refused("lockstep: 1\nstudy: t\n" + base() +
              "grid:\n"
              "  seed: {range: [1, 10000, 1]}\n"
              "  lr: {linspace: [0.001, 1, 10000]}\n"
              "  momentum: {linspace: [0, 0.9, 10000]}\n",
          "1000000000000 runs");
  refused("lockstep: 1\nstudy: t\n" + base() + "grid: {seed: {range: [1, 2000000000, 1]}}\n",
          "2000000000 values");
  refused("lockstep: 1\nstudy: t\n" + base() + "grid: {lr: {linspace: [0.1, 0.2, 1e300]}}\n",
          "values");
  refused("lockstep: 1\nstudy: t\n" + base() + "grid: {lr: {range: [0, 1e300, 1e-300]}}\n",
          "more than 10^15 values");
}

TEST_CASE("a byte order mark and CRLF are fine") {
  const std::string text = "\xEF\xBB\xBFlockstep: 1\r\nstudy: t\r\n" + base();
  CHECK(parsed(text).ok());
  const std::string wrong = "\xEF\xBB\xBFlockstep: x\r\nstudy: t\r\n" + base();
  CHECK(render(parsed(wrong).diagnostics, "t.yaml", wrong) ==
        "t.yaml:1:11: error: lockstep must be an integer, found \"x\"\n"
        "   lockstep: x\n"
        "             ^\n"
        "   help: for example 1\n");
}

TEST_CASE("names that are paths, options or devices are no study") {
  for (const std::string name : {"../x", "/etc", "~", "-rf", "CON", "a/b", "a.b", "a b", "a\\b",
                                 "\\0", "\\u202Eabc", "\\x07", "", "$(id)", "\xC3\xA4", "a\\n"}) {
    const std::string text = "lockstep: 1\nstudy: \"" + name + "\"\n" + base();
    INFO(name);
    CHECK_FALSE(parsed(text).ok());
  }
  CHECK_FALSE(parsed("lockstep: 1\nstudy: " + std::string(4096, 'a') + "\n" + base()).ok());
  CHECK_FALSE(parsed("lockstep: 1\nstudy: " + std::string(65, 'a') + "\n" + base()).ok());
  CHECK(parsed("lockstep: 1\nstudy: " + std::string(64, 'a') + "\n" + base()).ok());
}

TEST_CASE("no hostile text passes into a field of Slurm") {
  const std::string weapons = "\n;&|`$()<>'\"\\ \t*?~#!{}%^=";
  std::mt19937 random(20240607);  // raw bits only: the same on every platform
  int passed = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string hostile = i % 2 ? "gpu" : "";
    const std::size_t length = 1 + random() % 6;
    for (std::size_t k = 0; k < length; ++k) hostile += weapons[random() % weapons.size()];
    std::string escaped;
    for (const char c : hostile) {
      if (c == '\n')
        escaped += "\\n";
      else if (c == '\t')
        escaped += "\\t";
      else if (c == '"' || c == '\\')
        escaped += std::string("\\") + c;
      else
        escaped += c;
    }
    for (const char* field : {"partition", "time", "account", "qos", "setup", "constraint"}) {
      const std::string text = "lockstep: 1\nstudy: t\n" + base() + "launch: {slurm: {" + field +
                               ": \"" + escaped + "\"}}\n";
      const SpecResult result = parsed(text);
      if (!result.ok()) continue;
      // Only a constraint may combine features, and it reaches no shell: & | ( ) * of Slurm's own
      // language.
      CHECK(std::string(field) == "constraint");
      CHECK(hostile.find_first_of("\n;`$<>'\"\\ \t?~#!{}%^=") == hostile.npos);
      ++passed;
    }
  }
  CHECK(passed < 100);
}

TEST_CASE("a spec cut or garbled anywhere is answered, never thrown at") {
  const std::string good = read_file("sweeps/studies/quickstart.yaml");
  std::mt19937 random(7);
  const auto answered = [](const std::string& text) {
    const SpecResult result = parsed(text);
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    for (const Diagnostic& diagnostic : result.diagnostics) {
      REQUIRE(diagnostic.line >= 1);
      REQUIRE(diagnostic.line <= lines);
      REQUIRE(diagnostic.column >= 1);
    }
    const std::string shown = render(result.diagnostics, "t.yaml", text);
    std::string joined_lines = shown;
    std::replace(joined_lines.begin(), joined_lines.end(), '\n', ' ');
    REQUIRE(spec::is_printable(joined_lines));
    REQUIRE(result.ok() != result.plan.runs.empty());
  };
  for (std::size_t cut = 0; cut < good.size(); cut += 3) answered(good.substr(0, cut));
  const std::string alphabet =
      "[]{}:,-#&*!|>'\"%@`?~ \n\t\x80\x01"
      "0a";
  for (int i = 0; i < 1500; ++i) {
    std::string text = good;
    for (int k = 0; k < 3; ++k) text[random() % text.size()] = alphabet[random() % alphabet.size()];
    answered(text);
  }
}
