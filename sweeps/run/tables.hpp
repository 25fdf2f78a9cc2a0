// The tables of parameters, algorithms, models and data sets, as pure data. They are the single
// source for validation, the trainer's parsing, the JSON Schema, --help and reports: nothing else
// lists a name or repeats a default. They do not hold code; the trainer has one factory per row.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sweeps/run/value.hpp"

namespace lockstep {

struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;   ///< `low` itself is not allowed
  bool high_open = false;  ///< `high` itself is not allowed
};

/// A parameter is used only where another one has (or, negated, has not) a certain value.
struct Condition {
  std::string parameter;
  std::vector<Value> values;
  bool negated = false;
};

/// Who asks for a parameter: every run, or the rows that name it in `uses`.
enum class Scope { every_run, rows_that_use_it };

/// What a text must look like that is no choice among some.
struct Pattern {
  std::string regex;  ///< ECMAScript, of the whole text
  std::string words;  ///< the same for people: completes "must be ..."
};

struct Parameter {
  std::string name;
  Type type = Type::real;
  std::string unit;
  std::optional<Value>
      initial;  ///< default; none: must be given (or its alternative, see `instead_of`)
  Range range;  ///< numbers, and each number of a list
  std::vector<std::string> choices;  ///< text; empty for the names of rows, or with a pattern
  std::optional<Pattern> pattern;    ///< text without choices
  Scope scope = Scope::every_run;
  std::optional<Condition> when;
  std::string instead_of;  ///< exactly one of this and `instead_of` is given (epochs, steps)
  int since = 1;           ///< one above 1 stays out of the identity while it stands at its default
  std::string doc;
};

enum class CadencePart { every_step, every_h, switch_then_h };
enum class ExchangePart { gradient, parameter, gradient_then_parameter };
enum class CodecPart { none };

/// What an algorithm is made of: when workers talk x what they exchange x how it is encoded x what
/// is done with what was agreed.
struct Parts {
  CadencePart cadence;
  ExchangePart exchange;
  CodecPart codec;
  std::string outer;  ///< of the trainer's registry
};

struct Override {
  std::string parameter;
  Value value;
};

struct AlgorithmRow {
  std::string name;
  Parts parts;
  std::vector<std::string> uses;
  std::vector<Override> overrides;  ///< defaults that differ for this algorithm
  /// Which steps it takes depends on time: a report never redraws its runs for another network.
  bool time_driven = false;
  int revision = 1;  ///< raised when a correction changes results: new ids for its runs only
  std::string paper;
  std::string doc;
};

struct ModelRow {
  std::string name;
  std::vector<std::string> uses;
  bool batch_norm = false;
  std::int64_t shrinks =
      1;  ///< how many times smaller, in each direction, the last stage sees a picture
  /// A rule of thumb: seconds of one core for one pixel of one sample in a local step, right to a
  /// factor of a few. For what is told before the first calibration; in no report.
  double pixel_s = 1e-6;
  int revision = 1;
  std::string paper;
  std::string doc;
};

struct DatasetRow {
  std::string name;
  std::vector<std::string> uses;
  std::int64_t train_samples = 0;
  std::int64_t test_samples = 0;
  std::int64_t classes = 0;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool packed = false;  ///< its files are packed pictures of any size (trainer/data/PACK.md)
  std::vector<std::string> files;    ///< none: made by the program
  std::vector<std::string> folders;  ///< names of their folder besides `name`, as others have them
  std::string remedy;                ///< how to get the files: a clause of an error message
  int revision = 1;
  std::string doc;
};

struct Tables {
  std::vector<Parameter> parameters;
  std::vector<AlgorithmRow> algorithms;
  std::vector<ModelRow> models;
  std::vector<DatasetRow> datasets;

  /// What lockstep ships. A copy may be extended with rows of one's own.
  static Tables builtin();

  /// nullptr where there is no such row. Pointers live as long as the table is not changed.
  const Parameter* parameter(std::string_view name) const;
  const AlgorithmRow* algorithm(std::string_view name) const;
  const ModelRow* model(std::string_view name) const;
  const DatasetRow* dataset(std::string_view name) const;

  /// The texts that a text parameter may have: its choices, or the names of the rows.
  std::vector<std::string> choices_of(const Parameter& parameter) const;
};

/// Names of the folders, below a data folder, in which the files of a data set are looked for.
std::vector<std::string> folders_of(const DatasetRow& row);
/// Where one of its files may lie below a data folder, plain or gzip, in the order of preference.
std::vector<std::string> places_of(const DatasetRow& row, const std::string& file);

/// Where the model with this SHA-256 lies below a data folder: what init_from names.
std::string start_place(const std::string& sha256);

/// The candidate nearest to `text` by edit distance with transpositions, if near enough to be a
/// slip.
std::optional<std::string> nearest(std::string_view text,
                                   const std::vector<std::string>& candidates);

}  // namespace lockstep
