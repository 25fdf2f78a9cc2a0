#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"
#include "results/record/record_file.hpp"
#include "results/record/record_line.hpp"
#include "results/record/record_parser.hpp"

namespace lockstep {

namespace {
struct Line {
  std::size_t begin = 0;
  std::size_t length = 0;  ///< without the newline
  bool complete = false;   ///< its newline is there
  std::size_t end() const { return begin + length + (complete ? 1 : 0); }
};

Line line_at(std::string_view bytes, std::size_t begin) {
  const std::size_t newline = bytes.find('\n', begin);
  const bool complete = newline != bytes.npos;
  return {begin, (complete ? newline : bytes.size()) - begin, complete};
}

class Reader {
 public:
  Reader(std::string_view bytes, std::string_view name, const Seal* seal)
      : bytes_(bytes), name_(name), seal_(seal) {}

  Segment read() {
    const auto lines = static_cast<std::size_t>(std::count(bytes_.begin(), bytes_.end(), '\n'));
    out_.records.reserve(lines);
    out_.seqs.reserve(lines);
    const std::size_t damage = read_good_part();
    if (damage < bytes_.size()) {
      out_.damage_offset = static_cast<std::int64_t>(damage);
      out_.discarded_bytes = static_cast<std::int64_t>(bytes_.size() - damage);
      salvage(damage);
      judge_damage();
    }
    if (seal_) check_seal();
    return std::move(out_);
  }

 private:
  std::optional<ParsedLine> parse(const Line& line) {
    const std::string_view text = bytes_.substr(line.begin, line.length);
    if (!line.complete || text.size() >= kLongestLine || !checked_body(text)) return {};
    return parser_.parse(text, bytes_.size() - line.begin - line.length);
  }

  /// Records up to the first bad line, whose offset is returned.
  std::size_t read_good_part() {
    std::size_t at = 0;
    while (at < bytes_.size()) {
      const Line line = line_at(bytes_, at);
      auto parsed = parse(line);
      if (!parsed || out_.sealed || parsed->seq != out_.good_lines) break;
      if (parsed->record) {
        out_.sealed = std::holds_alternative<EndRecord>(*parsed->record);
        out_.records.push_back(std::move(*parsed->record));
        out_.seqs.push_back(parsed->seq);
      } else {
        note_unknown(parsed->unknown_type);
      }
      ++out_.good_lines;
      at = line.end();
    }
    out_.good_bytes = static_cast<std::int64_t>(at);
    return at;
  }

  void note_unknown(const std::string& type) {
    out_.unknown_types.push_back(type);
    if (out_.message.empty()) {
      out_.message =
          fmt::format("{}:{}: record of unknown type '{}' skipped; a newer lockstep wrote it",
                      name_, out_.good_bytes, type);
    }
  }

  /// Good lines behind the damage, at their own word for seq: never part of the history.
  void salvage(std::size_t at) {
    while (at < bytes_.size()) {
      const Line line = line_at(bytes_, at);
      if (auto parsed = parse(line)) {
        ++good_after_;
        if (parsed->record) {
          out_.salvaged.push_back(std::move(*parsed->record));
          out_.salvaged_seqs.push_back(parsed->seq);
          out_.salvaged_offsets.push_back(static_cast<std::int64_t>(at));
        }
      }
      at = line.end();
    }
  }

  void judge_damage() {
    if (good_after_ == 0 && !out_.sealed) {
      out_.state = SegmentState::torn_tail;
      out_.message = fmt::format("{}:{}: torn tail, {} bytes discarded", name_, out_.damage_offset,
                                 out_.discarded_bytes);
      return;
    }
    out_.state = SegmentState::corrupt;
    out_.message = fmt::format("{}:{}: corrupt line, {}; {} records before it are kept", name_,
                               out_.damage_offset,
                               good_after_ > 0 ? fmt::format("{} good lines after it", good_after_)
                                               : std::string("after the end record"),
                               out_.records.size());
  }

  void check_seal() {
    const auto size = static_cast<std::int64_t>(bytes_.size());
    const bool whole = out_.state == SegmentState::intact && size == seal_->bytes &&
                       out_.good_lines == seal_->records;
    if (whole) {
      Sha256 hash;
      hash.update(bytes_);
      if (hash.hex() == seal_->sha256) return;
    }
    if (out_.damage_offset < 0) out_.damage_offset = size < seal_->bytes ? size : 0;
    out_.state = SegmentState::corrupt;
    out_.message = fmt::format(
        "{}:{}: is not the segment that RESULT sealed ({} bytes, {} records; found {} and {}{})",
        name_, out_.damage_offset, seal_->bytes, seal_->records, size, out_.good_lines,
        whole ? ", other SHA-256" : "");
  }

  std::string_view bytes_;
  std::string_view name_;
  const Seal* seal_;
  RecordParser parser_;
  std::int64_t good_after_ = 0;
  Segment out_;
};
}  // namespace

std::int64_t Segment::missing() const {
  std::int64_t sum = 0;
  for (const Gap& gap : gaps) sum += gap.missing;
  return sum;
}

Segment read_segment(std::string_view bytes, std::string_view name, const Seal* seal) {
  return Reader(bytes, name, seal).read();
}

Segment read_segment_file(const std::filesystem::path& path, const Seal* seal) {
  std::string bytes;
  if (std::filesystem::exists(std::filesystem::symlink_status(path))) bytes = read_plain_file(path);
  return read_segment(bytes, path.string(), seal);
}

}  // namespace lockstep
