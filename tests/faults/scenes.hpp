// Every command that writes, each in the middle of a study's life, with what must hold after it was
// cut off.
#pragma once

#include "tests/faults/operations.hpp"

namespace lockstep::test {

Scene run_scene();
Scene submit_scene();            ///< the command and, once it has forked, its supervisor
Scene resume_scene();            ///< of a run that failed
Scene resume_cancelled_scene();  ///< of a cancelled study
Scene cancel_scene();            ///< beside a supervisor whose runs work
Scene prune_scene();             ///< a spec that asks for less
Scene gc_scene();                ///< with something to delete of every kind, and much to be left
Scene import_scene();
Scene rebuild_scene();
Scene report_scene();
Scene calibrate_scene();
Scene backup_scene();
Scene bundle_scene();

}  // namespace lockstep::test
