// A copy of a live index: by SQLite itself, never byte by byte.
#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/record/file_system.hpp"
#include "results/record/publish.hpp"
#include "results/store/store_impl.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
constexpr mode_t kFileMode = 0640;

StoreError refuse(const fs::path& target) {
  return StoreError(
      fmt::format("{} exists and is not written over; name another file, or move it "
                  "away",
                  target.string()));
}

/// quick_check of the copy, which also has to be ours.
void check_copy(const fs::path& copy) {
  guarded(copy, [&] {
    SQLite::Database db = open_index(copy, Store::Mode::read_only);
    const std::string verdict = db.execAndGet("PRAGMA quick_check").getString();
    if (verdict != "ok") throw StoreError(fmt::format("the copy is damaged: {}", verdict));
  });
}
}  // namespace

void backup_index(SQLite::Database& db, const fs::path& target) {
  if (fs::exists(fs::symlink_status(target))) throw refuse(target);
  const fs::path folder = fs::absolute(target).parent_path();
  const fs::path copy = folder / fmt::format(".{}.tmp-{}", target.filename().string(), ::getpid());
  const auto drop = [&] { ::unlink(copy.c_str()); };
  drop();  // of a killed process that had our number
  try {
    guarded(copy, [&] {
      SQLite::Database fresh(copy.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      ::chmod(copy.c_str(), kFileMode);
      SQLite::Backup(fresh, db).executeStep();
    });
    check_copy(copy);
    sync_file_system(copy);
    if (!link_exclusively(copy, fs::absolute(target))) throw refuse(target);
  } catch (...) {
    drop();
    throw;
  }
  drop();
}

}  // namespace lockstep
