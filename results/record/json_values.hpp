// JSON values, by simdjson, into the members of records and results: false where one is of another
// type or out of range. Internal to results/record.
#pragma once

#include <simdjson.h>

#include <string>

#include "results/record/record_text.hpp"
#include "results/record/records.hpp"

namespace lockstep {

inline bool take(simdjson::dom::element item, std::int64_t& member) { return !item.get(member); }
inline bool take(simdjson::dom::element item, int& member) {
  std::int64_t wide = 0;
  return !item.get(wide) && narrow(wide, member);
}
inline bool take(simdjson::dom::element item, double& member) {
  if (!item.get(member)) return true;  // integers count as doubles
  std::string_view text;
  return !item.get(text) && nonfinite_of_text(text, member);
}
inline bool take(simdjson::dom::element item, std::string& member) {
  std::string_view text;
  if (item.get(text)) return false;
  member.assign(text);
  return true;
}
inline bool take(simdjson::dom::element item, EndReason& member) {
  std::string_view text;
  if (item.get(text)) return false;
  const auto reason = end_reason_from(std::string(text));
  if (reason) member = *reason;
  return reason.has_value();
}

}  // namespace lockstep
