// Identities that were tried on the study's own model and data, alike ones together.
#include <algorithm>

#include "reports/analysis/work.hpp"

namespace lockstep {

void list_certificates(Work& work) {
  auto& rows = work.out.certificates;
  for (const Certificate& certificate : work.study.certificates) {
    for (const CertificateCheck& check : certificate.checks) {
      auto row = std::find_if(rows.begin(), rows.end(), [&](const CertificateRow& known) {
        return known.key == certificate.key && known.machine == certificate.machine &&
               known.claim == check.claim;
      });
      if (row == rows.end()) {
        row = rows.insert(row, {.key = certificate.key,
                                .machine = certificate.machine,
                                .trainer = certificate.trainer,
                                .claim = check.claim,
                                .algorithms = {},
                                .allowed = check.allowed});
      }
      if (!check.algorithm.empty()) row->algorithms.push_back(check.algorithm);
      row->deviation = std::max(row->deviation, check.deviation);
      row->held = row->held && check.held();
    }
  }
  for (const CertificateRow& row : rows) {
    if (row.held) continue;
    work.problem("identity", "On " + row.machine + " this does not hold for " + row.key + ": " +
                                 row.claim + " Numbers measured there cannot be believed.");
  }
}

}  // namespace lockstep
