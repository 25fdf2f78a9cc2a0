#include "orchestrator/schedule/plan_reader.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "sweeps/run/run_id.hpp"

namespace lockstep {

namespace {
namespace json = simdjson::ondemand;

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
  const std::string_view token = value.raw_json_token();  // and the space after it
  return token.substr(0, token.find_last_not_of(" \n\r\t") + 1);
}

std::vector<double> numbers_of(const nlohmann::json& list) {
  std::vector<double> numbers;
  for (const auto& item : list) {
    if (!item.is_number()) throw NotPlain();
    numbers.push_back(item.get<double>());
  }
  return numbers;
}
}  // namespace

void add_runs(const simdjson::padded_string& plan, std::vector<RawRun>& runs) {
  json::parser parser;
  json::document document;
  if (parser.iterate(plan).get(document)) throw NotPlain();
  const auto text = [](json::value value) {
    const std::string_view token = value.raw_json_token();
    const std::size_t end = token.find('"', 1);
    if (token.front() != '"' || end == token.npos) throw NotPlain();
    const std::string_view plain = token.substr(1, end - 1);
    if (plain.find('\\') != plain.npos) throw NotPlain();
    return plain;
  };
  for (auto entry : need(document["runs"].get_array())) {
    const auto id = text(need(entry["id"]));
    const auto cell = text(need(entry["cell"]));
    runs.push_back({id, cell, need(need(entry["config"].get_object()).raw_json())});
  }
}

Settings ConfigReader::settings_of(const RawRun& run) {
  const std::string_view bytes = compact(run.config);
  if (!RunId::parse(run.id) || sha256_hex(bytes).substr(0, run.id.size()) != run.id)
    throw NotPlain();
  json::document document;
  if (parser_
          .iterate(run.config.data(), run.config.size(),
                   run.config.size() + simdjson::SIMDJSON_PADDING)
          .get(document))
    throw NotPlain();
  Settings settings;
  settings.reserve(most_settings_);
  kind_.clear();
  for (auto field : need(document.get_object())) {
    const std::string_view name = raw(need(field.key()));
    const std::string_view value = raw(need(field.value()));
    kind_.append(name).append(1, ' ');
    if (value.front() == '"' || name.ends_with("_revision")) kind_.append(value);
    settings.emplace_back(name, text_of(value));
  }
  if (!is_known(bytes)) throw NotPlain();
  most_settings_ = std::max(most_settings_, settings.size());
  return settings;
}

std::string_view ConfigReader::compact(std::string_view config) {
  if (compact_.size() < config.size() + simdjson::SIMDJSON_PADDING)
    compact_.resize(2 * config.size() + simdjson::SIMDJSON_PADDING);
  std::size_t size = 0;
  if (simdjson::minify(config.data(), config.size(), compact_.data(), size)) throw NotPlain();
  return {compact_.data(), size};
}

std::string_view ConfigReader::text_of(std::string_view bytes) {
  if (bytes.front() == '"') {
    if (bytes.find('\\') != bytes.npos) throw NotPlain();
    return bytes.substr(1, bytes.size() - 2);
  }
  const auto [known, is_new] = values_.try_emplace(bytes);
  if (is_new) {
    const auto value = nlohmann::json::parse(bytes, nullptr, false);
    if (value.is_discarded()) throw NotPlain();
    known->second = value.is_array()          ? to_text(numbers_of(value))
                    : value.is_number_float() ? shortest(value.get<double>())
                                              : value.dump();
  }
  return known->second;
}

bool ConfigReader::is_known(std::string_view bytes) {
  if (kinds_.count(kind_)) return true;
  try {
    parse_config(tables_, bytes);
  } catch (const ConfigError&) {
    return false;
  }
  kinds_.insert(kind_);
  return true;
}

}  // namespace lockstep
