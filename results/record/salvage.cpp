#include "results/record/salvage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/record/attempt_files.hpp"
#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;
constexpr std::size_t kGapsShown = 3;
constexpr std::int64_t kMostSeq = std::int64_t{1} << 53;  // as every integer of a record

std::string sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

/// Indices of the longest strictly rising row of `numbers`, by patience sorting.
std::vector<std::size_t> longest_rising(const std::vector<std::int64_t>& numbers) {
  std::vector<std::size_t> tops, before(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto pile =
        std::lower_bound(tops.begin(), tops.end(), numbers[i],
                         [&](std::size_t top, std::int64_t n) { return numbers[top] < n; });
    before[i] = pile == tops.begin() ? i : *std::prev(pile);
    if (pile == tops.end()) {
      tops.push_back(i);
    } else {
      *pile = i;
    }
  }
  std::vector<std::size_t> row(tops.size());
  for (std::size_t k = row.size(); k-- > 0;)
    row[k] = k + 1 == row.size() ? tops[k] : before[row[k + 1]];
  return row;
}

class Salvage {
 public:
  Salvage(const Segment& segment, std::string_view bytes, std::string_view name, const Seal* seal)
      : damaged_(segment), bytes_(bytes), name_(name), seal_(seal) {}

  std::optional<Segment> find() {
    const bool headed =
        !damaged_.records.empty() && std::holds_alternative<HeaderRecord>(damaged_.records.front());
    if (damaged_.state != SegmentState::corrupt || !headed) return {};
    take_good_part();
    if (!damaged_.sealed) take_rest();
    skip_to(bytes_.size(), seal_ ? seal_->records : next_seq_);
    if (out_.gaps.empty()) return {};  // every line is good in its place, and the whole is not
    if (seal_ && out_.missing() == 0 && sha256_of(kept_) != seal_->sha256) return {};
    out_.state = SegmentState::salvaged;
    out_.sealed = std::holds_alternative<EndRecord>(out_.records.back());
    out_.message = message();
    return std::move(out_);
  }

 private:
  void take_good_part() {
    out_ = damaged_;
    out_.salvaged.clear();
    out_.salvaged_seqs.clear();
    out_.salvaged_offsets.clear();
    at_ = static_cast<std::size_t>(damaged_.good_bytes);
    next_seq_ = damaged_.good_lines;
    kept_ = bytes_.substr(0, at_);
  }

  /// Good lines after the damage, in the order of their numbers, up to an end.
  void take_rest() {
    std::vector<std::size_t> candidates;
    std::vector<std::int64_t> seqs;
    for (std::size_t i = 0; i < damaged_.salvaged.size(); ++i) {
      const std::int64_t seq = damaged_.salvaged_seqs[i];
      const bool header = std::holds_alternative<HeaderRecord>(damaged_.salvaged[i]);
      if (header || seq < next_seq_ || seq >= (seal_ ? seal_->records : kMostSeq)) continue;
      candidates.push_back(i);
      seqs.push_back(seq);
    }
    for (const std::size_t index : longest_rising(seqs)) {
      take(candidates[index]);
      if (std::holds_alternative<EndRecord>(out_.records.back())) break;
    }
  }

  void take(std::size_t i) {
    const auto begin = static_cast<std::size_t>(damaged_.salvaged_offsets[i]);
    skip_to(begin, damaged_.salvaged_seqs[i]);
    at_ = bytes_.find('\n', begin) + 1;
    kept_ += bytes_.substr(begin, at_ - begin);
    out_.records.push_back(damaged_.salvaged[i]);
    out_.seqs.push_back(damaged_.salvaged_seqs[i]);
    ++out_.good_lines;
    ++next_seq_;
  }

  /// Whatever lies between the last line that was taken and the next one is a gap.
  void skip_to(std::size_t offset, std::int64_t seq) {
    const std::int64_t missing = std::max<std::int64_t>(0, seq - next_seq_);
    if (offset > at_ || missing > 0) {
      out_.gaps.push_back({static_cast<std::int64_t>(at_), static_cast<std::int64_t>(offset - at_),
                           next_seq_, missing});
    }
    next_seq_ = std::max(next_seq_, seq);
  }

  std::string message() const {
    std::string places;
    for (std::size_t i = 0; i < std::min(out_.gaps.size(), kGapsShown); ++i) {
      const Gap& gap = out_.gaps[i];
      places += fmt::format("; bytes {} to {}", gap.offset, gap.offset + gap.bytes);
      if (gap.missing > 0)
        places += fmt::format(": records {} to {}", gap.first_seq, gap.first_seq + gap.missing - 1);
    }
    if (out_.gaps.size() > kGapsShown)
      places += fmt::format("; {} more places", out_.gaps.size() - kGapsShown);
    const std::int64_t missing = out_.missing();
    return fmt::format("{}:{}: salvaged, {}{}", name_, out_.gaps.front().offset,
                       missing == 0   ? std::string("no record is missing")
                       : missing == 1 ? std::string("1 record is missing")
                                      : fmt::format("{} records are missing", missing),
                       places);
  }

  const Segment& damaged_;
  std::string_view bytes_, name_;
  const Seal* seal_;
  std::size_t at_ = 0;  ///< behind the last line that was taken
  std::int64_t next_seq_ = 0;
  std::string kept_;
  Segment out_;
};
}  // namespace

std::optional<Segment> salvage(const Segment& segment, std::string_view bytes,
                               std::string_view name, const Seal* seal) {
  return Salvage(segment, bytes, name, seal).find();
}

std::filesystem::path salvage_file(const RunDirectory& run, int n) {
  return run.attempts() / fmt::format("{}.salvage", n);
}

bool is_salvage_agreed(const RunDirectory& run, int n, std::string_view bytes) {
  const auto text = read_plain_file_if_there(salvage_file(run, n));
  if (!text || !text->ends_with('\n')) return false;
  if (!checked_body(std::string_view(*text).substr(0, text->size() - 1))) return false;
  const Json json = Json::parse(*text, nullptr, false);
  return json.is_object() && json.value("format", Json()) == kFormat &&
         json.value("attempt", Json()) == n && json.value("sha256", Json()) == sha256_of(bytes);
}

bool agree_to_salvage(const RunDirectory& run, int n) {
  const AttemptFiles files = read_attempt_files(run, n);
  if (files.segment.state == SegmentState::salvaged) return true;
  const auto seal = seal_of(files.result);
  if (!salvage(files.segment, files.events, "", seal ? &*seal : nullptr)) return false;
  const Json json{{"format", kFormat},
                  {"attempt", n},
                  {"bytes", files.events.size()},
                  {"sha256", sha256_of(files.events)}};
  std::string text = json.dump();
  text.pop_back();
  write_file_atomically(salvage_file(run, n), sealed_line(text));
  return true;
}

}  // namespace lockstep
