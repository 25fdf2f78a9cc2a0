#include "results/record/record_parser.hpp"

#include <vector>

#include "results/record/json_values.hpp"
#include "results/record/record_fields.hpp"

namespace lockstep {

namespace {
namespace dom = simdjson::dom;

using lockstep::take;

bool take(dom::element item, bool& member) { return !item.get(member); }
bool take(dom::element item, std::map<std::string, std::string>& member) {
  dom::object object;
  if (item.get(object)) return false;
  for (const auto& [key, value] : object) {
    if (!take(value, member[std::string(key)])) return false;
  }
  return true;
}
bool take(dom::element item, std::optional<ResumedFrom>& member);

/// Looks members up in the order in which the writer put them, and elsewhere only where that fails.
struct Members {
  dom::object object;
  dom::object::iterator next = object.begin();
  std::size_t found = 0;
  bool good = true;

  std::optional<dom::element> find(std::string_view name) {
    if (next != object.end() && next.key() == name) {
      const dom::element item = next.value();
      ++next;
      ++found;
      return item;
    }
    dom::element item;
    if (object.at_key(name).get(item)) return {};
    ++found;
    return item;
  }

  void format(std::int64_t known) {
    std::int64_t number = 0;
    const auto item = find("format");
    good = good && item && take(*item, number);
    if (good) check_format(number, known);
  }

  void operator()(const char* name, auto& member, fields::Need need) {
    const auto item = find(name);
    good = good && (item ? take(*item, member) : need == fields::may);
  }

  /// Only a line with members that nobody asked for can repeat one.
  bool distinct() const {
    if (object.size() == found) return true;
    std::vector<std::string_view> names;
    for (const auto& member : object) names.push_back(member.key);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end();
  }
};

bool take(dom::element item, std::optional<ResumedFrom>& member) {
  dom::object object;
  if (item.get(object)) return false;
  Members inner{object};
  fields::Of<ResumedFrom>::visit(inner, member.emplace());
  return inner.good && inner.distinct();
}
}  // namespace

struct RecordParser::Impl {
  dom::parser parser;
};

RecordParser::RecordParser() : impl_(std::make_unique<Impl>()) {}
RecordParser::~RecordParser() = default;

std::optional<ParsedLine> RecordParser::parse(std::string_view line, std::size_t readable_after) {
  dom::object object;
  const bool copy = readable_after < simdjson::SIMDJSON_PADDING;
  if (impl_->parser.parse(line.data(), line.size(), copy).get(object)) return {};
  if (object.begin() == object.end() || object.begin().key() != "seq") return {};

  ParsedLine parsed;
  Members members{object};
  std::string type;
  members("seq", parsed.seq, fields::must);
  members("type", type, fields::must);
  if (!members.good) return {};
  parsed.record = fields::blank(type);
  if (parsed.record) {
    std::visit([&]<class R>(R& record) { fields::Of<R>::visit(members, record); }, *parsed.record);
  } else {
    parsed.unknown_type = type;
  }
  std::string checksum;
  members("x", checksum, fields::must);
  if (!members.good || !members.distinct()) return {};
  return parsed;
}

}  // namespace lockstep
