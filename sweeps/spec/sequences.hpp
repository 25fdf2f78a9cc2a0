// The numbers that an axis generates. Pure arithmetic: the same on every platform, because every
// number is rounded to 12 significant digits and random ones come from our own counter-based
// generator.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lockstep::spec {

/// Nearest number with 12 significant decimal digits.
double rounded(double number);

/// Steps from `first` to `last`, or less than 0 where `step` does not lead from one to the other.
/// Not rounded to an integer: 3.5 means that `last` lies between the fourth and the fifth number.
double steps_between(double first, double last, double step);

/// first, first + step, ...: `count` numbers.
std::vector<double> range(double first, double step, std::int64_t count);

/// `count` numbers at equal distances, both ends included. `count` is at least 2.
std::vector<double> linspace(double first, double last, std::int64_t count);

/// `count` numbers at equal ratios, both ends included. Both are above 0; `count` is at least 2.
std::vector<double> logspace(double first, double last, std::int64_t count);

/// Number `index` of a uniform sequence over [0, 1) that depends on `stream` (the parameter's name)
/// and `seed` only: neither on other axes nor on how many numbers are drawn.
double unit_random(std::string_view stream, std::uint64_t seed, std::uint64_t index);

std::vector<double> uniform(double low, double high, std::int64_t count, std::string_view stream,
                            std::uint64_t seed);
/// Uniform in the logarithm. `low` is above 0.
std::vector<double> loguniform(double low, double high, std::int64_t count, std::string_view stream,
                               std::uint64_t seed);

}  // namespace lockstep::spec
