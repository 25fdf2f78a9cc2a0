#include "results/store/calibration_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <tuple>

#include "results/record/digest.hpp"
#include "results/record/file_system.hpp"
#include "results/record/record_file.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
using Json = nlohmann::ordered_json;
constexpr int kFormat = 1;
constexpr const char* kStepCost = "step_cost";
constexpr const char* kNetwork = "network";
constexpr const char* kCertificate = "certificate";
constexpr std::size_t kNameDigits = 16;

fs::path path_of(const Workspace& workspace, const std::string& key, const std::string& machine) {
  Sha256 hash;
  hash.update(key + "\n" + machine);
  return workspace.calibrations() / (hash.hex().substr(0, kNameDigits) + ".json");
}

void write(const fs::path& path, const Json& json) {
  make_directories(path.parent_path());
  std::string text = json.dump();
  text.pop_back();
  write_file_atomically(path, sealed_line(text));
}

Calibration step_cost_from(const Json& json) {
  Calibration calibration;
  calibration.key = json.at("key").get<std::string>();
  calibration.machine = json.at("machine").get<std::string>();
  calibration.cost.step_s = json.at("step_s").get<double>();
  calibration.cost.backward_s = json.at("backward_s").get<double>();
  calibration.cost.average_s = json.value("average_s", 0.0);  // files of the first version: none
  calibration.p10_s = json.at("p10_s").get<double>();
  calibration.p90_s = json.at("p90_s").get<double>();
  // Files of before know nothing of the spread but the two quantiles.
  calibration.spread.deviation_s = json.value("deviation_s", std::vector<double>{});
  calibration.spread.interrupted_s = json.value("interrupted_s", 0.0);
  calibration.samples = json.at("samples").get<std::int64_t>();
  return calibration;
}

NetworkCalibration network_from(const Json& json) {
  NetworkCalibration calibration;
  calibration.machine = json.at("machine").get<std::string>();
  calibration.measured_at = json.at("measured_at").get<std::string>();
  Network& network = calibration.fit.network;
  network.name = json.at("name").get<std::string>();
  network.latency_s = json.at("latency_s").get<double>();
  network.bandwidth_bytes_s = json.at("bandwidth_bytes_s").get<double>();
  network.source = json.at("source").get<std::string>();
  calibration.fit.r_squared = json.at("r_squared").get<double>();
  return calibration;
}

Certificate certificate_from(const Json& json) {
  Certificate certificate{.key = json.at("key").get<std::string>(),
                          .machine = json.at("machine").get<std::string>(),
                          .trainer = json.at("trainer").get<std::string>()};
  for (const Json& check : json.at("checks")) {
    const Json& deviation = check.at("deviation");
    certificate.checks.push_back(
        {check.at("name").get<std::string>(), check.at("algorithm").get<std::string>(),
         check.at("claim").get<std::string>(),
         deviation.is_null() ? std::numeric_limits<double>::infinity() : deviation.get<double>(),
         check.at("allowed").get<double>()});
  }
  return certificate;
}

void read_one(const fs::path& path, CalibrationFiles& files) {
  const std::string text = read_plain_file(path);
  if (!text.ends_with('\n') || !checked_body(std::string_view(text).substr(0, text.size() - 1))) {
    throw RecordError("checksum does not fit");
  }
  const Json json = Json::parse(text);
  if (json.at("format").get<int>() != kFormat)
    throw RecordError("unknown format; use the lockstep that wrote it");
  const auto kind = json.at("kind").get<std::string>();
  if (kind == kStepCost) {
    files.steps.push_back(step_cost_from(json));
  } else if (kind == kNetwork) {
    files.networks.push_back(network_from(json));
  } else if (kind == kCertificate) {
    files.certificates.push_back(certificate_from(json));
  } else {
    throw RecordError("unknown kind '" + kind + "'");
  }
}
}  // namespace

fs::path calibration_path(const Workspace& workspace, const std::string& key,
                          const std::string& machine) {
  return path_of(workspace, key, machine);
}

fs::path network_calibration_path(const Workspace& workspace, const std::string& machine) {
  return path_of(workspace, kNetwork, machine);
}

void write_calibration(const Workspace& workspace, const Calibration& calibration,
                       const std::string& measured_at) {
  Json json = {{"format", kFormat},
               {"kind", kStepCost},
               {"key", calibration.key},
               {"machine", calibration.machine},
               {"measured_at", measured_at},
               {"step_s", calibration.cost.step_s},
               {"backward_s", calibration.cost.backward_s},
               {"average_s", calibration.cost.average_s},
               {"p10_s", calibration.p10_s},
               {"p90_s", calibration.p90_s},
               {"deviation_s", calibration.spread.deviation_s},
               {"interrupted_s", calibration.spread.interrupted_s},
               {"samples", calibration.samples}};
  write(calibration_path(workspace, calibration.key, calibration.machine), json);
}

void write_network_calibration(const Workspace& workspace, const NetworkCalibration& calibration) {
  const Network& network = calibration.fit.network;
  Json json = {{"format", kFormat},
               {"kind", kNetwork},
               {"machine", calibration.machine},
               {"measured_at", calibration.measured_at},
               {"name", network.name},
               {"latency_s", network.latency_s},
               {"bandwidth_bytes_s", network.bandwidth_bytes_s},
               {"source", network.source},
               {"r_squared", calibration.fit.r_squared}};
  write(network_calibration_path(workspace, calibration.machine), json);
}

void write_certificate(const Workspace& workspace, const Certificate& certificate,
                       const std::string& measured_at) {
  Json checks = Json::array();
  for (const CertificateCheck& check : certificate.checks) {
    checks.push_back({{"name", check.name},
                      {"algorithm", check.algorithm},
                      {"claim", check.claim},
                      {"deviation", check.deviation},
                      {"allowed", check.allowed}});
  }
  Json json = {{"format", kFormat},
               {"kind", kCertificate},
               {"key", certificate.key},
               {"machine", certificate.machine},
               {"measured_at", measured_at},
               {"trainer", certificate.trainer},
               {"checks", checks}};
  write(path_of(workspace, std::string(kCertificate) + " " + certificate.key, certificate.machine),
        json);
}

CalibrationFiles read_calibrations(const Workspace& workspace) {
  CalibrationFiles files;
  for (const std::string& name : names_in(workspace.calibrations())) {
    if (name.front() == '.' || !name.ends_with(".json")) continue;
    const fs::path path = workspace.calibrations() / name;
    try {
      read_one(path, files);
    } catch (const std::exception& trouble) {
      files.damaged.push_back(
          fmt::format("{}: not a readable calibration: {}; delete it, `lockstep run` of its study "
                      "calibrates anew",
                      path.string(), trouble.what()));
    }
  }
  std::sort(files.steps.begin(), files.steps.end(), [](const Calibration& a, const Calibration& b) {
    return std::tie(a.key, a.machine) < std::tie(b.key, b.machine);
  });
  std::sort(files.certificates.begin(), files.certificates.end(),
            [](const Certificate& a, const Certificate& b) {
              return std::tie(a.key, a.machine) < std::tie(b.key, b.machine);
            });
  std::sort(files.networks.begin(), files.networks.end(), [](const auto& a, const auto& b) {
    return std::tie(a.measured_at, a.machine) < std::tie(b.measured_at, b.machine);
  });
  return files;
}

}  // namespace lockstep
