#include "tests/unit/results/record_samples.hpp"

#include <fstream>

namespace lockstep::test {

std::vector<Record> one_of_each() {
  HeaderRecord header;
  header.run = "0123456789abcdef0123456789abcdef";
  header.attempt = 2;
  header.config_sha256 = "ab12";
  header.host = "node1";
  header.boot_id = "boot";
  header.build = "0.1.0 abc";
  header.started_at = "2024-05-06T07:08:09Z";
  header.device = "cpu";
  header.device_name = "a \"quoted\" CPU";
  header.processes = 4;
  header.exclusive = true;
  header.data_sha256 = {{"train", "11"}, {"test", "22"}};
  header.libraries = {{"torch", "1.13"}};
  header.determinism = "L1";
  header.parameters = 1234;
  header.model_bytes = 4936;
  header.resumed_from = ResumedFrom{1, "step-10-a1", 10, 7};
  SyncRecord sync{4, 16, 4, 4, "parameter", 4936, 7404, 29616, 1, .25, 1.5, .75, .125, .0625, .5};
  return {header,
          StepRecord{10, 0.5, 2.25, 0.1},
          sync,
          EvalRecord{12, 0.6, "validation", 0.3, 0.875, 1000, 3.5, 0.25, true},
          CheckpointRecord{12, "step-12-a2", 99, 0.125, "disk full"},
          WarningRecord{"lr is high"},
          EndRecord{EndReason::user_error, "stopped", 12, 5, 1, 2.5, 0.5, 0.25, 0.75, "cd34"}};
}

std::vector<Record> plausible_run(int count, bool sealed) {
  std::vector<Record> records{HeaderRecord{.run = "r1", .config_sha256 = "00"}};
  for (int i = 1; static_cast<int>(records.size()) < count - (sealed ? 1 : 0); ++i) {
    const double x = 1.0 / i;
    if (i % 7 == 0) {
      records.push_back(EvalRecord{i, 0.1 * i, "validation", x, 1 - x, 100, 0.3 * i, 0.01, false});
    } else if (i % 2 == 0) {
      records.push_back(
          SyncRecord{.first = i, .last = i, .kind = "parameter", .payload_bytes = 400});
    } else {
      records.push_back(StepRecord{i, 0.1 * i, x, 0.1});
    }
  }
  if (sealed) records.push_back(EndRecord{});
  return records;
}

std::string lines_of(const std::vector<Record>& records) {
  std::string bytes;
  for (std::size_t i = 0; i < records.size(); ++i) {
    bytes += record_line(static_cast<std::int64_t>(i), records[i]);
  }
  return bytes;
}

void write_raw(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace lockstep::test
