// The schema's text, embedded, and the numbers that mark a file as ours. Internal to results/store.
#pragma once

namespace lockstep {

extern const char* const kSchemaSql;

/// PRAGMA application_id: "lkst".
inline constexpr int kApplicationId = 0x6C6B7374;
/// PRAGMA user_version. Raise it with every change of schema.sql: an index is never migrated, but
/// made anew from the files.
inline constexpr int kSchemaVersion = 6;

}  // namespace lockstep
