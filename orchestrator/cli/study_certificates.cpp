#include "orchestrator/cli/study_certificates.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "orchestrator/launch/launch_error.hpp"
#include "orchestrator/schedule/certifier.hpp"
#include "orchestrator/schedule/machine.hpp"
#include "orchestrator/schedule/progress.hpp"
#include "orchestrator/schedule/stop_signals.hpp"
#include "results/store/calibration_file.hpp"

namespace lockstep {

namespace {
/// A configuration of each algorithm.
using Algorithms = std::map<std::string, std::string>;

std::map<std::string, Algorithms> kinds_of(const Tables& tables, const Plan& plan) {
  std::map<std::string, Algorithms> kinds;
  for (const PlannedRun& run : plan.runs) {
    kinds[calibration_key(tables, run.config)].emplace(run.config.text("algorithm"),
                                                       run.config.canonical_json());
  }
  return kinds;
}

bool covers(const Certificate& certificate, const Algorithms& algorithms) {
  std::set<std::string> tried;
  for (const CertificateCheck& check : certificate.checks) tried.insert(check.algorithm);
  return std::all_of(algorithms.begin(), algorithms.end(),
                     [&](const auto& algorithm) { return tried.count(algorithm.first) > 0; });
}

/// Tells which identities of a certificate do not hold.
bool holds(Session& session, const Certificate& certificate) {
  bool all = true;
  for (const CertificateCheck& check : certificate.checks) {
    if (check.held()) continue;
    all = false;
    session.say(fmt::format("does not hold for {}{}: {} (deviation {:.3g}, allowed {:.3g})",
                            certificate.key,
                            check.algorithm.empty() ? "" : " with " + check.algorithm, check.claim,
                            check.deviation, check.allowed));
  }
  return all;
}

Certificate make_certificate(Session& session, const Workspace& workspace,
                             const TrainerSetup& trainer, const std::string& trainer_hash,
                             const std::string& key, const Algorithms& algorithms) {
  session.say(fmt::format("checking identities on {} with {}", key,
                          counted(algorithms.size(), "algorithm")));
  std::vector<std::string> configs;
  for (const auto& [algorithm, config] : algorithms) configs.push_back(config);
  ProcessRunner runner;
  const IdentityReport report =
      check_identities(runner, trainer, configs,
                       workspace.calibrations() / fmt::format(".identities-{}", ::getpid()));
  const Certificate certificate{key, machine_name(report.device_name), trainer_hash, report.checks};
  write_certificate(workspace, certificate, utc_now());
  return certificate;
}
}  // namespace

Certified certify_what_is_missing(Session& session, const Tables& tables,
                                  const Workspace& workspace, const Plan& plan,
                                  const TrainerSetup& trainer) {
  const std::string trainer_hash = trainer_sha256(trainer);
  const CalibrationFiles known = read_calibrations(workspace);
  const StopSignals signals;
  bool all = true;
  for (const auto& [key, algorithms] : kinds_of(tables, plan)) {
    if (signals.count() > 0) return Certified::interrupted;
    const auto found = std::find_if(
        known.certificates.begin(), known.certificates.end(),
        [&, &key = key, &algorithms = algorithms](const Certificate& certificate) {
          return certificate.key == key && certificate.trainer == trainer_hash &&
                 is_this_machine(certificate.machine) && covers(certificate, algorithms);
        });
    try {
      const Certificate certificate =
          found != known.certificates.end()
              ? *found
              : make_certificate(session, workspace, trainer, trainer_hash, key, algorithms);
      all = holds(session, certificate) && all;
    } catch (const LaunchError& error) {
      if (signals.count() > 0) return Certified::interrupted;
      session.say(fmt::format("not certified: {}", error.what()));
    }
  }
  return all ? Certified::yes : Certified::no;
}

}  // namespace lockstep
