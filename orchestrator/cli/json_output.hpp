// What the JSON of several commands has in common, so that one thing has one name in all of them
// (JSON.md).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/cli/session.hpp"
#include "orchestrator/cli/study_states.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

/// Of every format; a member that changes its meaning or goes makes the next one.
inline constexpr int kJsonFormat = 1;

/// State name -> runs; without states that no run has.
Json counts_json(const std::vector<RunStatus>& states);

/// Calls `add(name, value)` for what every command says of a run: id, cell, label, state, reason.
template <class Add>
void describe_run(const RunStatus& status, Add add) {
  add("id", status.id);
  add("cell", status.cell);
  add("label", status.label);
  add("state", name_of(status.verdict.state));
  add("reason", status.verdict.reason);
}

/// {"id", "cell", "label", "state", "reason"}
Json run_json(const RunStatus& status);

/// Appends an object to a text, without building it first: there may be ten thousand. Values are as
/// Json writes them.
class JsonLine {
 public:
  explicit JsonLine(std::string& text) : text_(text) { text_ += '{'; }
  void add(const char* name, std::string_view value);
  void add(const char* name, std::int64_t value);
  void add(const char* name, double value);
  void add(const char* name, bool value);
  /// The object is whole.
  void end() { text_.back() = '}'; }

 private:
  std::string& begin(const char* name);
  std::string& text_;
};

/// The one object on stdout, indented. Bytes that are no UTF-8 are replaced.
void print_json(Session& session, const Json& json);

/// Throws UsageError where more than one of these forms of output was asked for.
void require_one_form(std::initializer_list<std::pair<const char*, bool>> forms);

/// One record of --plain: a line of fields with tabs between them; tabs, line breaks and control
/// characters inside of a field are blanks.
std::string plain_line(const std::vector<std::string>& fields);

}  // namespace lockstep
