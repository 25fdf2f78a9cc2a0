// Effects of factors, by studies whose effects are known because they were built from them.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "reports/exporters/exporters.hpp"
#include "reports/report.hpp"
#include "reports/statistics/paired.hpp"
#include "tests/unit/reports/sample_study.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
const Tables kTables = Tables::builtin();
using Parameters = std::map<std::string, Value>;

/// The place of a cell in a design of four factors.
struct Place {
  int algorithm = 0, H = 0, workers = 0, decay = 0;  ///< levels
  auto operator<=>(const Place&) const = default;
  std::array<int, 4> levels() const { return {algorithm, H, workers, decay}; }
};
const std::array<std::string, 4> kFactors{"algorithm", "H", "workers", "weight_decay"};
const std::vector<std::string> kAlgorithms{"local_sgd", "slowmo", "cocod"};
const std::vector<std::int64_t> kPeriods{4, 16, 64}, kWorkers{2, 4};
const std::vector<double> kDecays{0.0, 0.25};

Parameters parameters_of(const Place& place) {
  const auto at = [](const auto& list, int i) { return list[static_cast<std::size_t>(i)]; };
  return {{"algorithm", at(kAlgorithms, place.algorithm)},
          {"H", at(kPeriods, place.H)},
          {"workers", at(kWorkers, place.workers)},
          {"weight_decay", at(kDecays, place.decay)}};
}

RunData run_of(Parameters parameters, std::int64_t seed, double accuracy) {
  RunSketch sketch;
  sketch.parameters = std::move(parameters);
  sketch.parameters["seed"] = seed;
  sketch.final_accuracy = accuracy;
  return finished_run(kTables, sketch);
}

StudyData study_of(std::vector<RunData> runs) {
  StudyData study = small_study(kTables, {{"local_sgd", 4, 0.1, {.8}}});  // for its calibration
  study.runs = std::move(runs);
  const Calibration calibration = study.calibrations.front();
  study.calibrations.clear();
  std::set<std::string> keys;
  for (const RunData& run : study.runs) keys.insert(calibration_key(kTables, run.config));
  for (const std::string& key : keys) {
    study.calibrations.push_back(calibration);
    study.calibrations.back().key = key;
  }
  return study;
}

using Accuracy = std::function<double(const Place&, int seed)>;

/// Every cell of algorithms x H x workers, three seeds.
Analysis factorial(const Accuracy& accuracy, int algorithms = 2) {
  std::vector<RunData> runs;
  for (int a = 0; a < algorithms; ++a) {
    for (int h = 0; h < 3; ++h) {
      for (int w = 0; w < 2; ++w) {
        const Place place{a, h, w, 0};
        for (const int seed : {1, 2, 3})
          runs.push_back(run_of(parameters_of(place), seed, accuracy(place, seed)));
      }
    }
  }
  return analyse(kTables, study_of(std::move(runs)));
}

const EffectRow* find(const std::vector<EffectRow>& rows, const std::vector<std::string>& names) {
  for (const EffectRow& row : rows) {
    std::vector<std::string> own;
    for (const Contrast& of : row.of) own.push_back(of.factor + " " + of.level);
    if (own == names) return &row;
  }
  return nullptr;
}
const EffectRow& row_of(const std::vector<EffectRow>& rows, const std::vector<std::string>& names) {
  const EffectRow* row = find(rows, names);
  INFO(names.front());
  REQUIRE(row);
  return *row;
}

double additive(const Place& place, int seed) {
  const double of_algorithm[]{0, 0.01}, of_H[]{0, -0.01, -0.03}, of_workers[]{0, -0.005};
  return 0.8 + of_algorithm[place.algorithm] * seed + of_H[place.H] + of_workers[place.workers] +
         0.002 * seed;
}
}  // namespace

TEST_CASE("where factors add up, effects are what they were made of, and interactions nothing") {
  const Effects effects = factorial(additive).effects;
  CHECK(effects.factors == std::vector<std::string>{"algorithm", "H", "workers"});
  CHECK(effects.left_out.empty());
  REQUIRE(effects.main.size() == 1 + 2 + 1);
  const EffectRow& slowmo = row_of(effects.main, {"algorithm slowmo"});
  CHECK(slowmo.of[0].reference == "local_sgd");
  CHECK(slowmo.contexts.size() == 3 * 2);
  REQUIRE(slowmo.effect.n() == 3);
  for (std::size_t seed = 0; seed < 3; ++seed)
    CHECK(slowmo.effect.values[seed] == Approx(0.01 * static_cast<double>(seed + 1)).epsilon(1e-9));
  CHECK(slowmo.effect.mean == Approx(0.02).epsilon(1e-9));
  CHECK(slowmo.effect.ci->high == Approx(0.02 + 4.302653 * 0.01 / std::sqrt(3.0)).epsilon(1e-6));
  CHECK(slowmo.p == smallest_p(3));
  CHECK(slowmo.adjusted_p == 1);  // 4 rows x 0.25
  const EffectRow& often = row_of(effects.main, {"H 64"});
  CHECK(often.of[0].reference == "4");  // by number, not by text
  CHECK(often.contexts.size() == 2 * 2);
  CHECK(often.effect.mean == Approx(-0.03).epsilon(1e-9));
  CHECK(row_of(effects.main, {"workers 4"}).effect.mean == Approx(-0.005).epsilon(1e-9));
  REQUIRE(effects.interactions.size() == 2 + 1 + 2);
  for (const EffectRow& row : effects.interactions) {
    CHECK(row.contexts.size() == (row.of[1].factor == "H" ? 2 : row.of[0].factor == "H" ? 2 : 3));
    for (const double value : row.effect.values) CHECK(value == 0);
    CHECK(row.p == 1);  // rounding is no difference
  }
}

TEST_CASE("what one level adds to another is their interaction") {
  const Effects effects =
      factorial([](const Place& place, int seed) {
        return additive(place, seed) + (place.algorithm == 1 && place.H == 2 ? 0.006 * seed : 0);
      }).effects;
  const EffectRow& row = row_of(effects.interactions, {"algorithm slowmo", "H 64"});
  REQUIRE(row.effect.n() == 3);
  for (std::size_t seed = 0; seed < 3; ++seed)
    CHECK(row.effect.values[seed] == Approx(0.006 * static_cast<double>(seed + 1)).epsilon(1e-9));
  CHECK(row_of(effects.interactions, {"algorithm slowmo", "H 16"}).effect.mean == 0);
  CHECK(row_of(effects.interactions, {"H 64", "workers 4"}).effect.mean == 0);
  // A third of the contexts have it.
  CHECK(row_of(effects.main, {"algorithm slowmo"}).effect.mean ==
        Approx(0.02 + 0.012 / 3).epsilon(1e-9));
}

TEST_CASE("times multiply where accuracies add") {
  const Analysis analysis = factorial(additive);
  std::map<std::string, double> time;
  for (const ViewRow& row : analysis.views.front().rows)
    time[analysis.cells[row.cell].label] = row.time.mean;
  const auto ratio = [&](const std::string& cell, const std::string& reference) {
    return time.at(cell) / time.at(reference);
  };
  const double expected = ratio("local_sgd H=64 W=2", "local_sgd H=4 W=2") *
                          ratio("local_sgd H=64 W=4", "local_sgd H=4 W=4") *
                          ratio("slowmo H=64 W=2", "slowmo H=4 W=2") *
                          ratio("slowmo H=64 W=4", "slowmo H=4 W=4");
  CHECK(row_of(analysis.effects.main, {"H 64"}).time_ratio == Approx(std::pow(expected, 0.25)));
  CHECK(row_of(analysis.effects.main, {"H 64"}).time_ratio < 1);
  CHECK(row_of(analysis.effects.main, {"algorithm slowmo"}).time_ratio == Approx(1));
  CHECK(row_of(analysis.effects.interactions, {"H 64", "workers 4"}).time_ratio ==
        Approx(ratio("local_sgd H=64 W=4", "local_sgd H=4 W=4") /
               ratio("local_sgd H=64 W=2", "local_sgd H=4 W=2")));
}

namespace {
using Study = std::map<Place, std::map<int, double>>;  ///< test accuracy by cell and seed

/// Half of the cells of a design of four factors, and of these most seeds.
Study unbalanced(std::mt19937_64& source) {
  Study study;
  const auto chance = [&](double p) { return std::bernoulli_distribution(p)(source); };
  std::uniform_real_distribution<double> accuracy(0.5, 0.9);
  for (int a = 0; a < 3; ++a) {
    for (int h = 0; h < 3; ++h) {
      for (int w = 0; w < 2; ++w) {
        for (int d = 0; d < 2; ++d) {
          if (chance(0.4)) continue;
          for (int seed = 1; seed <= 4; ++seed) {
            if (chance(0.9)) study[{a, h, w, d}][seed] = accuracy(source);
          }
        }
      }
    }
  }
  return study;
}

int level_of(const Place& place, std::size_t factor) { return place.levels()[factor]; }
Place moved(const Place& place, std::size_t factor, int level) {
  std::array<int, 4> levels = place.levels();
  levels[factor] = level;
  return {levels[0], levels[1], levels[2], levels[3]};
}

/// The definition: one value per seed, over all contexts that are complete; none if a seed is
/// missing.
struct Expected {
  std::size_t contexts = 0;
  std::vector<double> values;
};
using Move = std::array<int, 3>;  ///< factor, level, reference
Expected expected_of(const Study& study, const std::vector<Move>& moves) {
  Expected expected;
  std::map<int, std::vector<double>> by_seed;
  for (const auto& [place, unused] : study) {
    std::vector<Place> corners{place};
    bool here = true;
    for (const auto& [factor, level, reference] : moves) {
      const auto f = static_cast<std::size_t>(factor);
      here = here && level_of(place, f) == level;
      const std::size_t n = corners.size();
      for (std::size_t k = 0; k < n; ++k) corners.push_back(moved(corners[k], f, reference));
    }
    const bool whole = std::all_of(corners.begin(), corners.end(),
                                   [&](const Place& corner) { return study.count(corner) > 0; });
    if (!here || !whole) continue;
    ++expected.contexts;
    for (int seed = 1; seed <= 4; ++seed) {
      const auto at = [&](std::size_t k) {
        const auto& seeds = study.at(corners[k]);
        return seeds.count(seed) ? seeds.at(seed) : NAN;
      };
      by_seed[seed].push_back(moves.size() == 1 ? at(0) - at(1) : at(0) - at(1) - (at(2) - at(3)));
    }
  }
  for (const auto& [seed, values] : by_seed) {
    double sum = 0;
    for (const double value : values) sum += value;
    if (!std::isnan(sum)) expected.values.push_back(sum / static_cast<double>(values.size()));
  }
  return expected;
}

int level_named(const Study& study, std::size_t factor, const std::string& name) {
  for (const auto& [place, unused] : study) {
    const Value value = parameters_of(place).at(kFactors[factor]);
    if (to_text(value) == name) return level_of(place, factor);
  }
  FAIL("no level " << name);
  return 0;
}

void check(const Study& study, const EffectRow& row) {
  std::vector<Move> moves;
  for (const Contrast& of : row.of) {
    const auto factor = static_cast<std::size_t>(
        std::find(kFactors.begin(), kFactors.end(), of.factor) - kFactors.begin());
    REQUIRE(factor < kFactors.size());
    moves.push_back({static_cast<int>(factor), level_named(study, factor, of.level),
                     level_named(study, factor, of.reference)});
  }
  const Expected expected = expected_of(study, moves);
  CHECK(row.contexts.size() == expected.contexts);
  REQUIRE(row.effect.values.size() == expected.values.size());
  for (std::size_t i = 0; i < expected.values.size(); ++i)
    CHECK(row.effect.values[i] == Approx(expected.values[i]).margin(1e-9));
  CHECK(row.p == sign_flip_p(row.effect.values));
  // No earlier reference would do.
  if (moves.size() > 1) return;
  for (int earlier = 0; earlier < moves[0][2]; ++earlier)
    CHECK(expected_of(study, {{moves[0][0], moves[0][1], earlier}}).values.empty());
}

/// Levels that can be compared with an earlier one; a level of no factor stands for no second one.
std::set<std::vector<int>> comparable(const Study& study, std::size_t factors) {
  std::set<std::vector<int>> all;
  const auto try_all = [&](int f, int g) {
    for (int a = 1; a < 3; ++a) {
      for (int b = g < 0 ? 0 : 1; b < (g < 0 ? 1 : 3); ++b) {
        for (int r = 0; r < a; ++r) {
          for (int s = 0; s < std::max(b, 1); ++s) {
            std::vector<Move> moves{{f, a, r}};
            if (g >= 0) moves.push_back({g, b, s});
            if (!expected_of(study, moves).values.empty()) all.insert({f, a, g, b});
          }
        }
      }
    }
  };
  for (int f = 0; f < 4; ++f) {
    if (factors == 1) try_all(f, -1);
    for (int g = f + 1; factors == 2 && g < 4; ++g) try_all(f, g);
  }
  return all;
}
}  // namespace

TEST_CASE("effects are their definition, however unbalanced the study is") {
  std::mt19937_64 source(7);
  std::size_t interactions = 0;
  for (int trial = 0; trial < 25; ++trial) {
    const Study study = unbalanced(source);
    std::vector<RunData> runs;
    for (const auto& [place, seeds] : study) {
      for (const auto& [seed, accuracy] : seeds)
        runs.push_back(run_of(parameters_of(place), seed, accuracy + 0.01));  // test: 0.01 lower
    }
    const Effects effects = analyse(kTables, study_of(std::move(runs))).effects;
    CHECK(effects.main.size() == comparable(study, 1).size());
    CHECK(effects.interactions.size() == comparable(study, 2).size());
    for (const EffectRow& row : effects.main) check(study, row);
    for (const EffectRow& row : effects.interactions) check(study, row);
    interactions += effects.interactions.size();
  }
  CHECK(interactions > 100);
}

TEST_CASE("with one factor, paired differences say it all") {
  for (const auto& cells : std::vector<std::vector<CellSketch>>{
           {{"local_sgd", 4, .1, {.8, .8, .8}}, {"local_sgd", 8, .1, {.7, .7, .7}}},
           {{"sync_sgd", 1, .1, {.8, .8, .8}}, {"local_sgd", 8, .1, {.7, .7, .7}}},
           {{"local_sgd", 8, .1, {.8, .8, .8}}, {"local_sgd", 8, .2, {.7, .7, .7}}}}) {
    const Analysis analysis = analyse(kTables, small_study(kTables, cells));
    CHECK(analysis.effects.factors.empty());
    CHECK(analysis.effects.main.empty());
    CHECK(render_markdown(analysis).find("## Effects") == std::string::npos);
  }
}

TEST_CASE("only cells that really match are compared") {
  const auto effects = [](const std::vector<Parameters>& cells) {
    std::vector<RunData> runs;
    for (const Parameters& cell : cells) {
      for (const int seed : {1, 2, 3}) runs.push_back(run_of(cell, seed, 0.8 + 0.01 * seed));
    }
    return analyse(kTables, study_of(std::move(runs))).effects;
  };
  const auto cell = [](const char* algorithm, std::int64_t H, Parameters more = {}) {
    more["algorithm"] = std::string(algorithm);
    if (H > 0) more["H"] = H;
    return more;
  };
  using Names = std::vector<std::string>;
  // Synchronous SGD has no H, so nothing is compared with it; slowmo's reference is local SGD.
  Effects a = effects(
      {cell("sync_sgd", 0), cell("local_sgd", 4), cell("local_sgd", 16), cell("slowmo", 16)});
  CHECK(a.factors == Names{"algorithm", "H"});  // momentum_buffers follows from the algorithm
  CHECK(a.main.size() == 2);
  CHECK(row_of(a.main, {"algorithm slowmo"}).of[0].reference == "local_sgd");
  CHECK(row_of(a.main, {"H 16"}).contexts.size() == 1);
  CHECK(a.interactions.empty());
  CHECK(a.left_out == Names{"algorithm sync_sgd"});
  // One H: synchronous SGD is the reference of all.
  a = effects({cell("sync_sgd", 0), cell("local_sgd", 4),
               cell("sync_sgd", 0, {{"workers", std::int64_t{2}}}),
               cell("local_sgd", 4, {{"workers", std::int64_t{2}}})});
  CHECK(a.factors == Names{"algorithm", "workers"});
  CHECK(row_of(a.main, {"algorithm local_sgd"}).of[0].reference == "sync_sgd");
  CHECK(a.interactions.size() == 1);
  // Slow momentum that varies is one more factor, which local SGD has no level of.
  a = effects({cell("local_sgd", 4), cell("slowmo", 4, {{"slow_momentum", 0.5}}),
               cell("slowmo", 4, {{"slow_momentum", 0.7}})});
  CHECK(a.factors == Names{"algorithm", "slow_momentum"});
  CHECK(a.main.size() == 1);
  CHECK(find(a.main, {"slow_momentum 0.7"}));
  CHECK(a.left_out == Names{"algorithm"});
  // Two factors that change together are not told apart.
  a = effects({cell("local_sgd", 4, {{"workers", std::int64_t{2}}}),
               cell("local_sgd", 8, {{"workers", std::int64_t{4}}})});
  CHECK(a.factors == Names{"H", "workers"});
  CHECK(a.main.empty());
  CHECK(a.left_out == Names{"H", "workers"});
  // Buffers that somebody chose are a factor: slowmo, which resets them, matches local SGD that
  // does.
  a = effects({cell("local_sgd", 4, {{"momentum_buffers", std::string("maintain")}}),
               cell("local_sgd", 4, {{"momentum_buffers", std::string("reset")}}),
               cell("slowmo", 4)});
  CHECK(a.factors == Names{"algorithm", "momentum_buffers"});
  CHECK(row_of(a.main, {"algorithm slowmo"}).contexts.size() == 1);
}

TEST_CASE("seeds that not all cells of a row have do not count for it") {
  std::vector<RunData> runs;
  for (const int H : {0, 1}) {
    for (const int workers : {0, 1}) {
      for (const int seed : {1, 2, 3, 4}) {
        if (seed == 4 && H == 1 && workers == 0) continue;
        if (seed == 1 && H == 0 && workers == 1) continue;
        runs.push_back(run_of(parameters_of({0, H, workers, 0}), seed, 0.8));
      }
    }
  }
  const Effects effects = analyse(kTables, study_of(std::move(runs))).effects;
  CHECK(row_of(effects.main, {"H 16"}).effect.n() == 2);
  CHECK(row_of(effects.main, {"H 16"}).contexts.size() == 2);
}

TEST_CASE("effects of unlike searches, machines and data") {
  const auto two_by_two = [](const std::function<void(RunData&, const Place&)>& act) {
    std::vector<RunData> runs;
    for (const int a : {0, 1}) {
      for (const int h : {0, 1}) {
        for (const int seed : {1, 2, 3}) {
          const Place place{a, h, 0, 0};
          runs.push_back(run_of(parameters_of(place), seed, additive(place, seed)));
          act(runs.back(), place);
        }
      }
    }
    return study_of(std::move(runs));
  };
  const auto nothing = [](RunData&, const Place&) {};
  SECTION("another build for one algorithm is a confound of its effect alone") {
    const Analysis a = analyse(kTables, two_by_two([](RunData& run, const Place& place) {
                                 if (place.algorithm == 1) run.header->build = "other";
                               }));
    CHECK(row_of(a.effects.main, {"algorithm slowmo"}).confounds ==
          std::vector<std::string>{"build other vs 0.1.0 (0123456789ab)"});
    CHECK(row_of(a.effects.main, {"H 16"}).confounds.empty());
    CHECK(a.effects.interactions.at(0).confounds.empty());  // it cancels
    CHECK(render_markdown(a).find("confounded: build other") != std::string::npos);
  }
  SECTION("different data are never compared") {
    const Analysis a = analyse(kTables, two_by_two([](RunData& run, const Place& place) {
                                 if (place.algorithm == 1)
                                   run.header->data_sha256["train"] = "bbbb";
                               }));
    const EffectRow& row = row_of(a.effects.main, {"algorithm slowmo"});
    CHECK(row.refused);
    CHECK(row.effect.n() == 0);
    CHECK(std::isnan(row.p));
    CHECK(std::isnan(row.time_ratio));
    CHECK_FALSE(row_of(a.effects.main, {"H 16"}).refused);
    CHECK(row_of(a.effects.main, {"H 16"}).adjusted_p ==
          row_of(a.effects.main, {"H 16"}).p);  // the only one with a p
  }
  SECTION("unequal grids have no p unless asked") {
    StudyData study = two_by_two(nothing);
    for (const int seed : {1, 2, 3}) {  // local_sgd H=4 with one setting more
      Parameters more = parameters_of({0, 0, 0, 0});
      more["lr"] = 0.0125;
      study.runs.push_back(run_of(more, seed, 0.5));
    }
    Effects effects = analyse(kTables, study).effects;
    CHECK(row_of(effects.main, {"algorithm slowmo"}).unequal_grids);
    CHECK(std::isnan(row_of(effects.main, {"algorithm slowmo"}).p));
    CHECK(row_of(effects.main, {"algorithm slowmo"}).effect.n() == 3);
    CHECK(std::isnan(effects.interactions.at(0).p));
    study.report.compare_unequal = true;
    effects = analyse(kTables, study).effects;
    CHECK(row_of(effects.main, {"algorithm slowmo"}).p == 0.25);
  }
}

TEST_CASE("a factor of very many levels has no rows") {
  std::vector<RunData> runs;
  for (std::int64_t H = 1; H <= static_cast<std::int64_t>(kMostLevelsOfFactor) + 1; ++H) {
    for (const std::int64_t workers : {2, 4})
      runs.push_back(run_of(
          {{"algorithm", std::string("local_sgd")}, {"H", H}, {"workers", workers}}, 1, 0.8));
  }
  const Effects effects = analyse(kTables, study_of(std::move(runs))).effects;
  REQUIRE(effects.main.size() == 1);
  CHECK(effects.main[0].contexts.size() == kMostLevelsOfFactor + 1);
  CHECK(effects.interactions.empty());
  CHECK(effects.left_out == std::vector<std::string>{"H (25 levels)"});
}

TEST_CASE("effects are in every report of tables, and each leads to its runs") {
  const Analysis analysis = factorial(additive);
  for (const std::string& text :
       {render_markdown(analysis), render_html(analysis), render_latex(analysis)}) {
    CHECK(text.find("main effects") != std::string::npos);
    CHECK(text.find("interactions") != std::string::npos);
    CHECK(text.find("algorithm: slowmo less local") != std::string::npos);
  }
  const auto json = nlohmann::json::parse(render_json(analysis));
  std::set<std::string> cells;
  for (const auto& cell : json["cells"]) cells.insert(cell["cell"]);
  for (const char* rows : {"main", "interactions"}) {
    CHECK_FALSE(json["effects"][rows].empty());
    for (const auto& row : json["effects"][rows]) {
      for (const auto& context : row["contexts"]) {
        CHECK(context.size() == std::size_t{1} << row["of"].size());
        for (const std::string cell : context) CHECK(cells.count(cell) == 1);
      }
    }
  }
}
