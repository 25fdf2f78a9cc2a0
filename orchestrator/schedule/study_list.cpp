#include "orchestrator/schedule/study_list.hpp"

#include <simdjson.h>

#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "orchestrator/schedule/run_labels.hpp"
#include "orchestrator/schedule/study_files.hpp"

namespace lockstep {

namespace {
namespace json = simdjson::ondemand;

/// Something that only the careful reader can judge.
struct NotPlain {};

template <class T>
T need(simdjson::simdjson_result<T> result) {
  T value;
  if (std::move(result).get(value)) throw NotPlain();
  return value;
}

/// The plan without spaces: a configuration in it is its canonical bytes, which are hashed.
std::string compact(std::string_view text) {
  std::string bytes(text.size() + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), bytes.data(), size)) throw NotPlain();
  bytes.resize(size);
  bytes.reserve(size + simdjson::SIMDJSON_PADDING);
  return bytes;
}

class Lister {
 public:
  explicit Lister(const Tables& tables) : tables_(tables) {}

  /// Throws NotPlain.
  void add(std::string_view plan) {
    std::string& text = texts_.emplace_back(compact(plan));
    json::parser parser;
    json::document document;
    if (parser.iterate(text.data(), text.size(), text.capacity()).get(document)) throw NotPlain();
    for (auto entry : need(document["runs"].get_array())) {
      const auto id = need(entry["id"].get_string());
      const auto cell = need(entry["cell"].get_string());
      add_run(std::string(id), std::string(cell), need(entry["config"].get_object()));
    }
  }

  std::vector<ListedRun> finish() {
    const auto labels = labels_of(settings_);
    for (std::size_t i = 0; i < runs_.size(); ++i) runs_[i].label = labels[i];
    return std::move(runs_);
  }

 private:
  void add_run(std::string id, std::string cell, json::object config) {
    const std::string_view bytes = need(config.raw_json());
    if (!RunId::parse(id) || sha256_hex(bytes).substr(0, id.size()) != id) throw NotPlain();
    need(config.reset());
    Settings settings;
    std::string kind;
    for (auto field : config) {
      const std::string_view name = raw(need(field.key()));
      const std::string_view value = raw(need(field.value()));
      kind.append(name).append(1, ' ');
      if (value.front() == '"' || name.ends_with("_revision")) kind.append(value);
      settings.emplace_back(name, text_of(value));
    }
    if (!is_known(kind, bytes)) throw NotPlain();
    if (!seen_.insert(id).second) return;
    runs_.push_back({std::move(id), std::move(cell), ""});
    settings_.push_back(std::move(settings));
  }

  /// In the text itself, not in the parser's memory. Names of parameters hold nothing to unescape.
  static std::string_view raw(json::raw_json_string name) {
    return {name.raw(), static_cast<std::size_t>(std::strchr(name.raw(), '"') - name.raw())};
  }

  static std::string_view raw(json::value value) {
    const bool list = need(value.type()) == json::json_type::array;
    return list ? need(need(value.get_array()).raw_json()) : value.raw_json_token();
  }

  /// to_text() of the value with these canonical bytes; there are few different ones.
  std::string_view text_of(std::string_view bytes) {
    if (bytes.front() == '"') {
      if (bytes.find('\\') != bytes.npos) throw NotPlain();
      return bytes.substr(1, bytes.size() - 2);
    }
    const auto [known, is_new] = values_.try_emplace(bytes);
    if (is_new) {
      const auto value = nlohmann::json::parse(bytes);
      if (value.is_array())
        known->second = to_text(value.get<std::vector<double>>());
      else
        known->second = value.is_number_float() ? shortest(value.get<double>()) : value.dump();
    }
    return known->second;
  }

  bool is_known(const std::string& kind, std::string_view bytes) {
    if (kinds_.count(kind)) return true;
    try {
      parse_config(tables_, bytes);
    } catch (const ConfigError&) {
      return false;
    }
    kinds_.insert(kind);
    return true;
  }

  const Tables& tables_;
  std::deque<std::string> texts_;  // what the views below look into
  std::unordered_map<std::string_view, std::string> values_;
  std::unordered_set<std::string> kinds_, seen_;
  std::vector<ListedRun> runs_;
  std::vector<Settings> settings_;
};
}  // namespace

std::vector<ListedRun> list_runs(const Workspace& workspace, const Tables& tables,
                                 std::string_view study, std::vector<std::string>& notes) {
  try {
    Lister lister(tables);
    for (const auto& file : plans_of(workspace, study)) lister.add(read_file(file));
    return lister.finish();
  } catch (const NotPlain&) {
    return list_runs(read_study(workspace, tables, study, notes));
  }
}

std::vector<ListedRun> list_runs(const Plan& plan) {
  std::vector<ListedRun> runs;
  auto labels = labels_of(plan.runs);
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    runs.push_back({plan.runs[i].id.text(), plan.runs[i].cell, std::move(labels[i])});
  return runs;
}

}  // namespace lockstep
