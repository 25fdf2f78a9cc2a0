// Identity: what an id is made of, and what leaves it alone.
#include <algorithm>
#include <catch2/catch.hpp>

#include "sweeps/run/run_id.hpp"
#include "tests/unit/sweeps/spec_fixture.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {
using Given = std::map<std::string, Value>;

const Given kGiven = {{"algorithm", std::string("local_sgd")},
                      {"model", std::string("mlp")},
                      {"dataset", std::string("synthetic")},
                      {"epochs", std::int64_t{2}},
                      {"H", std::int64_t{4}}};

RunConfig config(const Tables& with_tables = tables(), Given given = kGiven) {
  Resolution resolution = resolve(with_tables, given);
  REQUIRE(resolution.problems.empty());
  return resolution.config;
}

RunConfig with(const std::string& name, Value value) {
  Given given = kGiven;
  given[name] = std::move(value);
  return config(tables(), given);
}

/// The built-in tables and a newer parameter that all runs use.
Tables with_newer_parameter() {
  Tables newer = tables();
  newer.parameters.push_back({.name = "clip",
                              .type = Type::real,
                              .initial = 0.0,
                              .range = {0, 100},
                              .since = 2,
                              .doc = "Test."});
  return newer;
}
}  // namespace

TEST_CASE("SHA-256, against its standard") {
  // FIPS 180-2, appendix B, and the empty message.
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("an id is the front of the hash of the canonical bytes") {
  // The bytes, and what sha256sum says of them.
  const std::string bytes =
      R"({"H":4,"algorithm":"local_sgd","algorithm_revision":1,"batch_per_worker":32,"dataset":"synthetic",)"
      R"("dataset_revision":1,"epochs":2,"evals_per_epoch":1,"hidden":128,"lr":0.1,"lr_scaling":"none",)"
      R"("lr_schedule":"constant","model":"mlp","model_revision":1,"momentum":0.9,"momentum_buffers":"maintain",)"
      R"("nesterov":false,"noise":1.0,"precision":"float32","seed":1,"train_samples":0,"warmup_epochs":0.0,)"
      R"("weight_decay":0.0,"workers":1})";
  REQUIRE(config().canonical_json() == bytes);
  CHECK(RunId::of(config()).text() == "25e418cdb279ba6bbf2f8caf2153e9f1");
  // Without the seed, and without seed and lr.
  CHECK(cell_of(config()) == "c686e1a216f5");
  CHECK(tuning_group_of(tables(), config(), {"lr"}) == "68424f9b9594");
}

TEST_CASE("ids are 32 lower-case hex digits") {
  const RunId id = RunId::of(config());
  CHECK(RunId::parse(id.text()) == id);
  for (const char* text :
       {"", "0", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789abcdef", "../../../../../../../../etc/passwd",
        "0123456789abcdef0123456789abcdeg"}) {
    INFO(text);
    CHECK_FALSE(RunId::parse(text));
  }
}

TEST_CASE("every parameter that is used is in the id") {
  const RunId id = RunId::of(config());
  CHECK(RunId::of(with("seed", std::int64_t{2})) != id);
  CHECK(RunId::of(with("lr", 0.2)) != id);
  CHECK(RunId::of(with("precision", std::string("float64"))) != id);
  CHECK(RunId::of(with("nesterov", true)) != id);
  CHECK(RunId::of(with("evals_per_epoch", std::int64_t{2})) != id);
}

TEST_CASE("giving a default is the same as leaving it out") {
  CHECK(RunId::of(with("lr", 0.1)) == RunId::of(config()));
  CHECK(RunId::of(with("momentum_buffers", std::string("maintain"))) == RunId::of(config()));
  CHECK(RunId::of(with("weight_decay", -0.0)) == RunId::of(config()));
  CHECK(RunId::of(with("weight_decay", std::int64_t{0})) == RunId::of(config()));
}

TEST_CASE("a newer parameter at its default leaves ids alone") {
  const Tables newer = with_newer_parameter();
  const RunConfig same = config(newer);
  CHECK(same.real("clip") == 0);  // it has a value all the same
  CHECK(RunId::of(same) == RunId::of(config()));
  CHECK(cell_of(same) == cell_of(config()));
  CHECK(parse_config(newer, config().canonical_json()) == same);

  Given given = kGiven;
  given["clip"] = 0.0;
  CHECK(RunId::of(config(newer, given)) == RunId::of(config()));
  given["clip"] = 1.0;
  CHECK(RunId::of(config(newer, given)) != RunId::of(config()));
}

TEST_CASE("a newer parameter at the default of its algorithm leaves ids alone too") {
  Tables newer = with_newer_parameter();
  for (AlgorithmRow& row : newer.algorithms) row.overrides.push_back({"clip", 5.0});
  CHECK(config(newer).real("clip") == 5);
  CHECK(RunId::of(config(newer)) == RunId::of(config()));
  Given given = kGiven;
  given["clip"] = 0.0;
  CHECK(RunId::of(config(newer, given)) != RunId::of(config()));
}

TEST_CASE("a corrected row changes exactly the ids of its own runs") {
  Tables corrected = tables();
  for (AlgorithmRow& row : corrected.algorithms) row.revision += row.name == "slowmo" ? 1 : 0;
  CHECK(RunId::of(config(corrected)) == RunId::of(config()));
  Given slowmo = kGiven;
  slowmo["algorithm"] = std::string("slowmo");
  CHECK(RunId::of(config(corrected, slowmo)) != RunId::of(config(tables(), slowmo)));
}

TEST_CASE("a further algorithm changes no id") {
  Tables more = tables();
  more.algorithms.insert(more.algorithms.begin(),
                         {.name = "aaa_sgd", .parts = more.algorithms[0].parts});
  CHECK(RunId::of(config(more)) == RunId::of(config()));
}

TEST_CASE("cells ignore the seed, tuning groups what is selected too") {
  CHECK(cell_of(with("seed", std::int64_t{9})) == cell_of(config()));
  CHECK(cell_of(with("lr", 0.2)) != cell_of(config()));
  CHECK(tuning_group_of(tables(), with("lr", 0.2), {"lr"}) ==
        tuning_group_of(tables(), config(), {"lr"}));
  CHECK(tuning_group_of(tables(), with("lr", 0.2), {}) != tuning_group_of(tables(), config(), {}));
  CHECK(tuning_group_of(tables(), with("H", std::int64_t{8}), {"lr"}) !=
        tuning_group_of(tables(), config(), {"lr"}));
  CHECK(tuning_group_of(tables(), config(), {}) == cell_of(config()));
  CHECK(config().without("seed").canonical_json() == config().canonical_json_without({"seed"}));
}

TEST_CASE("a tuning group leaves out what is used only for some selected values") {
  // Without weight decay nobody asks where it reaches, without momentum there are no buffers.
  const RunConfig none = with("weight_decay", 0.0);
  const RunConfig some = with("weight_decay", 1e-4);
  REQUIRE(none.has("decay_norm_and_bias") != some.has("decay_norm_and_bias"));
  const std::vector<std::string> decay{"weight_decay"};
  CHECK(tuning_group_of(tables(), none, decay) == tuning_group_of(tables(), some, decay));
  CHECK(tuning_group_of(tables(), none, {"lr"}) != tuning_group_of(tables(), some, {"lr"}));

  const RunConfig plain = with("momentum", 0.0);
  REQUIRE(plain.has("momentum_buffers") != config().has("momentum_buffers"));
  CHECK(tuning_group_of(tables(), plain, {"momentum"}) ==
        tuning_group_of(tables(), config(), {"momentum"}));
}

TEST_CASE("a tuning group leaves out dependents of dependents, in whatever order the table is") {
  Tables chained = tables();
  const auto add = [&](const char* name, const char* on) {
    chained.parameters.push_back({.name = name,
                                  .type = Type::real,
                                  .initial = 1.0,
                                  .when = Condition{on, {0.0}, true},
                                  .doc = "Test."});
  };
  add("clip", "weight_decay");
  add("clip_norm", "clip");
  Tables backwards = chained;
  std::reverse(backwards.parameters.begin(), backwards.parameters.end());

  const RunConfig neither = config(chained);
  Given given = kGiven;
  given["weight_decay"] = 0.1;
  const RunConfig both = config(chained, given);
  REQUIRE(both.has("clip_norm"));
  REQUIRE_FALSE(neither.has("clip"));
  for (const Tables* some : {&chained, &backwards}) {
    CHECK(tuning_group_of(*some, neither, {"weight_decay"}) ==
          tuning_group_of(*some, both, {"weight_decay"}));
  }
}
