#include "results/record/records.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "results/record/record_error.hpp"
#include "results/record/record_fields.hpp"
#include "results/record/record_text.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;

constexpr std::pair<EndReason, const char*> kReasons[] = {  // on disk: do not change
    {EndReason::done, "done"},
    {EndReason::diverged, "diverged"},
    {EndReason::checkpointed, "checkpointed"},
    {EndReason::preempted, "preempted"},
    {EndReason::node, "node"},
    {EndReason::oom, "oom"},
    {EndReason::storage, "storage"},
    {EndReason::hang, "hang"},
    {EndReason::user_error, "user-error"},
    {EndReason::cancelled, "cancelled"},
    {EndReason::lost, "lost"}};

/// Members -> JSON.
struct ToJson {
  Json& json;

  void format(std::int64_t number) { json["format"] = number; }
  void operator()(const char* name, const auto& member, fields::Need) { put(name, member); }

  void put(const char* name, bool value) { json[name] = value; }
  void put(const char* name, int value) { json[name] = value; }
  void put(const char* name, const std::string& value) { json[name] = value; }
  void put(const char* name, EndReason value) { json[name] = name_of(value); }
  void put(const char* name, std::int64_t value) {
    if (value > kLargestInteger || value < -kLargestInteger) {
      throw RecordError(fmt::format(
          "{} = {} is beyond 2^53, which JSON readers round; store it as text", name, value));
    }
    json[name] = value;
  }
  void put(const char* name, double value) {
    if (std::isfinite(value)) {
      json[name] = value;
    } else {
      json[name] = text_of_nonfinite(value);
    }
  }
  void put(const char* name, const std::map<std::string, std::string>& values) {
    Json object = Json::object();
    for (const auto& [key, value] : values) object[key] = value;
    json[name] = std::move(object);
  }
  void put(const char* name, const std::optional<ResumedFrom>& value) {
    if (!value) return;
    Json object = Json::object();
    ToJson inner{object};
    fields::Of<ResumedFrom>::visit(inner, *value);
    json[name] = std::move(object);
  }
};

/// JSON -> members.
struct FromJson {
  const Json& json;

  void format(std::int64_t known) {
    const auto found = json.find("format");
    if (found == json.end() || !found->is_number_integer()) throw wrong_member("format");
    check_format(found->get<std::int64_t>(), known);
  }
  void operator()(const char* name, auto& member, fields::Need need) {
    const auto found = json.find(name);
    if (found != json.end()) {
      if (!take(*found, member)) throw wrong_member(name);
    } else if (need == fields::must) {
      throw wrong_member(name);
    }
  }

  static bool take(const Json& item, bool& member) {
    return item.is_boolean() && (item.get_to(member), true);
  }
  static bool take(const Json& item, int& member) {
    std::int64_t wide = 0;
    return take(item, wide) && narrow(wide, member);
  }
  static bool take(const Json& item, std::int64_t& member) {
    return item.is_number_integer() && (item.get_to(member), true);
  }
  static bool take(const Json& item, double& member) {
    if (item.is_string()) return nonfinite_of_text(item.get_ref<const std::string&>(), member);
    return item.is_number() && (item.get_to(member), true);
  }
  static bool take(const Json& item, std::string& member) {
    return item.is_string() && (item.get_to(member), true);
  }
  static bool take(const Json& item, EndReason& member) {
    const auto reason = item.is_string() ? end_reason_from(item.get<std::string>()) : std::nullopt;
    if (reason) member = *reason;
    return reason.has_value();
  }
  static bool take(const Json& item, std::map<std::string, std::string>& member) {
    if (!item.is_object()) return false;
    for (const auto& [key, value] : item.items()) {
      if (!take(value, member[key])) return false;
    }
    return true;
  }
  static bool take(const Json& item, std::optional<ResumedFrom>& member) {
    if (!item.is_object()) return false;
    FromJson inner{item};
    fields::Of<ResumedFrom>::visit(inner, member.emplace());
    return true;
  }
};

template <std::size_t... I>
std::optional<Record> blank_among(std::string_view name, std::index_sequence<I...>) {
  std::optional<Record> found;
  const auto consider = [&]<class R>(std::in_place_type_t<R> type) {
    if (name == fields::Of<R>::type) found.emplace(type);
  };
  (consider(std::in_place_type<std::variant_alternative_t<I, Record>>), ...);
  return found;
}
}  // namespace

std::optional<Record> fields::blank(std::string_view name) {
  return blank_among(name, std::make_index_sequence<std::variant_size_v<Record>>{});
}

RecordError wrong_member(std::string_view name) {
  return RecordError(fmt::format("member '{}' is missing or has a wrong type", name));
}

void check_format(std::int64_t found, std::int64_t known) {
  if (found == known) return;
  throw FormatError(
      fmt::format("record format {} is not known to this program, which reads format {}; use the "
                  "lockstep version that wrote it",
                  found, known));
}

const char* text_of_nonfinite(double value) {
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

bool nonfinite_of_text(std::string_view text, double& value) {
  for (const double candidate : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    if (text != text_of_nonfinite(candidate)) continue;
    value = candidate;
    return true;
  }
  return false;
}

const char* name_of(EndReason reason) {
  for (const auto& [value, name] : kReasons) {
    if (value == reason) return name;
  }
  throw RecordError("an end reason outside its table");
}

std::optional<EndReason> end_reason_from(const std::string& name) {
  for (const auto& [value, known] : kReasons) {
    if (name == known) return value;
  }
  return {};
}

const char* type_of(const Record& record) {
  return std::visit([]<class R>(const R&) { return fields::Of<R>::type; }, record);
}

nlohmann::ordered_json to_json(const Record& record) {
  Json json = Json::object();
  ToJson writer{json};
  std::visit([&]<class R>(const R& r) { fields::Of<R>::visit(writer, r); }, record);
  return json;
}

std::optional<Record> record_from_json(const nlohmann::ordered_json& json) {
  const auto type = json.find("type");
  if (type == json.end() || !type->is_string()) throw wrong_member("type");
  auto record = fields::blank(type->get_ref<const std::string&>());
  if (!record) return {};
  FromJson reader{json};
  std::visit([&]<class R>(R& r) { fields::Of<R>::visit(reader, r); }, *record);
  return record;
}

}  // namespace lockstep
