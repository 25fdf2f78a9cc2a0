// How diagnostics look.
#include <catch2/catch.hpp>

#include "sweeps/spec/printable.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using spec::printable;

namespace {
Diagnostic at(int line, int column, int length, std::string message, std::string hint = "") {
  return {Diagnostic::Severity::error, line, column, length, std::move(message), std::move(hint)};
}
}  // namespace

TEST_CASE("line, caret and help") {
  const std::string source = "a: 1\n  lr: oops  # why\n";
  CHECK(render({at(2, 7, 4, "no number", "write 0.1")}, "s.yaml", source) ==
        "s.yaml:2:7: error: no number\n"
        "   lr: oops  # why\n"
        "       ^~~~\n"
        "   help: write 0.1\n");
}

TEST_CASE("diagnostics are sorted by place, warnings among errors") {
  auto warning = at(1, 1, 1, "first");
  warning.severity = Diagnostic::Severity::warning;
  CHECK(render({at(2, 1, 1, "third"), at(1, 3, 1, "second"), warning}, "s", "ab:\nc:\n") ==
        "s:1:1: warning: first\n   ab:\n   ^\n"
        "s:1:3: error: second\n   ab:\n     ^\n"
        "s:2:1: error: third\n   c:\n   ^\n");
}

TEST_CASE("places outside of the text do no harm") {
  CHECK(render({at(9, 9, 9, "far")}, "s", "a\n") == "s:9:9: error: far\n");
  CHECK(render({at(1, 99, 99, "right")}, "s", "ab") == "s:1:99: error: right\n   ab\n     ^\n");
  CHECK(render({at(0, 0, 0, "zero")}, "s", "ab") == "s:0:0: error: zero\n   ab\n   ^\n");
  CHECK(render({}, "s", "ab").empty());
}

TEST_CASE("control characters, tabs and bad bytes do not reach the terminal") {
  const std::string source = "x:\t\x1b[31m\x9b \xE2\x80\xAE\xff y\n";
  const std::string shown = render({at(1, 1, 1, "m\x1b]0;t\x07", "h\r\n")}, "f\x1b.yaml", source);
  CHECK(shown == "f?.yaml:1:1: error: m?]0;t?\n   x: ?[31m? ?? y\n   ^\n   help: h??\n");
}

TEST_CASE("a caret stands under characters, not bytes") {
  const std::string source = "q: \xC3\xA4\xC3\xB6\xC3\xBC, w\n";  // three umlauts
  CHECK(render({at(1, 12, 1, "w")}, "s", source) ==
        "s:1:12: error: w\n   q: \xC3\xA4\xC3\xB6\xC3\xBC, w\n           ^\n");
}

TEST_CASE("a long line is cut around the place") {
  const std::string source = std::string(500, 'a') + "X" + std::string(500, 'b');
  CHECK(render({at(1, 501, 1, "m")}, "s", source) ==
        "s:1:501: error: m\n   " + std::string(60, 'a') + "X" + std::string(39, 'b') + "\n   " +
            std::string(60, ' ') + "^\n");
}

TEST_CASE("a flood of diagnostics is counted") {
  const std::vector<Diagnostic> many(kMaxRendered + 17, at(1, 1, 1, "m"));
  const std::string shown = render(many, "s", "a");
  CHECK(shown.ends_with("s: 17 more are not shown\n"));
}

TEST_CASE("printable text stays as it is") {
  for (const char* text : {"", "plain",
                           "Gr\xC3\xB6\xC3\x9F"
                           "e",
                           "\xE6\x97\xA5\xE6\x9C\xAC", "\xF0\x9F\x98\x80"}) {
    CHECK(spec::is_printable(text));
    CHECK(printable(text) == text);
  }
  for (const char* text : {"\n", "\t", "\x7f", "\xC2\x85", "\xE2\x80\xAE", "\xEF\xBB\xBF", "\x80",
                           "\xF8\x88\x80\x80"}) {
    CHECK_FALSE(spec::is_printable(text));
    CHECK(spec::is_printable(printable(text)));
  }
}
