// The analysis, step by step.
#include <algorithm>

#include "reports/analysis/work.hpp"

namespace lockstep {

Analysis analyse(const Tables& tables, const StudyData& study) {
  Analysis analysis;
  analysis.study = study.study;
  analysis.question = study.question;
  analysis.spec_sha256 = study.spec_sha256;
  Work work(tables, study, analysis);
  for (const std::string& problem : study.problems) work.problem("damage", problem);
  stamp_rows(work);
  collect_cells(work);
  label_cells(work);
  select_cells(work);
  find_costs(work);
  build_views(work);
  keep_redraws(work);
  compare_cells(work);
  find_effects(work);
  find_power(work);
  mark_ties(work);
  time_to_accuracy(work);
  build_curves(work);
  match_budgets(work);
  expect_best(work);
  find_break_even(work);
  check_clock(work);
  predict_times(work);
  count_effort(work);
  list_certificates(work);
  raise_guards(work);
  write_methods(work);
  std::stable_sort(analysis.notices.begin(), analysis.notices.end(),
                   [](const Notice& a, const Notice& b) { return a.level < b.level; });
  return analysis;
}

}  // namespace lockstep
