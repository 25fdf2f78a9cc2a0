#include "reports/text/escape.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>
#include <vector>

namespace lockstep {

namespace {
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
}

/// Length of the well-formed UTF-8 sequence at `i`, 0 if there is none; its code point in `code`.
std::size_t sequence_at(std::string_view text, std::size_t i, std::uint32_t& code) {
  const unsigned lead = byte_at(text, i);
  if (lead < 0x80) return code = lead, 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || i + length > text.size()) return 0;
  code = lead & (0x7FU >> length);
  for (std::size_t k = 1; k < length; ++k) {
    const unsigned next = byte_at(text, i + k);
    if ((next & 0xC0U) != 0x80U) return 0;
    code = (code << 6) | (next & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

/// Not to be shown: controls, bidirectional marks and overrides, line and paragraph separators, the
/// byte order mark, and the two code points that XML forbids.
bool hidden(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x200E || code == 0x200F || code == 0x2028 ||
         code == 0x2029 || code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }
}  // namespace

std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::uint32_t code = 0;
    const std::size_t length = sequence_at(text, i, code);
    if (length == 0) {
      out += kReplacement;
    } else if (hidden(code)) {
      out += ' ';
    } else {
      out += text.substr(i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : plain(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string script_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape_markdown(std::string_view text) {
  // An underscore inside a word is no emphasis (CommonMark), so names such as local_sgd stay as
  // they are.
  constexpr std::string_view special = "\\`*|[]#~!";
  const std::string clean = plain(text);
  std::string out;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const char c = clean[i];
    const auto word = [&](std::size_t k) {
      return k < clean.size() && (std::isalnum(static_cast<unsigned char>(clean[k])) != 0);
    };
    const bool emphasis = c == '_' && !(i > 0 && word(i - 1) && word(i + 1));
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (emphasis || special.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string escape_latex(std::string_view text) {
  static const std::vector<std::pair<std::string_view, std::string_view>> kSigns{
      {"\\", "\\textbackslash{}"},
      {"&", "\\&"},
      {"%", "\\%"},
      {"$", "\\$"},
      {"#", "\\#"},
      {"_", "\\_"},
      {"{", "\\{"},
      {"}", "\\}"},
      {"~", "\\textasciitilde{}"},
      {"^", "\\textasciicircum{}"},
      {"<", "\\textless{}"},
      {">", "\\textgreater{}"},
      {"|", "\\textbar{}"},
      {"\"", "''"},
      {"–", "--"},
      {"µ", "$\\mu$"},
      {"∞", "$\\infty$"},
      {"…", "\\dots{}"}};
  const std::string clean = plain(text);
  std::string out;
  for (std::size_t at = 0; at < clean.size();) {
    const std::string_view rest = std::string_view(clean).substr(at);
    const auto sign = std::find_if(kSigns.begin(), kSigns.end(), [&](const auto& candidate) {
      return rest.starts_with(candidate.first);
    });
    out += sign == kSigns.end() ? rest.substr(0, 1) : sign->second;
    at += sign == kSigns.end() ? 1 : sign->first.size();
  }
  return out;
}

std::string csv_text(std::string_view text) {
  std::string clean;
  // Line breaks and tabs are legal in a field; everything else is as in `plain`.
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find_first_of("\n\r\t", from), text.size());
    clean += plain(text.substr(from, to - from));
    if (to < text.size()) clean += text[to];
    from = to + 1;
  }
  if (!clean.empty() && std::string_view("=+-@\t\r").find(clean[0]) != std::string_view::npos) {
    clean.insert(0, "'");
  }
  if (clean.find_first_of(",\"\n\r") == std::string::npos) return clean;
  std::string out = "\"";
  for (const char c : clean) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string shorten(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t seen = 0, end = 0;
  while (end < text.size() && (continues(text[end]) || seen < columns - 1)) {
    if (!continues(text[end])) ++seen;
    ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace lockstep
