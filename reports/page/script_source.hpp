// How the page's policy names the one script that may run.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// 'sha256-...', as Content Security Policy Level 3 names a script by its text.
std::string sha256_source(std::string_view script);

}  // namespace lockstep
