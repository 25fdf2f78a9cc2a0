// The files of this folder as text in the program: reports/CMakeLists.txt puts them there.
#pragma once

namespace lockstep {

extern const char* const kPageStyle;       ///< page.css
extern const char* const kExplorerScript;  ///< explorer.js

}  // namespace lockstep
