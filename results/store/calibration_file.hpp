// What a machine was found to do, as files: <workspace>/calibrations/<16 digits>.json, one step
// cost and one certificate per (key, machine), and one network per machine. One line of JSON with a
// checksum, like a record; a new measurement of the same thing replaces the file atomically.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/clock/clock.hpp"
#include "results/record/workspace.hpp"
#include "results/store/study_data.hpp"

namespace lockstep {

/// A measured network of one machine.
struct NetworkCalibration {
  std::string machine;
  NetworkFit fit;
  std::string
      measured_at;  ///< UTC, ISO 8601; of several machines the latest is a study's measured network
};

/// File names: first 16 hex digits of the SHA-256 of key and machine.
std::filesystem::path calibration_path(const Workspace& workspace, const std::string& key,
                                       const std::string& machine);
std::filesystem::path network_calibration_path(const Workspace& workspace,
                                               const std::string& machine);

/// Makes the directory if need be. `measured_at` is for people. Throws RecordError.
void write_calibration(const Workspace& workspace, const Calibration& calibration,
                       const std::string& measured_at);
void write_network_calibration(const Workspace& workspace, const NetworkCalibration& network);

void write_certificate(const Workspace& workspace, const Certificate& certificate,
                       const std::string& measured_at);

struct CalibrationFiles {
  std::vector<Calibration> steps;            ///< sorted by key, then machine
  std::vector<NetworkCalibration> networks;  ///< sorted by measured_at, then machine
  std::vector<Certificate> certificates;     ///< sorted by key, then machine
  std::vector<std::string> damaged;          ///< one message per file that is not readable
};
/// All of them. A damaged file does not hide the others.
CalibrationFiles read_calibrations(const Workspace& workspace);

}  // namespace lockstep
