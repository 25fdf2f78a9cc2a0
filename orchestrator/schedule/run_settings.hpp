// The settings of many runs in little memory: what labels are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lockstep {

/// A parameter's value in a run.
struct Setting {
  std::string name;
  std::string value;  ///< bytes that differ where the setting does
  std::string text;   ///< of the value, for people
};

/// The settings of some runs. Most runs share most of them, so each different one is kept once.
/// For one thread while runs are added.
class RunSettings {
 public:
  /// One more run, without settings yet.
  void begin_run() { begins_.push_back(numbers_.size()); }
  /// One more setting of the run begun last; `text_of(value)` is asked once for each different one.
  template <class TextOf>
  void add(std::string_view name, std::string_view value, TextOf text_of) {
    std::size_t number = guess();
    if (number == kNone || !is(number, name, value)) {
      const auto [known, is_new] =
          numbers_by_key_.try_emplace(key_of(name, value), settings_.size());
      if (is_new) settings_.push_back({std::string(name), std::string(value), text_of(value)});
      number = known->second;
    }
    numbers_.push_back(static_cast<std::uint32_t>(number));
  }

  std::size_t size() const { return begins_.size(); }  ///< runs
  /// Each setting that some run has, once, in the order they came.
  const std::vector<Setting>& different() const { return settings_; }

  /// Calls `take(number in different())` for each setting of run `i`.
  template <class Take>
  void of_run(std::size_t i, Take take) const {
    const std::size_t end = i + 1 < begins_.size() ? begins_[i + 1] : numbers_.size();
    for (std::size_t at = begins_[i]; at < end; ++at) take(numbers_[at]);
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  /// The setting in the same place of the run before; kNone where there is none.
  std::size_t guess() const {
    if (begins_.size() < 2) return kNone;
    const std::size_t at = numbers_.size() - begins_.back() + begins_[begins_.size() - 2];
    return at < begins_.back() ? numbers_[at] : kNone;
  }
  bool is(std::size_t number, std::string_view name, std::string_view value) const {
    return settings_[number].value == value && settings_[number].name == name;
  }
  static std::string key_of(std::string_view name, std::string_view value) {
    return std::string(name).append(1, '\0').append(value);
  }

  std::vector<Setting> settings_;
  std::unordered_map<std::string, std::size_t> numbers_by_key_;
  std::vector<std::uint32_t> numbers_;  ///< of the settings of all runs, one after the other
  std::vector<std::size_t> begins_;     ///< of each run, in numbers_
};

}  // namespace lockstep
