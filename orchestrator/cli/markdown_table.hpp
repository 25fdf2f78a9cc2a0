// Tables of the reference page.
#pragma once

#include <string>
#include <vector>

namespace lockstep {

using Words = std::vector<std::string>;

/// `a`, `b`
std::string code(const Words& words);

/// One row; an empty cell stays empty. Cells are Markdown already.
std::string table_row(const Words& cells);

/// A section's title and text, and the head of its table.
std::string table_head(const std::string& title, const std::string& text, const Words& columns);

}  // namespace lockstep
