#include "sweeps/spec/yaml_words.hpp"

#include <yaml-cpp/exceptions.h>

namespace lockstep::spec {

namespace {
namespace Words = YAML::ErrorMsg;

struct Row {
  std::string_view theirs;  ///< the message begins so
  const char* message;
  const char* hint;
};

constexpr const char* kCloseQuote = "close it with the quote that opened it";
constexpr const char* kSameColumn = "the keys of one map stand in the same column";

const Row kRows[] = {
    {Words::END_OF_MAP_FLOW, "a '{' is not closed", "add the '}', or a comma between two members"},
    {Words::END_OF_SEQ_FLOW, "a '[' is not closed", "add the ']', or a comma between two members"},
    {Words::END_OF_MAP, "the map ends in the middle of a line", kSameColumn},
    {Words::END_OF_SEQ, "the list ends in the middle of a line", "each member begins with '- '"},
    {Words::EOF_IN_SCALAR, "a quote is not closed", kCloseQuote},
    {Words::DOC_IN_SCALAR, "a quote is not closed before the end of the document", kCloseQuote},
    {Words::CHAR_IN_SCALAR, "a character that no value may begin with",
     "put the value in double quotes"},
    {Words::TAB_IN_INDENTATION, "a tab in the indentation", "indent with spaces"},
    {Words::FLOW_END, "a closing bracket without its opening one", "take it away"},
    {Words::BLOCK_ENTRY, "a '-' that begins no list here",
     "begin the list on a line of its own, or write it as [a, b]"},
    {Words::MAP_KEY, "a key that cannot stand here", kSameColumn},
    {Words::MAP_VALUE, "a ':' that cannot stand here",
     "one 'key: value' to a line; put a text with ': ' in quotes"},
    {Words::UNKNOWN_ANCHOR, "an alias of something that has no name",
     "name it with & first, or put the text in quotes if it is no alias"},
    {Words::ALIAS_NOT_FOUND, "a '*' without a name", "put the text in quotes if it is no alias"},
    {Words::ANCHOR_NOT_FOUND, "a '&' without a name", "put the text in quotes if it is no anchor"},
    {Words::CHAR_IN_ALIAS, "a character that no alias may have", "letters, digits, '-' and '_'"},
    {Words::CHAR_IN_ANCHOR, "a character that no anchor may have", "letters, digits, '-' and '_'"},
    {Words::ALIAS_CONTENT, "an alias with something behind it", "give it a line of its own"},
    {Words::MULTIPLE_ANCHORS, "two names for one value", "keep one of them"},
    {Words::MULTIPLE_TAGS, "tags are not part of the language", "take the tag away"},
    {Words::CHAR_IN_TAG_HANDLE, "tags are not part of the language", "take the '!' away"},
    {Words::TAG_WITH_NO_SUFFIX, "tags are not part of the language", "take the '!' away"},
    {Words::END_OF_VERBATIM_TAG, "tags are not part of the language", "take the '!' away"},
    {Words::INVALID_HEX, "an escape that is not made of hexadecimal digits",
     "write \\\\ for a backslash"},
    {Words::INVALID_UNICODE, "an escape that is no character", "write \\\\ for a backslash"},
    {Words::INVALID_ESCAPE, "an unknown escape", "write \\\\ for a backslash"},
    {Words::ZERO_INDENT_IN_BLOCK, "a block text cannot have indentation 0", "use 1 to 9"},
    {Words::CHAR_IN_BLOCK, "only an indentation, '+' or '-' may follow '|' or '>'",
     "begin the text on the next line"},
    {Words::UNKNOWN_TOKEN, "a character that cannot stand here", "put the value in double quotes"},
};
}  // namespace

Complaint complaint_about(std::string_view parser_message) {
  for (const Row& row : kRows) {
    if (parser_message.starts_with(row.theirs)) return {row.message, row.hint};
  }
  const bool directive = parser_message.find("YAML") != parser_message.npos ||
                         parser_message.find("TAG") != parser_message.npos;
  if (directive) return {"directives are not part of the language", "take the line with % away"};
  return {"this is not well-formed YAML", "look at quotes, brackets and indentation around here"};
}

}  // namespace lockstep::spec
