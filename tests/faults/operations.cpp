#include "tests/faults/operations.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::test {

namespace {
namespace fs = std::filesystem;

class Attack {
 public:
  Attack(const Scene& scene, const Hurt& hurt) : scene_(scene), hurt_(hurt) {}

  /// How many operations the command has when nothing happens to it.
  long operations() const {
    const Study study(scene_.trainer, scene_.runs);
    scene_.before(study);
    FileFault none = fault_in(study, 0);
    none.counted = study.folder() / "counted";
    // An operation far beyond the last: counted, never hit.
    none.first = 1'000'000'000;
    const CommandResult result = study.lockstep(scene_.words(study), environment_of(none));
    Tally ignored;
    if (scene_.after) scene_.after(study, result, ignored);  // it may have left something at work
    std::error_code no_operation;
    const auto bytes = fs::file_size(none.counted, no_operation);
    return no_operation ? 0 : static_cast<long>(bytes);
  }

  /// Hurts operation `number` of a fresh study; nothing where the command had fewer this time.
  Tally at(long number) const {
    Tally tally;
    const Study study(scene_.trainer, scene_.runs);
    scene_.before(study);
    const FileFault fault = fault_in(study, number);
    const CommandResult result = study.lockstep(scene_.words(study), environment_of(fault));
    if (scene_.after) scene_.after(study, result, tally);
    if (!fs::exists(fault.fired)) return {};
    tally.injections = 1;
    if (hurt_.error != std::string("KILL")) {
      expect(tally, well_spoken(result), fmt::format("exit {}: {}", result.rc, result.err));
    }
    tally += study.finish_and_judge();
    for (std::string& note : tally.notes)
      note = fmt::format("{}, operation {}: {}", scene_.name, number, note);
    return tally;
  }

 private:
  FileFault fault_in(const Study& study, long first) const {
    return {.operations = hurt_.operations,
            .error = hurt_.error,
            .first = first,
            .for_good = hurt_.for_good,
            .program = "lockstep",
            .under = study.workspace().root(),
            .fired = study.folder() / "fired",
            .counted = {}};
  }

  const Scene& scene_;
  const Hurt& hurt_;
};
}  // namespace

Tally hurt_each_operation(int injections, Random& random, const Scene& scene, const Hurt& hurt) {
  Tally tally;
  const Attack attack(scene, hurt);
  const long all = attack.operations();
  if (all == 0) return tally;
  const double stride = std::max(1.0, static_cast<double>(all) / injections);
  const auto first = static_cast<long>(random() % static_cast<unsigned long>(all));
  // How many operations there are is not the same every time: a few may not be reached.
  for (int i = 0; tally.injections < injections && i < 2 * injections + 10; ++i)
    tally += attack.at(1 + (first + static_cast<long>(stride * i)) % all);
  return tally;
}

bool well_spoken(const CommandResult& result) {
  const bool known = result.rc == 0 || result.rc == 3 || result.rc == 5 || result.rc == 6;
  return known && !result.timed_out && result.err.find("filesystem error") == std::string::npos &&
         result.err.find("terminate") == std::string::npos;
}

}  // namespace lockstep::test
