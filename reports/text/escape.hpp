// One function per place that text from outside can end up in. A name is data in all of them: it
// cannot start a tag, an attribute, a table cell, a formula or a terminal escape.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// Bytes that are no UTF-8 become U+FFFD; control characters (C0, DEL, C1) and bidirectional
/// overrides become a space. The other functions start with this.
std::string plain(std::string_view text);

/// For element content and double-quoted attributes of HTML, SVG and XML.
std::string escape_xml(std::string_view text);

/// JSON for a script element, which it cannot end: `<` only occurs inside strings there.
std::string script_json(std::string_view json);

/// For running Markdown text and table cells: punctuation that Markdown or inline HTML reads is
/// escaped.
std::string escape_markdown(std::string_view text);

/// For running LaTeX text: what is special to it is escaped, and the signs of ours that its fonts
/// lack are written as commands.
std::string escape_latex(std::string_view text);

/// One RFC 4180 field. Text that a spreadsheet would take for a formula (= + - @ TAB CR in front)
/// gets a leading quote mark ('). Line breaks inside are kept, within double quotes.
std::string csv_text(std::string_view text);

/// Columns that `text` takes on a terminal, counting one per code point.
std::size_t display_width(std::string_view text);

/// At most `columns` code points, the last one an ellipsis where something is cut.
std::string shorten(std::string_view text, std::size_t columns);

}  // namespace lockstep
