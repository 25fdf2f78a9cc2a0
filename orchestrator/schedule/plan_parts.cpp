#include "orchestrator/schedule/plan_parts.hpp"

#include <fstream>
#include <string>

#include "orchestrator/schedule/parallel.hpp"

namespace lockstep {

namespace {
namespace fs = std::filesystem;

constexpr std::size_t kLongestRun = std::size_t{16} << 10;  // bytes; most have less than one KB

/// Where a part lies.
struct Place {
  const fs::path* plan;
  std::size_t offset, size;
  bool ends_plan;
};

/// One at least for each plan; what is left after the last is no part without a run.
std::vector<Place> places_in(const std::vector<fs::path>& plans, std::size_t part_bytes) {
  std::vector<Place> places;
  for (const fs::path& plan : plans) {
    std::error_code error;
    std::size_t rest = fs::file_size(plan, error);
    if (error) throw NotPlain();
    std::size_t offset = 0;
    for (; rest > part_bytes + kLongestRun; rest -= part_bytes, offset += part_bytes)
      places.push_back({&plan, offset, part_bytes, false});
    places.push_back({&plan, offset, rest, true});
  }
  return places;
}

PlanPart read_part_at(const Tables& tables, const Place& place) {
  std::ifstream file(*place.plan, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(place.offset));
  std::string text(place.size + kLongestRun, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return read_part(tables, text, place.offset, place.size);
}

/// Throws NotPlain unless the parts of each plan are all of its runs.
void require_whole(const std::vector<Place>& places, const std::vector<PlanPart>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool fits =
        places[i].offset == 0 ? parts[i].is_first : parts[i].begin == parts[i - 1].end;
    if (!fits || parts[i].is_last != places[i].ends_plan) throw NotPlain();
  }
}
}  // namespace

std::vector<PlanPart> read_parts(const Tables& tables, const std::vector<fs::path>& plans,
                                 std::size_t part_bytes) {
  const std::vector<Place> places = places_in(plans, part_bytes);
  std::vector<PlanPart> parts(places.size());
  in_parallel(parts.size(), 1, [&](std::size_t i) { parts[i] = read_part_at(tables, places[i]); });
  require_whole(places, parts);
  return parts;
}

}  // namespace lockstep
