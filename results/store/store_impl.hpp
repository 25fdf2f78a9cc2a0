// What Store holds. Internal to results/store.
#pragma once

#include "results/store/database.hpp"

namespace lockstep {

struct Store::Impl {
  std::filesystem::path path;
  Mode mode;
  Tables tables;
  SQLite::Database db;
};

ImportSummary import_workspace(SQLite::Database& db, const Tables& tables,
                               const Workspace& workspace);
StudyData read_study(SQLite::Database& db, const Tables& tables, const std::string& name,
                     Store::Losses losses);
std::vector<std::string> check_index(SQLite::Database& db, const Tables& tables);
std::string dump_index(SQLite::Database& db);
void extract_rows(SQLite::Database& db, const std::string& study, Extract what, RowSink& sink);
void backup_index(SQLite::Database& db, const std::filesystem::path& target);

}  // namespace lockstep
