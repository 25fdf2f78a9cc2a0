// The runs of plans, read without building their configurations: for study_list.cpp, which shows
// ten thousand of them in a few hundredths of a second. What is not as lockstep writes it is left
// to the careful reader (study_files.hpp).
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "orchestrator/schedule/run_labels.hpp"
#include "sweeps/run/tables.hpp"

namespace lockstep {

/// Something that only the careful reader can judge.
struct NotPlain {};

/// A run as its plan has it: views into the plan's text. No name or id needs unescaping.
struct RawRun {
  std::string_view id, cell, config;
};

/// Throws NotPlain.
void add_runs(const simdjson::padded_string& plan, std::vector<RawRun>& runs);

/// Reads configurations. Settings are views into the plan's text and this reader, which must
/// outlive them. For one thread.
class ConfigReader {
 public:
  explicit ConfigReader(const Tables& tables) : tables_(tables) {}

  /// Its parameters, once the id is found to be the configuration's hash. `run` is of add_runs().
  /// Throws NotPlain.
  Settings settings_of(const RawRun& run);

 private:
  /// A configuration without spaces: its canonical bytes, which are hashed.
  std::string_view compact(std::string_view config);
  /// to_text() of the value with these bytes; there are few different ones.
  std::string_view text_of(std::string_view bytes);
  /// Whether this lockstep can read it: asked once for each kind, which is its parameters and
  /// texts.
  bool is_known(std::string_view bytes);

  const Tables& tables_;
  simdjson::ondemand::parser parser_;
  std::string compact_, kind_;
  std::size_t most_settings_ = 0;
  std::unordered_map<std::string_view, std::string> values_;
  std::unordered_set<std::string> kinds_;
};

}  // namespace lockstep
