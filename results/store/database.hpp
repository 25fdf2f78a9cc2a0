// The SQLite connection of an index: opened safely, ours or refused. Internal to results/store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>

#include "results/store/store.hpp"

namespace lockstep {

/// Opens `path` with our pragmas; read_write creates file and schema where there is none. Throws
/// StoreError for a file that is foreign, newer, older, not a database, reached by two names, or
/// absent (read_only).
SQLite::Database open_index(const std::filesystem::path& path, Store::Mode mode);

/// StoreError with the file's name, SQLite's words and a remedy; StoreDamage where the bytes are to
/// blame.
[[noreturn]] void throw_store_error(const std::filesystem::path& path,
                                    const SQLite::Exception& error);

/// Runs `work`; what SQLite throws comes out as StoreError.
template <class Work>
auto guarded(const std::filesystem::path& path, Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& error) {
    throw_store_error(path, error);
  }
}

/// 'SELECT <one number>'.
std::int64_t query_integer(SQLite::Database& db, const char* sql);

}  // namespace lockstep
