// The file itself: whose it is, how it is locked, who may write.
#include <SQLiteCpp/SQLiteCpp.h>

#include <catch2/catch.hpp>
#include <thread>

#include "results/store/schema.hpp"
#include "tests/unit/results/record_samples.hpp"
#include "tests/unit/results/workspace_builder.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
std::string ask(const std::filesystem::path& path, const char* sql) {
  SQLite::Database db(path.string(), SQLite::OPEN_READONLY);
  return db.execAndGet(sql).getString();
}

void tell(const std::filesystem::path& path, const char* sql) {
  std::filesystem::create_directories(path.parent_path());
  SQLite::Database db(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec(sql);
}

WorkspaceBuilder& with_one_run(WorkspaceBuilder& builder) {
  builder.plan("s", "a", {config_of(1)});
  builder.finished(config_of(1));
  builder.import();
  return builder;
}
}  // namespace

TEST_CASE("the index is marked as ours, of this schema, and never WAL") {
  WorkspaceBuilder builder;
  with_one_run(builder);
  const auto path = builder.workspace().database();
  CHECK(ask(path, "PRAGMA application_id") == std::to_string(0x6C6B7374));
  CHECK(ask(path, "PRAGMA user_version") == std::to_string(kSchemaVersion));
  CHECK(ask(path, "PRAGMA journal_mode") == "delete");
  CHECK(ask(path,
            "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
            " AND name NOT LIKE 'sqlite_%' AND NOT strict") == "0");
  const Store store = builder.open();
  CHECK_FALSE(std::filesystem::exists(path.string() + "-wal"));
  CHECK_FALSE(std::filesystem::exists(path.string() + "-shm"));
}

TEST_CASE("an index that somebody put into WAL mode is taken out of it") {
  WorkspaceBuilder builder;
  with_one_run(builder);
  tell(builder.workspace().database(), "PRAGMA journal_mode = WAL");
  builder.import();
  CHECK(ask(builder.workspace().database(), "PRAGMA journal_mode") == "delete");
}

TEST_CASE("foreign, newer, damaged and doubly named files are refused with a remedy") {
  WorkspaceBuilder builder;
  const auto path = builder.workspace().database();
  const auto refuses = [&](const char* words) {
    CHECK_THROWS_WITH(builder.open(), Catch::Contains(path.string()) && Catch::Contains(words));
    CHECK_THROWS_AS(builder.open(Store::Mode::read_only), StoreError);
  };
  SECTION("foreign") {
    tell(path, "PRAGMA application_id = 7; CREATE TABLE precious (a)");
    const std::string before = read_file(path);
    refuses("another program");
    CHECK_THROWS_WITH(rebuild(builder.workspace(), builder.tables()),
                      Catch::Contains("another program"));
    CHECK(read_file(path) == before);
  }
  SECTION("unmarked, with tables") {
    tell(path, "CREATE TABLE precious (a)");
    refuses("another program");
  }
  SECTION("newer") {
    with_one_run(builder);
    tell(path, "PRAGMA user_version = 99");
    refuses("schema 99");
  }
  SECTION("not a database: rebuild makes it well") {
    with_one_run(builder);
    const std::string good = builder.open().dump();
    write_raw(path, std::string(5000, 'x'));
    refuses("db rebuild");
    rebuild(builder.workspace(), builder.tables());
    CHECK(builder.open().dump() == good);
  }
  SECTION("two names") {
    with_one_run(builder);
    std::filesystem::create_hard_link(path, path.string() + ".copy");
    refuses("hard links");
  }
}

TEST_CASE("reading never writes, and needs an index") {
  WorkspaceBuilder builder;
  CHECK_THROWS_WITH(builder.open(Store::Mode::read_only), Catch::Contains("lockstep import"));
  CHECK_FALSE(std::filesystem::exists(builder.workspace().database()));
  with_one_run(builder);
  const auto path = builder.workspace().database();
  const std::string before = read_file(path);
  const auto time = std::filesystem::last_write_time(path);
  Store reader = builder.open(Store::Mode::read_only);
  CHECK(reader.study("s").runs.size() == 1);
  CHECK(reader.check().empty());
  CHECK_FALSE(reader.dump().empty());
  CHECK_THROWS_AS(reader.import(builder.workspace()), StoreError);
  CHECK(read_file(path) == before);
  CHECK(std::filesystem::last_write_time(path) == time);
}

TEST_CASE("several importers at once: one index, every record once") {
  WorkspaceBuilder builder;
  builder.plan("s", "a", {config_of(1), config_of(2), config_of(3)});
  for (int seed = 1; seed <= 3; ++seed) builder.finished(config_of(seed));
  std::vector<std::string> failures(3);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < failures.size(); ++i) {
      threads.emplace_back([&, i] {
        try {
          builder.import();
        } catch (const std::exception& error) {
          failures[i] = error.what();
        }
      });
    }
  }
  for (const std::string& failure : failures) CHECK(failure.empty());
  CHECK(builder.open().check().empty());
  const std::string live = builder.open().dump();
  rebuild(builder.workspace(), builder.tables());
  CHECK(builder.open().dump() == live);
}

TEST_CASE("check finds what was changed behind our back") {
  WorkspaceBuilder builder;
  with_one_run(builder);
  const auto path = builder.workspace().database();
  const auto finds = [&](const char* sql, const char* words) {
    tell(path, sql);
    const auto problems = builder.open().check();
    REQUIRE_FALSE(problems.empty());
    CHECK_THAT(problems[0], Catch::Contains(words));
  };
  CHECK(builder.open().check().empty());
  SECTION("a record") {
    finds("DELETE FROM step_record WHERE step = 3", "records, but its file has");
  }
  SECTION("an attempt") {
    finds("PRAGMA foreign_keys = OFF; DELETE FROM attempt", "foreign_key_check");
  }
  SECTION("a cell") { finds("UPDATE run SET cell = 'x'", "its cell"); }
  SECTION("a config") { finds("UPDATE run SET config = '{}'", "does not have that hash"); }
  SECTION("DONE") { finds("UPDATE run SET done_attempt = 5", "DONE names attempt 5"); }
  SECTION("a history") { finds("UPDATE history SET last_seq = 10000", "goes beyond"); }
}

TEST_CASE("the views answer questions") {
  WorkspaceBuilder builder;
  with_one_run(builder);
  const auto path = builder.workspace().database();
  CHECK(ask(path,
            "SELECT algorithm || ' ' || workers || ' ' || H || ' ' || seed || ' ' || done FROM "
            "v_runs") == "local_sgd 4 4 1 1");
  CHECK(
      ask(path, "SELECT count(*) FROM v_metrics_long WHERE metric = 'loss' AND split = 'train'") ==
      "40");
  CHECK(ask(path, "SELECT max(train_s) FROM v_metrics_long WHERE metric = 'accuracy'") == "20.0");
  CHECK(ask(path,
            "SELECT study || ' ' || runs || ' ' || done || ' ' || validated || ' ' || "
            "validation_accuracy_mean FROM v_cells") == "s 1 1 1 0.975");
}

TEST_CASE("a rebuild leaves no second file behind") {
  WorkspaceBuilder builder;
  with_one_run(builder);
  rebuild(builder.workspace(), builder.tables());
  int databases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(builder.workspace().root())) {
    databases += entry.path().filename().string().starts_with("lockstep.db");
  }
  CHECK(databases == 1);
}
