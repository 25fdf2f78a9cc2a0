// The parser's complaints in our own words.
#pragma once

#include <string>
#include <string_view>

namespace lockstep::spec {

struct Complaint {
  std::string message;
  std::string hint;
};

/// `parser_message` is the text of a yaml-cpp exception.
Complaint complaint_about(std::string_view parser_message);

}  // namespace lockstep::spec
