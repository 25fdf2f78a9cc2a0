// A new index in the place of the old one, which stays until the new one is complete.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "results/record/file_system.hpp"
#include "results/store/schema.hpp"
#include "results/store/store_impl.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
void remove_with_journals(const fs::path& path) {
  for (const char* suffix : {"-journal", "-wal", "-shm", ""}) fs::remove(path.string() + suffix);
}

/// Another program's database is not ours to replace. What SQLite cannot read may be our own,
/// damaged.
void refuse_foreign(const fs::path& path) {
  if (!fs::exists(path)) return;
  if (!fs::is_regular_file(path))
    throw StoreError(fmt::format("{} is no file; move it away first", path.string()));
  try {
    SQLite::Database db(path.string(), SQLite::OPEN_READONLY);
    const bool ours = query_integer(db, "PRAGMA application_id") == kApplicationId;
    if (ours || query_integer(db, "SELECT count(*) FROM sqlite_schema") == 0) return;
  } catch (const SQLite::Exception&) {
    return;
  }
  throw StoreError(fmt::format("{} belongs to another program; move it away first", path.string()));
}
}  // namespace

ImportSummary rebuild(const Workspace& workspace, const Tables& tables) {
  const fs::path path = workspace.database();
  refuse_foreign(path);
  const fs::path fresh = fmt::format("{}.rebuild-{}", path.string(), ::getpid());
  remove_with_journals(fresh);
  ImportSummary summary;
  try {
    summary = Store(fresh, Store::Mode::read_write, tables).import(workspace);
    // An old journal beside the new file would be played back into it, so it goes before the name
    // changes hands.
    for (const char* suffix : {"-journal", "-wal", "-shm"}) fs::remove(path.string() + suffix);
    fs::rename(fresh, path);
    sync_directory(path.parent_path());
  } catch (...) {
    std::error_code ignored;
    for (const char* suffix : {"-journal", ""}) fs::remove(fresh.string() + suffix, ignored);
    throw;
  }
  return summary;
}

}  // namespace lockstep
