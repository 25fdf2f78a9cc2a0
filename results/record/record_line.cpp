// One line: JSON members, then the checksum of everything before it, as text.
#include "results/record/record_line.hpp"

#include <xxhash.h>

#include <nlohmann/json.hpp>

#include "results/record/record_file.hpp"

namespace lockstep {

std::string xxh3_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; hash >>= 4) text[i] = kDigits[hash & 15];
  return text;
}

std::string sealed_line(std::string_view open_object) {
  std::string line(open_object);
  line.append(kChecksumMember).append(xxh3_hex(open_object)).append(kLineEnd).push_back('\n');
  return line;
}

std::optional<std::string_view> checked_body(std::string_view line) {
  if (line.size() < kSuffixBytes) return {};
  const std::string_view body = line.substr(0, line.size() - kSuffixBytes);
  std::string_view suffix = line.substr(body.size());
  if (!suffix.starts_with(kChecksumMember) || !suffix.ends_with(kLineEnd)) return {};
  suffix.remove_prefix(kChecksumMember.size());
  suffix.remove_suffix(kLineEnd.size());
  if (suffix != xxh3_hex(body)) return {};
  return body;
}

std::string record_line(std::int64_t seq, const Record& record) {
  using Json = nlohmann::ordered_json;
  Json line = Json::object();
  line["seq"] = seq;
  line["type"] = type_of(record);
  const Json members = to_json(record);
  for (const auto& [name, value] : members.items()) line[name] = value;
  // A message may quote bytes from elsewhere: broken UTF-8 is replaced, never a reason to lose the
  // record.
  std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  text = sealed_line(text);
  if (text.size() > kLongestLine)
    throw RecordError("a record of more than 1 MiB; shorten its texts");
  return text;
}

}  // namespace lockstep
