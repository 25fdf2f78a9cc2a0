#include "sweeps/run/run_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace lockstep {

namespace {
// The bytes that nlohmann's dump() gives for the same value, without building one: ids of thousands
// of runs are computed while a user waits. A test holds both equal.
void append_text(std::string& json, const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  json += plain ? '"' + text + '"' : nlohmann::json(text).dump();
}

void append(std::string& json, bool flag) { json += flag ? "true" : "false"; }
void append(std::string& json, std::int64_t number) { json += std::to_string(number); }
void append(std::string& json, const std::string& text) { append_text(json, text); }

void append(std::string& json, double number) {
  if (!std::isfinite(number)) {
    json += "null";
    return;
  }
  char buffer[64];
  json.append(buffer, nlohmann::detail::to_chars(buffer, buffer + sizeof buffer, number));
}

void append(std::string& json, const std::vector<double>& numbers) {
  json += '[';
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) json += ',';
    append(json, numbers[i]);
  }
  json += ']';
}
}  // namespace

bool RunConfig::has(std::string_view name) const { return values_.count(std::string(name)) > 0; }

const Value& RunConfig::value(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  if (found == values_.end())
    throw std::logic_error(fmt::format("the run does not use '{}'", name));
  return found->second;
}

std::int64_t RunConfig::integer(std::string_view name) const {
  return std::get<std::int64_t>(value(name));
}
double RunConfig::real(std::string_view name) const { return std::get<double>(value(name)); }
bool RunConfig::flag(std::string_view name) const {
  return has(name) && std::get<bool>(value(name));
}
const std::string& RunConfig::text(std::string_view name) const {
  return std::get<std::string>(value(name));
}
const std::vector<double>& RunConfig::reals(std::string_view name) const {
  return std::get<std::vector<double>>(value(name));
}

RunConfig RunConfig::without(std::string_view name) const {
  RunConfig rest = *this;
  rest.values_.erase(std::string(name));
  return rest;
}

std::string RunConfig::canonical_json() const { return canonical_json_without({}); }

std::string RunConfig::canonical_json_without(const std::vector<std::string>& names) const {
  const auto holds = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::string json = "{";
  json.reserve(512);
  for (const auto& [name, value] : values_) {
    if (holds(left_out_, name) || holds(names, name)) continue;
    if (json.size() > 1) json += ',';
    append_text(json, name);
    json += ':';
    std::visit([&](const auto& v) { append(json, v); }, value);
  }
  return json + '}';
}

}  // namespace lockstep
