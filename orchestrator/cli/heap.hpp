// Where the program's memory comes from.
#pragma once

namespace lockstep {

/// Puts the first 256 MB of the heap into huge pages, where the system has them: each page of 4 KB
/// costs a fault, and a look at ten thousand runs takes thousands. Only address space is taken, and
/// none where it is limited (`ulimit -v`, `-d`). Call it once, first thing in main().
void use_huge_pages();

}  // namespace lockstep
