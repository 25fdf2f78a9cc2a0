#include "orchestrator/cli/row_writers.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/text/escape.hpp"
#include "sweeps/run/value.hpp"

namespace lockstep {

namespace {
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string csv_field(const Field& field) {
  if (const auto* number = std::get_if<std::int64_t>(&field)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&field)) return shortest(*number);
  if (const auto* text = std::get_if<std::string>(&field)) return csv_text(*text);
  return "";
}

std::string json_value(const Field& field) {
  if (const auto* number = std::get_if<std::int64_t>(&field)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&field))
    return std::isfinite(*number) ? shortest(*number) : quoted(shortest(*number));
  return quoted(std::get<std::string>(field));
}
}  // namespace

void CsvRows::head(const std::vector<std::string>& columns) {
  line_.clear();
  for (const std::string& name : columns) (line_ += csv_text(name)) += ',';
  line_.back() = '\n';
  out_ << line_;
}

void CsvRows::row(const std::vector<Field>& fields) {
  line_.clear();
  for (const Field& field : fields) (line_ += csv_field(field)) += ',';
  line_.back() = '\n';
  out_ << line_;
}

void JsonRows::head(const std::vector<std::string>& columns) {
  for (const std::string& name : columns) keys_.push_back(quoted(name) + ":");
}

void JsonRows::row(const std::vector<Field>& fields) {
  line_ = "{";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (std::holds_alternative<std::monostate>(fields[i])) continue;
    if (line_.size() > 1) line_ += ',';
    (line_ += keys_[i]) += json_value(fields[i]);
  }
  out_ << line_ << "}\n";
}

}  // namespace lockstep
