#include "orchestrator/cli/json_output.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/text/escape.hpp"

namespace lockstep {

Json counts_json(const std::vector<RunStatus>& states) {
  Json counts = Json::object();
  for (const auto& [name, count] : counts_of(states)) counts[name] = count;
  return counts;
}

Json run_json(const RunStatus& status) {
  Json json = Json::object();
  describe_run(status, [&](const char* name, const auto& value) { json[name] = value; });
  return json;
}

std::string& JsonLine::begin(const char* name) {
  return text_.append(1, '"').append(name).append("\":");
}

void JsonLine::add(const char* name, std::string_view value) {
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (is_plain) {
    begin(name).append(1, '"').append(value).append("\",");
  } else {
    begin(name)
        .append(Json(value).dump(-1, ' ', false, Json::error_handler_t::replace))
        .append(1, ',');
  }
}

void JsonLine::add(const char* name, std::int64_t value) {
  begin(name).append(std::to_string(value)).append(1, ',');
}

void JsonLine::add(const char* name, double value) {
  // Of most runs it is 0, and making a Json takes time.
  begin(name)
      .append(value == 0 && !std::signbit(value) ? "0.0" : Json(value).dump())
      .append(1, ',');
}

void JsonLine::add(const char* name, bool value) { begin(name).append(value ? "true," : "false,"); }

void print_json(Session& session, const Json& json) {
  session.out() << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void require_one_form(std::initializer_list<std::pair<const char*, bool>> forms) {
  std::string asked;
  int count = 0;
  for (const auto& [name, given] : forms) {
    if (!given) continue;
    asked += (count++ ? " and " : "") + std::string(name);
  }
  if (count > 1) throw UsageError(asked + " are two forms of output: give one of them");
}

std::string plain_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) (line += plain(field)) += '\t';
  line.back() = '\n';
  return line;
}

}  // namespace lockstep
