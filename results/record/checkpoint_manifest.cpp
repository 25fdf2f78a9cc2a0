#include "results/record/checkpoint_manifest.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "results/record/file_system.hpp"
#include "results/record/record_file.hpp"

namespace lockstep {

namespace {
using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;
constexpr std::int64_t kMost = std::int64_t{1} << 53;  // as every integer of a record

std::int64_t count_in(const Json& json, const char* name, std::int64_t least,
                      std::int64_t most = kMost) {
  const auto number = json.at(name).get<std::int64_t>();
  if (number < least || number > most)
    throw RecordError(std::string("its manifest is damaged: ") + name + " is no such number");
  return number;
}

int small_count_in(const Json& json, const char* name) {
  return static_cast<int>(count_in(json, name, 0, std::numeric_limits<int>::max()));
}

ManifestShard shard_from(const Json& json) {
  return {std::string(plain_name(json.at("name").get<std::string>(), "the shard's name")),
          count_in(json, "bytes", 0), json.at("sha256").get<std::string>(),
          count_in(json, "first_worker", 0), count_in(json, "workers", 1)};
}

/// Manifests of before have neither.
void read_retention(const Json& json, CheckpointManifest& manifest) {
  if (const auto found = json.find("validation"); found != json.end()) {
    manifest.validation =
        Validation{count_in(*found, "step", 0), found->at("accuracy").get<double>()};
  }
  if (const auto keep = json.find("keep"); keep != json.end()) {
    manifest.keep = {small_count_in(*keep, "last"), count_in(*keep, "every_steps", 0),
                     keep->at("best").get<bool>()};
  }
}

CheckpointManifest manifest_from(const Json& json) {
  if (json.at("format").get<int>() != kFormat)
    throw FormatError("its manifest is not one of this version");
  CheckpointManifest manifest{
      .run = json.at("run").get<std::string>(),
      .config_sha256 = json.at("config_sha256").get<std::string>(),
      .data_sha256 = json.at("data_sha256").get<std::map<std::string, std::string>>(),
      .build = json.at("build").get<std::string>(),
      .attempt = small_count_in(json, "attempt"),
      .step = count_in(json, "step", 0),
      .last_sync = count_in(json, "last_sync", 0),
      .workers = count_in(json, "workers", 1),
      .seq = json.at("seq").get<std::int64_t>(),
      .validation = {},
      .keep = {},
      .files = {}};
  read_retention(json, manifest);
  std::int64_t worker = 0;
  for (const Json& file : json.at("files")) {
    manifest.files.push_back(shard_from(file));
    const ManifestShard& shard = manifest.files.back();
    if (shard.first_worker != worker || shard.workers > manifest.workers - worker)
      throw RecordError("its manifest is damaged: the shards do not have every worker once");
    worker += shard.workers;
  }
  if (worker != manifest.workers)
    throw RecordError("its manifest is damaged: the shards do not have every worker once");
  return manifest;
}
}  // namespace

std::string manifest_text(const CheckpointManifest& manifest) {
  Json files = Json::array();
  for (const ManifestShard& shard : manifest.files) {
    files.push_back({{"name", shard.name},
                     {"bytes", shard.bytes},
                     {"sha256", shard.sha256},
                     {"first_worker", shard.first_worker},
                     {"workers", shard.workers}});
  }
  Json json{{"format", kFormat},
            {"run", manifest.run},
            {"config_sha256", manifest.config_sha256},
            {"data_sha256", manifest.data_sha256},
            {"build", manifest.build},
            {"attempt", manifest.attempt},
            {"step", manifest.step},
            {"last_sync", manifest.last_sync},
            {"workers", manifest.workers},
            {"processes", manifest.files.size()},
            {"seq", manifest.seq}};
  if (manifest.validation) {
    json["validation"] = {{"step", manifest.validation->step},
                          {"accuracy", manifest.validation->accuracy}};
  }
  json["keep"] = {{"last", manifest.keep.last},
                  {"every_steps", manifest.keep.every_steps},
                  {"best", manifest.keep.best}};
  json["files"] = std::move(files);
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return sealed_line(std::string_view(text).substr(0, text.size() - 1));
}

CheckpointManifest parse_manifest(std::string_view text) {
  const bool whole = text.ends_with('\n');
  const auto body = whole ? checked_body(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!body) throw RecordError("its manifest is damaged: the checksum is wrong");
  try {
    return manifest_from(Json::parse(std::string(*body) + "}"));
  } catch (const nlohmann::json::exception&) {
    throw FormatError("its manifest is not one of this version");
  }
}

}  // namespace lockstep
