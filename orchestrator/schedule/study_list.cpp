#include "orchestrator/schedule/study_list.hpp"

#include <fstream>
#include <unordered_set>

#include "orchestrator/schedule/parallel.hpp"
#include "orchestrator/schedule/plan_reader.hpp"
#include "orchestrator/schedule/study_files.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;

constexpr std::size_t kPartBytes = std::size_t{512} << 10;  // of a plan: they stay in a cache
constexpr std::size_t kLongestRun = std::size_t{16} << 10;  // a thousand times 16 bytes

/// Where a part of a plan begins.
struct Place {
  const fs::path* plan;
  std::size_t offset;
};

std::vector<Place> places_in(const std::vector<fs::path>& plans) {
  std::vector<Place> places;
  for (const fs::path& plan : plans) {
    std::error_code error;
    const auto size = fs::file_size(plan, error);
    if (error) throw NotPlain();
    for (std::size_t offset = 0; offset < size; offset += kPartBytes)
      places.push_back({&plan, offset});
  }
  return places;
}

PlanPart read_part_at(const Tables& tables, const Place& place) {
  std::ifstream file(*place.plan, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(place.offset));
  std::string text(kPartBytes + kLongestRun, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return read_part(tables, text, place.offset, kPartBytes);
}

/// Throws NotPlain unless the parts of each plan are all of its runs.
void require_whole(const std::vector<Place>& places, const std::vector<PlanPart>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool begins = places[i].offset == 0;
    const bool ends = i + 1 == parts.size() || places[i + 1].offset == 0;
    const bool fits = begins ? parts[i].is_first : parts[i].begin == parts[i - 1].end;
    if (!fits || parts[i].is_last != ends) throw NotPlain();
  }
}

/// Each run once, where it came first. Throws NotPlain.
std::vector<ListedRun> list_plain(const std::vector<fs::path>& plans, const Tables& tables) {
  const std::vector<Place> places = places_in(plans);
  std::vector<PlanPart> parts(places.size());
  in_parallel(parts.size(), 1, [&](std::size_t i) { parts[i] = read_part_at(tables, places[i]); });
  require_whole(places, parts);
  ShownParameters shown;
  for (const PlanPart& part : parts) shown.add(part.settings);
  in_parallel(parts.size(), 1, [&](std::size_t i) {
    auto labels = labels_of(parts[i].settings, shown);
    for (std::size_t k = 0; k < labels.size(); ++k) parts[i].runs[k].label = std::move(labels[k]);
  });
  std::vector<ListedRun> runs;
  std::unordered_set<std::string_view> seen;  // ids that are moved, not copied
  for (PlanPart& part : parts) {
    for (ListedRun& run : part.runs) {
      if (seen.insert(run.id).second) runs.push_back(std::move(run));
    }
  }
  return runs;
}
}  // namespace

std::vector<ListedRun> list_runs(const Workspace& workspace, const Tables& tables,
                                 std::string_view study, std::vector<std::string>& notes) {
  try {
    return list_plain(plans_of(workspace, study), tables);
  } catch (const NotPlain&) {
    return list_runs(read_study(workspace, tables, study, notes));
  }
}

std::vector<ListedRun> list_runs(const Plan& plan) {
  std::vector<ListedRun> runs;
  auto labels = labels_of(plan.runs);
  for (std::size_t i = 0; i < plan.runs.size(); ++i)
    runs.push_back({plan.runs[i].id.text(), plan.runs[i].cell, std::move(labels[i])});
  return runs;
}

}  // namespace lockstep
