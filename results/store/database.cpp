#include "results/store/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "results/store/schema.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
constexpr int kBusyTimeoutMs = 60000;
constexpr mode_t kFileMode = 0640;
constexpr const char* kRebuild = "run `lockstep db rebuild`: it can be made anew from the files";

StoreError no_file(const fs::path& path) {
  return StoreError(
      fmt::format("{} is no file, so it cannot be the index; move it away, and "
                  "`lockstep import` makes the index anew",
                  path.string()));
}

bool is_there(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  if (!S_ISREG(status.st_mode)) throw no_file(path);
  // A second name would give a second set of locks and journals for the same bytes.
  if (status.st_nlink > 1) {
    throw StoreError(fmt::format("{} has {} names (hard links); give each index a file of its own",
                                 path.string(), static_cast<unsigned long>(status.st_nlink)));
  }
  return status.st_size > 0;
}

void harden(SQLite::Database& db, Store::Mode mode) {
  sqlite3* handle = db.getHandle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  db.exec("PRAGMA cell_size_check = ON");
  db.exec("PRAGMA foreign_keys = ON");
  db.exec("PRAGMA mmap_size = 0");
  db.exec("PRAGMA cache_size = -65536");  // KiB: a transaction of a long run stays in memory
  if (mode == Store::Mode::read_only) db.exec("PRAGMA query_only = ON");
}

void check_is_ours(SQLite::Database& db, const fs::path& path) {
  const auto application = query_integer(db, "PRAGMA application_id");
  const auto version = query_integer(db, "PRAGMA user_version");
  if (application != kApplicationId) {
    throw StoreError(
        fmt::format("{} belongs to another program (application id {:#x}); move it away, or choose "
                    "another workspace",
                    path.string(), application));
  }
  if (version > kSchemaVersion) {
    throw StoreError(fmt::format(
        "{} has schema {}, this lockstep reads {}; use the lockstep that wrote it, or {}",
        path.string(), version, kSchemaVersion, kRebuild));
  }
  if (version < kSchemaVersion) {
    throw StoreError(fmt::format("{} has the old schema {}, this lockstep reads {}; {}",
                                 path.string(), version, kSchemaVersion, kRebuild));
  }
}

bool is_blank(SQLite::Database& db) {
  return query_integer(db, "PRAGMA application_id") == 0 &&
         query_integer(db, "PRAGMA user_version") == 0 &&
         query_integer(db, "SELECT count(*) FROM sqlite_schema") == 0;
}

void create_schema(SQLite::Database& db) {
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  if (!is_blank(db)) return;  // another process was first
  db.exec(kSchemaSql);
  db.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  db.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  transaction.commit();
}

SQLite::Database open_checked(const fs::path& path, Store::Mode mode) {
  const bool writes = mode == Store::Mode::read_write;
  const bool there = is_there(path);
  if (!writes && !there)
    throw StoreError(fmt::format("{} does not exist yet; run `lockstep import`", path.string()));
  const fs::path real = fs::weakly_canonical(path);
  SQLite::Database db(real.string(),
                      writes ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY,
                      kBusyTimeoutMs);
  harden(db, mode);
  if (there && !is_blank(db)) check_is_ours(db, path);
  if (!writes) {
    check_is_ours(db, path);
    return db;
  }
  // WAL is never used: it needs one host's shared memory and corrupts on network file systems.
  db.exec("PRAGMA journal_mode = DELETE");
  db.exec("PRAGMA synchronous = FULL");
  if (is_blank(db)) {
    ::chmod(real.c_str(), kFileMode);
    create_schema(db);
  }
  check_is_ours(db, path);
  return db;
}
}  // namespace

void throw_store_error(const fs::path& path, const SQLite::Exception& error) {
  const int code = error.getErrorCode() & 0xff;  // the primary one of an extended code
  const char* remedy = code == SQLITE_BUSY
                           ? "another lockstep is writing; wait for it or look for a stale lock"
                       : code == SQLITE_FULL ? "free disk space and run the command again"
                       : code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_PERM
                           ? "check that the directory exists and may be written"
                           : kRebuild;
  const std::string text = fmt::format("{}: {}; {}", path.string(), error.what(), remedy);
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) throw StoreDamage(text);
  throw StoreError(text);
}

SQLite::Database open_index(const fs::path& path, Store::Mode mode) {
  return guarded(path, [&] { return open_checked(path, mode); });
}

std::int64_t query_integer(SQLite::Database& db, const char* sql) {
  return db.execAndGet(sql).getInt64();
}

}  // namespace lockstep
