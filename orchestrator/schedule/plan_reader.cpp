#include "orchestrator/schedule/plan_reader.hpp"

#include <simdjson.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>

#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
namespace json = simdjson::ondemand;

// How write_study() lays out a plan. No text in JSON has a line end, so these are what they seem.
constexpr std::string_view kListBegins = "\n \"runs\": [";
constexpr std::string_view kPlanEnds = "\n ]\n}\n";
constexpr std::string_view kIdBegins = "\n  {\n   \"id\": \"";
constexpr std::string_view kCellBegins = ",\n   \"cell\": \"";
constexpr std::string_view kConfigBegins = ",\n   \"config\": ";
constexpr std::string_view kRunEnds = "\n  }";

/// Takes a text from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : begin_(text.data()), rest_(text) {}

  std::size_t taken() const { return static_cast<std::size_t>(rest_.data() - begin_); }
  bool skip(std::string_view expected) {
    const bool found = rest_.starts_with(expected);
    if (found) rest_.remove_prefix(expected.size());
    return found;
  }
  bool is(std::string_view text) const { return rest_ == text; }
  void need(std::string_view expected) {
    if (!skip(expected)) throw NotPlain();
  }
  /// All that comes before `end`, and takes that, too.
  std::string_view until(char end) {
    const std::size_t size = rest_.find(end);
    if (size == rest_.npos) throw NotPlain();
    const std::string_view found = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return found;
  }

 private:
  const char* begin_;
  std::string_view rest_;
};

/// Of what stands before the first run, all that the careful reader asks for.
void check_head(std::string_view head) {
  const auto json = nlohmann::json::parse(std::string(head) + "]}", nullptr, false);
  if (!json.is_object()) throw NotPlain();
  for (const char* name : {"question", "spec_sha256"}) {
    if (!json.contains(name) || !json[name].is_string()) throw NotPlain();
  }
}

template <class T>
T need(simdjson::simdjson_result<T> result) {
  T value;
  if (std::move(result).get(value)) throw NotPlain();
  return value;
}

/// In the text itself, not in the parser's memory.
std::string_view raw(json::raw_json_string name) {
  return {name.raw(), static_cast<std::size_t>(std::strchr(name.raw(), '"') - name.raw())};
}

std::string_view raw(json::value value) {
  if (need(value.type()) == json::json_type::array) return need(need(value.get_array()).raw_json());
  return value.raw_json_token();
}

std::vector<double> numbers_of(const nlohmann::json& list) {
  std::vector<double> numbers;
  for (const auto& item : list) {
    if (!item.is_number()) throw NotPlain();
    numbers.push_back(item.get<double>());
  }
  return numbers;
}

/// to_text() of the value with these bytes.
std::string text_of(std::string_view bytes) {
  if (bytes.front() == '"') {
    if (bytes.find('\\') != bytes.npos) throw NotPlain();
    return std::string(bytes.substr(1, bytes.size() - 2));
  }
  const auto value = nlohmann::json::parse(bytes, nullptr, false);
  if (value.is_discarded()) throw NotPlain();
  if (value.is_array()) return to_text(numbers_of(value));
  return value.is_number_float() ? shortest(value.get<double>()) : value.dump();
}

/// Reads configurations, into one RunSettings.
class ConfigReader {
 public:
  ConfigReader(const Tables& tables, RunSettings& settings)
      : tables_(tables), settings_(settings) {}

  void add(std::string_view id, std::string_view config) {
    const std::string_view bytes = compact(config);
    if (!RunId::parse(id) || sha256_hex(bytes).substr(0, id.size()) != id) throw NotPlain();
    json::document document;
    if (parser_.iterate(bytes.data(), bytes.size(), compact_.size()).get(document))
      throw NotPlain();
    settings_.begin_run();
    kind_.clear();
    for (auto field : need(document.get_object())) {
      const std::string_view name = raw(need(field.key()));
      const std::string_view value = raw(need(field.value()));
      kind_.append(name).append(1, ' ');
      if (value.front() == '"' || name.ends_with("_revision")) kind_.append(value);
      settings_.add(name, value, text_of);
    }
    if (!is_known(bytes)) throw NotPlain();
  }

 private:
  /// A configuration without spaces: its canonical bytes, which are hashed.
  std::string_view compact(std::string_view config) {
    if (compact_.size() < config.size() + simdjson::SIMDJSON_PADDING)
      compact_.resize(2 * config.size() + simdjson::SIMDJSON_PADDING);
    std::size_t size = 0;
    if (simdjson::minify(config.data(), config.size(), compact_.data(), size)) throw NotPlain();
    return {compact_.data(), size};
  }

  bool is_known(std::string_view bytes) {
    if (kinds_.count(kind_)) return true;
    try {
      parse_config(tables_, bytes);
    } catch (const ConfigError&) {
      return false;
    }
    kinds_.insert(kind_);
    return true;
  }

  const Tables& tables_;
  RunSettings& settings_;
  simdjson::ondemand::parser parser_;
  std::string compact_, kind_;
  std::unordered_set<std::string> kinds_;
};
}  // namespace

PlanPart read_part(const Tables& tables, std::string_view text, std::size_t offset,
                   std::size_t size) {
  PlanPart part;
  const std::size_t begin = text.find(kIdBegins);
  if (begin >= size) return part;
  part.begin = offset + begin;
  part.is_first = text.substr(0, begin).ends_with(kListBegins);
  if (part.is_first) check_head(text.substr(0, begin));
  ConfigReader configs(tables, part.settings);
  Scanner rest(text.substr(begin));
  do {
    rest.need(kIdBegins);
    const std::string_view id = rest.until('"');
    rest.need(kCellBegins);
    const std::string_view cell = rest.until('"');
    if (cell.find_first_not_of("0123456789abcdef") != cell.npos) throw NotPlain();
    rest.need(kConfigBegins);
    const std::string_view config = rest.until('}');
    rest.need(kRunEnds);
    configs.add(id, {config.data(), config.size() + 1});
    part.runs.push_back({std::string(id), std::string(cell), ""});
    part.is_last = !rest.skip(",");
  } while (!part.is_last && begin + rest.taken() < size);
  part.end = part.begin + rest.taken();
  if (part.is_last && !rest.is(kPlanEnds)) throw NotPlain();
  return part;
}

}  // namespace lockstep
