// The value of one parameter of a run. What a number was written like is forgotten here: 0.1 and
// 1e-1 are the same Value, and so the same run.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace lockstep {

/// In the order of `Type`: boolean, integer, real, text (a choice or the name of a row), list of
/// reals.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>>;

enum class Type { boolean, integer, real, text, real_list };

/// "an integer", "a number", ...: for messages.
const char* type_noun(Type type);

/// The value as a study would write it: `0.1`, `16`, `slowmo`, `[0.5, 0.75]`. Reals in shortest
/// round trip; a real without fraction keeps no point (`1`).
std::string to_text(const Value& value);

/// Shortest text that reads back as the same double; "NaN", "Infinity", "-Infinity" for the others.
std::string shortest(double number);

/// The same without an exponent where the number is whole: `1000000`, as a spec writes integers.
std::string in_full(double number);

/// "a, b, c": for messages.
std::string joined(const std::vector<std::string>& words);

}  // namespace lockstep
