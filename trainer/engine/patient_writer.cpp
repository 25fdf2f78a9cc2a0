#include "trainer/engine/patient_writer.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "trainer/engine/stopwatch.hpp"

namespace lockstep {

namespace {
constexpr double kDeadline_s = 60;
constexpr std::chrono::seconds kRetry(1);
}  // namespace

PatientWriter::PatientWriter(const std::filesystem::path& path,
                             std::function<void(const std::string&)> complain,
                             std::function<void()> alive)
    : writer_(path), complain_(std::move(complain)), alive_(std::move(alive)) {}

void PatientWriter::write(const Record& record) {
  try {
    writer_.write(record);
  } catch (const RecordError& error) {
    wait_for_disk(error);
  }
}

void PatientWriter::sync() {
  try {
    writer_.sync();
  } catch (const RecordError& error) {
    wait_for_disk(error);
  }
}

void PatientWriter::end(const EndRecord& record) {
  writer_.write(record);
  writer_.sync();
}

void PatientWriter::wait_for_disk(const RecordError& error) {
  if (writer_.is_over()) throw;  // no patience helps: the next attempt writes a segment of its own
  complain_(fmt::format("{}; trying again for {:.0f} s", error.what(), kDeadline_s));
  for (const double deadline_s = now_s() + kDeadline_s;;) {
    std::this_thread::sleep_for(kRetry);
    alive_();
    try {
      // What was refused waits in the writer; it must not be written a second time.
      writer_.sync();
      return;
    } catch (const RecordError&) {
      if (now_s() > deadline_s) throw;
    }
  }
}

}  // namespace lockstep
