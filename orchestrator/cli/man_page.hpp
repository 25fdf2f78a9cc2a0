// The manual page lockstep(1), from the commands and options themselves, so that it cannot say
// something else than -h does.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace lockstep {

/// In the macros of man(7). `root` is the program with all of its commands. Pure.
std::string man_page(const CLI::App& root);

}  // namespace lockstep
