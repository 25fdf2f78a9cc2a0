// A YAML document as a value of our own: what was written and where, without any interpretation of
// scalars. Reading it is where a hostile file is stopped (threat S2): size, visits, depth, cycles,
// tags, further documents, duplicate and merge keys. No yaml-cpp type or message leaves this unit.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sweeps/spec/findings.hpp"

namespace lockstep::spec {

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Place place;
  bool quoted = false;  ///< a scalar in quotes or a block scalar: always text
  std::string text;     ///< of a scalar
  std::string key;      ///< of a member of a map
  Place key_place;
  std::vector<Node>
      items;  ///< members of a list, or of a map: keys are distinct and in the order of the file

  /// The member of a map called `name`; nullptr: none. Valid while the node lives.
  const Node* find(std::string_view name) const;
};

/// "a list", "a map", "nothing", or the scalar in quotes: what was found, for messages.
std::string found(const Node& node);

/// Reads one document. Nothing where it cannot be used at all (the finding says why). What can be
/// left out (a tag, a second use of a key) is told and left out. Never throws for anything in
/// `source`.
std::optional<Node> read_yaml(std::string_view source, Findings& findings);

}  // namespace lockstep::spec
