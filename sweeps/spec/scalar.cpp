#include "sweeps/spec/scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace lockstep::spec {

namespace {
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes digits from the front of `rest`; how many.
std::size_t take_digits(std::string_view& rest) {
  const auto count =
      static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  rest.remove_prefix(count);
  return count;
}

struct Shape {
  bool is_number = false;
  bool is_whole = false;
  bool leading_zero = false;
};

/// [-+]? ( digits [. digits?]? | . digits ) ( [eE] [-+]? digits )?
Shape shape_of(std::string_view word) {
  if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
  const std::string_view begin = word;
  const std::size_t before = take_digits(word);
  std::size_t after = 0;
  const bool point = word.starts_with('.');
  if (point) {
    word.remove_prefix(1);
    after = take_digits(word);
  }
  if (before + after == 0) return {};
  const bool exponent = word.starts_with('e') || word.starts_with('E');
  if (exponent) {
    word.remove_prefix(1);
    if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
    if (take_digits(word) == 0) return {};
  }
  return {.is_number = word.empty(),
          .is_whole = !point && !exponent,
          .leading_zero = before > 1 && begin[0] == '0'};
}

template <typename Number>
std::optional<Number> convert(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) return {};
  return number;
}

std::string without(std::string_view word, char unwanted) {
  std::string rest(word);
  rest.erase(std::remove(rest.begin(), rest.end(), unwanted), rest.end());
  return rest;
}

std::string without_leading_zeros(std::string_view word) {
  const std::size_t sign = word[0] == '-' || word[0] == '+' ? 1 : 0;
  std::size_t zeros = sign;
  while (zeros + 1 < word.size() && word[zeros] == '0' && is_digit(word[zeros + 1])) ++zeros;
  return std::string(word.substr(0, sign)) + std::string(word.substr(zeros));
}

std::string lower(std::string_view word) {
  std::string text(word);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// 0x1F, 0o17, 0b11, also behind a sign.
bool has_base_prefix(std::string_view low) {
  if (low.starts_with('-') || low.starts_with('+')) low.remove_prefix(1);
  return low.size() > 2 && low[0] == '0' && is_one_of(low.substr(1, 1), {"x", "o", "b"}) &&
         low.find_first_not_of("0123456789abcdef", 2) == low.npos;
}
}  // namespace

Value read_word(std::string_view word) {
  if (is_one_of(word, {"true", "True", "TRUE"})) return true;
  if (is_one_of(word, {"false", "False", "FALSE"})) return false;
  const Shape shape = shape_of(word);
  if (shape.is_number && !shape.leading_zero) {
    if (shape.is_whole) {
      if (const auto whole = convert<std::int64_t>(word)) return *whole;
    } else if (const auto number = convert<double>(word)) {
      return *number;
    }
  }
  return std::string(word);
}

Advice advice_about(std::string_view word) {
  const std::string low = lower(word);
  if (is_one_of(low, {"yes", "on", "y"})) return {"only true and false are booleans", "write true"};
  if (is_one_of(low, {"no", "off", "n"}))
    return {"only true and false are booleans", "write false"};
  if (is_one_of(low, {".inf", "+.inf", "-.inf", ".nan", "inf", "-inf", "nan"})) {
    return {"numbers are finite", ""};
  }
  if (has_base_prefix(low)) return {"numbers are decimal", ""};
  const Shape shape = shape_of(word);
  if (shape.is_number && shape.leading_zero) {
    return {"a leading zero could mean octal", "write " + without_leading_zeros(word)};
  }
  if (shape.is_number) {
    return {shape.is_whole ? "it does not fit 64 bits" : "it does not fit a double", ""};
  }
  if (const std::string plain = without(word, '_'); plain != word && shape_of(plain).is_number) {
    return {"numbers have no underscores", "write " + plain};
  }
  std::string dotted(word);
  std::replace(dotted.begin(), dotted.end(), ',', '.');
  if (dotted != word && shape_of(dotted).is_number) {
    return {"decimals come after a point", "write " + dotted};
  }
  return {};
}

}  // namespace lockstep::spec
