// The index over a workspace: SQLite, rebuildable from the files at any time. Imports are
// idempotent and incremental; readers get values (study_data.hpp), never SQL. One process writes at
// a time.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "results/record/workspace.hpp"
#include "results/store/extract.hpp"
#include "results/store/study_data.hpp"

namespace lockstep {

/// The index cannot be opened, is foreign, newer than this program, or damaged: names the file and
/// the remedy.
struct StoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Its bytes are damaged, or no database at all: `lockstep db rebuild` makes it anew.
struct StoreDamage : StoreError {
  using StoreError::StoreError;
};

struct ImportSummary {
  std::int64_t runs_seen = 0;
  std::int64_t records_added = 0;
  std::vector<std::string> notes;       ///< torn tails, unknown types: not errors
  std::vector<std::string> salvaged;    ///< damaged, and what is left is used: somebody agreed
  std::vector<std::string> corruption;  ///< file:offset ...: exit code 6
};

class Store {
 public:
  enum class Mode { read_write, read_only };
  /// read_write creates the file and the schema. Throws StoreError.
  Store(const std::filesystem::path& database, Mode mode, Tables tables);
  ~Store();
  Store(Store&&) noexcept;

  /// Brings everything new of plans, runs and calibrations into the index; one transaction per run.
  ImportSummary import(const Workspace& workspace);

  std::vector<std::string> studies() const;
  /// Whether a study comes with its training losses, of which a report shows none.
  enum class Losses { read, left_out };
  /// Throws StoreError if there is no such study.
  StudyData study(std::string_view name, Losses losses = Losses::read) const;

  /// A table of a study, streamed. Throws StoreError if there is no such study.
  void extract(std::string_view study, Extract what, RowSink& sink) const;

  /// Copies the index, as one moment has it, to a new file, checks the copy, and only then gives it
  /// its name: others may import meanwhile. Throws StoreError where `target` exists.
  void backup(const std::filesystem::path& target) const;

  /// integrity_check, foreign_key_check and our own invariants; empty: all is well.
  std::vector<std::string> check() const;

  /// Every row of every table, sorted, one per line: equal for a live and a rebuilt index.
  std::string dump() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Deletes the index and imports everything anew, beside the old one first.
ImportSummary rebuild(const Workspace& workspace, const Tables& tables);

}  // namespace lockstep
