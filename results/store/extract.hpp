// Tables of a study, row by row, for people's own tools: what `lockstep export` writes. Rows are
// handed on as they are read; nothing is collected.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace lockstep {

/// One value: nothing, a whole number (of a boolean 0 or 1), a real (NaN where the record had one),
/// a text.
using Field = std::variant<std::monostate, std::int64_t, double, std::string>;

/// Takes a table: its column names once, then its rows.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void head(const std::vector<std::string>& columns) = 0;
  virtual void row(const std::vector<Field>& fields) = 0;
};

/// All are of the history that counts: records that a later attempt replayed are left out.
/// `train_s` of evaluations and checkpoints goes on over attempts.
enum class Extract {
  records,  ///< long form: one row per number of a record, in the order of the run
  syncs,    ///< one row per sync record, its members as columns
  runs,     ///< one row per run: every parameter, how it ended, seconds of all its attempts
  cells     ///< one row per cell: v_cells
};

}  // namespace lockstep
