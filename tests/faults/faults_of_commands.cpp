// Commands that are killed, or refused, in each of their file operations.
#include "tests/faults/scenes.hpp"

namespace lockstep::test {

namespace {
template <Scene (*scene)()>
Tally killed(int injections, Random& random) {
  return hurt_each_operation(injections, random, scene(), kKill);
}

/// The commands that change what a study's runs are to do, in turn.
Tally refused(int injections, Random& random, const Hurt& hurt) {
  constexpr Scene (*kScenes[])() = {submit_scene, resume_scene, cancel_scene, gc_scene};
  Tally tally;
  const int each = std::max(1, injections / static_cast<int>(std::size(kScenes)));
  for (const auto scene : kScenes) {
    if (tally.injections < injections) tally += hurt_each_operation(each, random, scene(), hurt);
  }
  return tally;
}

Tally full_commands(int injections, Random& random) {
  return refused(injections, random, {"open,write,fsync,close,mkdir,link,rename", "ENOSPC"});
}
Tally broken_commands(int injections, Random& random) {
  return refused(injections, random, {"any", "EIO"});
}
}  // namespace

std::vector<Fault> faults_of_commands() {
  return {
      {"kill-in-operation", "kill -9 of `run` in each file operation", Trainer::fake, 100,
       killed<run_scene>},
      {"kill-submit", "kill -9 of `submit` or its supervisor in each", Trainer::fake, 100,
       killed<submit_scene>},
      {"kill-resume", "kill -9 of `resume` of failed runs in each", Trainer::fake, 100,
       killed<resume_scene>},
      {"kill-resumption", "kill -9 of `resume` of a cancelled study in each", Trainer::fake, 50,
       killed<resume_cancelled_scene>},
      {"kill-cancel", "kill -9 of `cancel` in each file operation", Trainer::fake, 20,
       killed<cancel_scene>},
      {"kill-gc", "kill -9 of `gc --yes` in each file operation", Trainer::real, 30,
       killed<gc_scene>},
      {"kill-prune", "kill -9 of `run --prune` in each file operation", Trainer::fake, 50,
       killed<prune_scene>},
      {"kill-import", "kill -9 of `import` in each file operation", Trainer::fake, 50,
       killed<import_scene>},
      {"kill-rebuild", "kill -9 of `db rebuild` in each file operation", Trainer::fake, 50,
       killed<rebuild_scene>},
      {"kill-backup", "kill -9 of `db backup` in each file operation", Trainer::fake, 20,
       killed<backup_scene>},
      {"kill-report", "kill -9 of `report` in each file operation", Trainer::fake, 50,
       killed<report_scene>},
      {"kill-export", "kill -9 of `export --what bundle` in each", Trainer::fake, 20,
       killed<bundle_scene>},
      {"kill-calibrate", "kill -9 of `calibrate` in each file operation", Trainer::fake, 20,
       killed<calibrate_scene>},
      {"full-commands", "disk full in one operation of submit, resume, cancel, gc", Trainer::fake,
       40, full_commands},
      {"broken-commands", "EIO in one operation of submit, resume, cancel, gc", Trainer::fake, 40,
       broken_commands},
  };
}

}  // namespace lockstep::test
