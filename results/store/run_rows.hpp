// One run's files -> rows, inside the caller's transaction. Internal to results/store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "results/store/history.hpp"
#include "results/store/plan_files.hpp"
#include "results/store/record_rows.hpp"
#include "results/store/run_files.hpp"

namespace lockstep {

/// Adds the run's row unless it is there.
void ensure_run(SQLite::Database& db, const std::string& id, const std::string& cell,
                const std::string& config);

/// All that is to be said of a run: of its files, and of ancestors that its history lacks.
std::vector<Finding> findings_of(const RunFiles& run, const RunHistory& history);

/// Brings the rows of a run up to its files; the run's row is there. Records that are there already
/// are not touched if the bytes before them are the same. Returns the number of records added.
std::int64_t write_run(SQLite::Database& db, RecordInserter& inserter, const RunFiles& run);

/// A run whose directory is gone: only what plans say of it stays.
void clear_run(SQLite::Database& db, const std::string& id);

/// Replaces a study's row and its list of runs, which are added where they are missing.
void write_study(SQLite::Database& db, const StudyPlans& study);

void write_findings(SQLite::Database& db, const std::string& subject,
                    const std::vector<Finding>& findings);

}  // namespace lockstep
