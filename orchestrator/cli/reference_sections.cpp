#include "orchestrator/cli/reference_sections.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "orchestrator/cli/markdown_table.hpp"
#include "reports/text/escape.hpp"
#include "sweeps/run/value.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;

constexpr std::size_t kNamed = 12;  // words that a cell lists

std::string number(const Json& value) { return in_full(value.get<double>()); }

/// "above 0, at most 100"; empty where there is no limit.
std::string range_of(const Json& node) {
  Words parts;
  for (const auto& [key, word] :
       {std::pair{"exclusiveMinimum", "above "}, std::pair{"minimum", "at least "},
        std::pair{"exclusiveMaximum", "below "}, std::pair{"maximum", "at most "}}) {
    if (node.contains(key)) parts.push_back(word + number(node.at(key)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

class Sections {
 public:
  /// A key with all that stands below it, once.
  void add(const std::string& path, const Json& node) {
    if (!seen_.insert(path).second) return;
    const std::string about = about_of(node);
    if (!about.empty()) {
      text_ +=
          table_row({"`" + path + "`", allowed(node), default_of(node), escape_markdown(about)});
    }
    below(path, node);
  }

  std::string text() const { return text_; }

 private:
  static std::string about_of(const Json& node) {
    const Json& speaker =
        node.contains("items") && !node.contains("description") ? node.at("items") : node;
    return speaker.value("description", "");
  }

  static std::string default_of(const Json& node) {
    if (!node.contains("default")) return "";
    const Json& value = node.at("default");
    return code({value.is_string() ? value.get<std::string>() : value.dump()});
  }

  static Words words_of(const Json& list) {
    Words words;
    for (const Json& word : list) words.push_back(word.get<std::string>());
    return words;
  }

  static std::string choice(const Words& words) {
    if (words.size() <= kNamed) return code(words);
    return fmt::format("{} words, from `{}` to `{}`", words.size(), words.front(), words.back());
  }

  static std::string allowed(const Json& node) {
    if (node.contains("enum")) return choice(words_of(node.at("enum")));
    if (node.contains("items")) return "a list: " + allowed(node.at("items"));
    if (node.contains("anyOf")) return joined(node.at("anyOf"), ", or ");
    if (node.contains("oneOf")) return "a map: `model:` " + joined(node.at("oneOf"), ", ");
    if (node.contains("properties")) {
      const Json& keys = node.at("properties");
      if (keys.contains("model")) return "`" + model_of(node) + "`";
      return "a map";
    }
    if (node.value("type", Json()) == "boolean") return code({"true", "false"});
    return range_of(node);
  }

  static std::string model_of(const Json& node) {
    return node.at("properties").at("model").at("const").get<std::string>();
  }

  static std::string joined(const Json& alternatives, const char* between) {
    std::string text;
    for (const Json& one : alternatives) text += (text.empty() ? "" : between) + allowed(one);
    return text;
  }

  void below(const std::string& path, const Json& node) {
    if (node.contains("properties")) {
      for (const auto& [key, value] : node.at("properties").items()) add(path + "." + key, value);
    }
    if (node.contains("items")) below(path + "[]", node.at("items"));
    for (const char* choice : {"anyOf", "oneOf"}) {
      if (!node.contains(choice)) continue;
      for (const Json& one : node.at(choice)) below(path, one);
    }
  }

  std::string text_;
  std::set<std::string> seen_;
};
}  // namespace

std::string section_rows(const Json& schema) {
  Sections sections;
  for (const char* section : {"report", "launch"})
    sections.add(section, schema.at("properties").at(section));
  return table_head("Report and launch",
                    "Neither is part of a run's identity: both may change, and no run is trained "
                    "anew for it.",
                    {"key", "allowed", "default", "what it is"}) +
         sections.text();
}

}  // namespace lockstep
