// The grammar of unquoted words (threat S3): what is a number here, and what only looks like one.
#include <catch2/catch.hpp>

#include "sweeps/spec/scalar.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using lockstep::spec::advice_about;
using lockstep::spec::read_word;

TEST_CASE("words that are integers") {
  const std::pair<const char*, std::int64_t> table[] = {
      {"0", 0},     {"-0", 0},
      {"7", 7},     {"+7", 7},
      {"-12", -12}, {"9223372036854775807", INT64_MAX},
      {"10", 10},   {"-9223372036854775808", INT64_MIN},
  };
  for (const auto& [word, number] : table) {
    INFO(word);
    CHECK(read_word(word) == Value(number));
  }
}

TEST_CASE("words that are reals") {
  const std::pair<const char*, double> table[] = {
      {"0.1", 0.1},       {"1e-1", 0.1},
      {".1", 0.1},        {"+0.1", 0.1},
      {"1E-1", 0.1},      {"5.", 5.0},
      {"1e3", 1000.0},    {"1e+3", 1000.0},
      {"-2.5", -2.5},     {"0.10", 0.1},
      {"0e5", 0.0},       {"-.5", -0.5},
      {"5e-324", 5e-324}, {"1.7976931348623157e308", 1.7976931348623157e308},
  };
  for (const auto& [word, number] : table) {
    INFO(word);
    CHECK(read_word(word) == Value(number));
  }
}

TEST_CASE("words that are booleans") {
  for (const char* word : {"true", "True", "TRUE"}) CHECK(read_word(word) == Value(true));
  for (const char* word : {"false", "False", "FALSE"}) CHECK(read_word(word) == Value(false));
}

TEST_CASE("words that other readers take for numbers or booleans are text") {
  for (const char* word : {"no",
                           "yes",
                           "on",
                           "off",
                           "y",
                           "n",
                           "tRUE",
                           "017",
                           "-017",
                           "00",
                           "08",
                           "00.5",
                           "0o17",
                           "0x1F",
                           "0b1",
                           "1_000",
                           "1,000",
                           "1,5",
                           ".inf",
                           "-.inf",
                           ".nan",
                           "inf",
                           "nan",
                           "infinity",
                           "1e999",
                           "1e-999",
                           "e5",
                           ".",
                           "-",
                           "+",
                           "1e",
                           "1e+",
                           "--1",
                           "+-1",
                           "1.2.3",
                           "1 000",
                           "12h",
                           "0x1p3",
                           "1f",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "04:00:00",
                           "1:30",
                           "2001-01-01",
                           "~",
                           ""}) {
    INFO(word);
    CHECK(read_word(word) == Value(std::string(word)));
  }
}

TEST_CASE("what looks like a number gets advice") {
  const std::pair<const char*, const char*> table[] = {
      {"017", "write 17"},     {"-017", "write -17"}, {"00.5", "write 0.5"}, {"00", "write 0"},
      {"1_000", "write 1000"}, {"1,5", "write 1.5"},  {"yes", "write true"}, {"Off", "write false"},
  };
  for (const auto& [word, hint] : table) {
    INFO(word);
    CHECK(advice_about(word).hint == hint);
  }
  for (const char* word :
       {"0o17", "0x1F", "-0b11", ".inf", "nan", "1e999", "9223372036854775808"}) {
    INFO(word);
    CHECK_FALSE(advice_about(word).trouble.empty());
  }
  for (const char* word : {"oops", "0xyz", "a_b", "a,b", "", "-", "x1"}) {
    INFO(word);
    CHECK(advice_about(word).trouble.empty());
  }
}

TEST_CASE("quotes make text") {
  using namespace lockstep::test;
  CHECK(complaints(base(", lr: '0.1'")).find("what stands in quotes is text; write 0.1") !=
        std::string::npos);
  CHECK(complaints(base(", lr: \"0.1\"")).find("found \"0.1\"") != std::string::npos);
  CHECK(complaints(base(", nesterov: 'true'")).find("write true") != std::string::npos);
  CHECK(
      values(plan("base: {algorithm: 'sync_sgd', model: \"mlp\", dataset: synthetic, epochs: 1}\n"),
             "model") == std::vector<std::string>{"mlp"});
}
