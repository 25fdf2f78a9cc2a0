// One digest over everything that a report is computed from, whatever the order of the runs.
#include <algorithm>
#include <array>
#include <cstring>
#include <lockstep_version.hpp>
#include <nlohmann/json.hpp>

#include "reports/analysis/work.hpp"
#include "results/record/digest.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kStampDigits = 16;

/// Texts with their length, numbers as their eight bytes: no two contents look alike.
class Digest {
 public:
  void add(const std::string& text) {
    add(static_cast<std::int64_t>(text.size()));
    bytes_ += text;
    if (bytes_.size() > kChunk) flush();
  }
  void add(std::int64_t number) { append(&number, sizeof number); }
  void add(double number) { append(&number, sizeof number); }
  std::string hex() {
    flush();
    return sha_.hex();
  }

 private:
  static constexpr std::size_t kChunk = 1 << 16;
  void append(const void* from, std::size_t n) { bytes_.append(static_cast<const char*>(from), n); }
  void flush() {
    sha_.update(bytes_);
    bytes_.clear();
  }
  Sha256 sha_;
  std::string bytes_;
};

/// Never throws: a text that is no UTF-8 counts with U+FFFD in its place.
std::string text_of(const Record& record) {
  return to_json(record).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string digest_of(const RunData& run) {
  Digest digest;
  for (const std::string* text : {&run.id, &run.cell, &run.end_reason, &run.detail})
    digest.add(*text);
  digest.add(run.config.canonical_json());
  digest.add(run.header ? text_of(*run.header) : std::string());
  digest.add(text_of(run.accounting));
  for (const std::string& warning : run.warnings) digest.add(warning);
  digest.add(static_cast<std::int64_t>(run.done));
  digest.add(static_cast<std::int64_t>(run.attempts));
  digest.add(run.replayed_s);
  digest.add(run.steps.empty() ? std::int64_t{0} : run.steps.back().step);
  if (is_stopped_early(run)) {
    digest.add("stopped early: " + run.stopped_early);
    digest.add(run.stop_confidence);
  }
  for (const SyncRecord& sync : run.syncs) digest.add(text_of(sync));
  for (const EvalReading& eval : run.evals) {
    digest.add(eval.step);
    for (const double number : {eval.epoch, eval.accuracy, eval.train_s}) digest.add(number);
    digest.add(static_cast<std::int64_t>(eval.split) * 2 + (eval.scratch_average ? 1 : 0));
  }
  return digest.hex();
}

/// What only sums beyond productive time are made of.
std::string digest_of_times(const RunData& run) {
  Digest digest;
  digest.add(run.id);
  for (const EvalReading& eval : run.evals) digest.add(static_cast<double>(eval.eval_s));
  for (const WallPart& part : run.wall) {
    for (const double number : {part.train_s, part.wall_s, part.pace}) digest.add(number);
  }
  return digest.hex();
}

std::string digest_of(const Calibration& calibration) {
  Digest digest;
  digest.add(calibration.key);
  digest.add(calibration.machine);
  for (const double number :
       {calibration.cost.step_s, calibration.cost.backward_s, calibration.cost.average_s,
        calibration.p10_s, calibration.p90_s, calibration.spread.interrupted_s})
    digest.add(number);
  for (const double deviation_s : calibration.spread.deviation_s) digest.add(deviation_s);
  digest.add(calibration.samples);
  return digest.hex();
}

std::string digest_of(const Certificate& certificate) {
  Digest digest;
  for (const std::string* text : {&certificate.key, &certificate.machine, &certificate.trainer})
    digest.add(*text);
  for (const CertificateCheck& check : certificate.checks) {
    for (const std::string* text : {&check.name, &check.algorithm, &check.claim}) digest.add(*text);
    digest.add(check.deviation);
    digest.add(check.allowed);
  }
  return digest.hex();
}

/// What a spec asks beyond the defaults, each behind its name; else nothing, as before there was
/// any of it.
void add_wishes(Digest& digest, const ReportSpec& report) {
  for (const DeclaredNetwork& network : report.declared) {
    digest.add("network " + network.name);
    digest.add(network.latency_us);
    digest.add(network.bandwidth_GB_s);
  }
  const StragglerSpec& slow = report.stragglers;
  if (slow.model == StragglerSpec::Model::exponential) {
    digest.add(std::string("stragglers"));
    digest.add(slow.mean_excess);
  } else if (slow.model != StragglerSpec::Model::none) {
    digest.add("stragglers " + to_json(slow).dump());
  }
  if (report.time != TimeSum::productive) digest.add("time " + name_of(report.time));
  if (report.price) {
    digest.add("price " + report.price->currency);
    digest.add(report.price->per_device_hour);
  }
  if (report.compare_unequal) digest.add(std::string("compare_unequal"));
}

template <class Items, class Make>
void add_sorted(Digest& digest, const Items& items, Make digest_from) {
  std::vector<std::string> digests;
  for (const auto& item : items) digests.push_back(digest_from(item));
  std::sort(digests.begin(), digests.end());
  for (const std::string& one : digests) digest.add(one);
}
}  // namespace

void stamp_rows(Work& work) {
  const StudyData& study = work.study;
  Digest digest;
  for (const std::string* text : {&study.study, &study.question, &study.spec_sha256})
    digest.add(*text);
  for (const auto* list : {&study.report.select, &study.report.networks, &study.problems}) {
    digest.add(static_cast<std::int64_t>(list->size()));
    for (const std::string& text : *list) digest.add(text);
  }
  for (const double target : study.report.targets) digest.add(target);
  add_wishes(digest, study.report);
  if (study.measured_network) {
    digest.add(study.measured_network->latency_s);
    digest.add(study.measured_network->bandwidth_bytes_s);
    digest.add(study.measured_network->source);
  }
  const auto whole = [](const auto& item) { return digest_of(item); };
  add_sorted(digest, study.runs, whole);
  if (study.report.time != TimeSum::productive) add_sorted(digest, study.runs, digest_of_times);
  add_sorted(digest, study.calibrations, whole);
  add_sorted(digest, study.certificates, whole);
  work.out.rows_sha256 = digest.hex();
  work.out.stamp = std::string("lockstep ") + kVersion + "; spec " +
                   study.spec_sha256.substr(0, kStampDigits) + "; rows " +
                   work.out.rows_sha256.substr(0, kStampDigits);
}

}  // namespace lockstep
