// The sections `report:` and `launch:` of a spec, for the reference page.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace lockstep {

/// A table of every key of both sections, in the order of the schema (spec_schema()), which says
/// all that is told here. Pure.
std::string section_rows(const nlohmann::ordered_json& schema);

}  // namespace lockstep
