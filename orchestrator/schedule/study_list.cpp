#include "orchestrator/schedule/study_list.hpp"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "orchestrator/schedule/parallel.hpp"
#include "orchestrator/schedule/plan_reader.hpp"
#include "orchestrator/schedule/study_files.hpp"

namespace lockstep {

namespace {
/// Each run once, where it came first.
std::vector<ListedRun> labelled(const std::vector<RawRun>& raw, std::vector<Settings> settings) {
  std::vector<ListedRun> runs;
  std::vector<Settings> kept;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (!seen.insert(raw[i].id).second) continue;
    runs.push_back({std::string(raw[i].id), std::string(raw[i].cell), ""});
    kept.push_back(std::move(settings[i]));
  }
  std::vector<std::string> labels = labels_of(kept);
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i].label = std::move(labels[i]);
  return runs;
}

/// Throws NotPlain.
std::vector<ListedRun> list_plain(const std::vector<std::filesystem::path>& plans,
                                  const Tables& tables) {
  std::vector<simdjson::padded_string> texts(plans.size());
  std::vector<RawRun> raw;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (simdjson::padded_string::load(plans[i].native()).get(texts[i])) throw NotPlain();
    add_runs(texts[i], raw);
  }
  constexpr std::size_t kBlock = 512;  // runs that share a reader
  std::vector<Settings> settings(raw.size());
  std::deque<ConfigReader> readers;
  while (readers.size() * kBlock < raw.size()) readers.emplace_back(tables);
  in_parallel(readers.size(), 1, [&](std::size_t block) {
    const std::size_t end = std::min(raw.size(), (block + 1) * kBlock);
    for (std::size_t i = block * kBlock; i < end; ++i)
      settings[i] = readers[block].settings_of(raw[i]);
  });
  return labelled(raw, std::move(settings));
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
