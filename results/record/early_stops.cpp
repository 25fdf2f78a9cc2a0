#include "results/record/early_stops.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "results/record/file_system.hpp"
#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

namespace {
constexpr int kFormat = 1;
constexpr std::string_view kJson = ".json";
constexpr std::string_view kLifted = ".lifted.json";

/// File names without their ending, of stops and of those that are lifted.
struct Names {
  std::set<std::string> stops, lifted;
};

Names names_of(const std::filesystem::path& folder) {
  Names names;
  for (const std::string& name : names_in(folder)) {
    if (name.front() == '.') continue;  // half written
    if (name.ends_with(kLifted)) {
      names.lifted.insert(name.substr(0, name.size() - kLifted.size()));
    } else if (name.ends_with(kJson)) {
      names.stops.insert(name.substr(0, name.size() - kJson.size()));
    }
  }
  return names;
}

EarlyStop stop_from(const Json& json) {
  if (json.at("format").get<int>() != kFormat)
    throw FormatError("an early stop of an unknown format; use the lockstep that wrote it");
  return {.runs = json.at("runs").get<std::vector<std::string>>(),
          .cell = json.at("cell").get<std::string>(),
          .by = json.at("by").get<std::string>(),
          .confidence = json.at("confidence").get<double>(),
          .attainable = json.at("attainable").get<double>(),
          .beaten_by = json.at("beaten_by").get<double>(),
          .finished = json.at("finished").get<std::int64_t>(),
          .views = json.at("views").get<std::vector<std::string>>(),
          .reason = json.at("reason").get<std::string>()};
}
}  // namespace

std::filesystem::path early_stops_folder(const std::filesystem::path& submissions) {
  return submissions / "early-stops";
}

std::vector<EarlyStop> read_early_stops(const std::filesystem::path& folder) {
  const Names names = names_of(folder);
  std::vector<EarlyStop> stops;
  for (const std::string& name : names.stops) {
    const auto path = folder / (name + std::string(kJson));
    try {
      stops.push_back(stop_from(Json::parse(read_file(path))));
    } catch (const Json::exception&) {
      throw RecordError(
          fmt::format("{} is no record of an early stop; move it away and run the command again",
                      path.string()));
    }
    stops.back().lifted = names.lifted.count(name) > 0;
  }
  return stops;
}

void write_early_stop(const std::filesystem::path& folder, const EarlyStop& stop,
                      const std::string& at) {
  const Json json{{"format", kFormat},
                  {"at", at},
                  {"runs", stop.runs},
                  {"cell", stop.cell},
                  {"by", stop.by},
                  {"confidence", stop.confidence},
                  {"attainable", stop.attainable},
                  {"beaten_by", stop.beaten_by},
                  {"finished", stop.finished},
                  {"views", stop.views},
                  {"reason", stop.reason}};
  const std::string text = json.dump() + "\n";
  make_directories(folder);
  // Named after its content and moment: the same evidence twice is one file.
  write_file_atomically(folder / (xxh3_hex(text) + std::string(kJson)), text);
}

void lift_early_stops(const std::filesystem::path& folder, const std::string& at) {
  const Names names = names_of(folder);
  for (const std::string& name : names.stops) {
    if (names.lifted.count(name)) continue;
    const Json json{{"format", kFormat}, {"at", at}};
    write_file_atomically(folder / (name + std::string(kLifted)), json.dump() + "\n");
  }
}

}  // namespace lockstep
