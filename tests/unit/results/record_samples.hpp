// Records and files that several tests share: fixed, with every member away from its default.
#pragma once

#include <string>
#include <vector>

#include "results/record/record_file.hpp"

namespace lockstep::test {

/// One record of every type.
std::vector<Record> one_of_each();

/// A plausible run: header, then steps, syncs and evaluations, `count` records in all. Sealed by an
/// end if asked.
std::vector<Record> plausible_run(int count, bool sealed);

/// The lines of `records`, seq from 0.
std::string lines_of(const std::vector<Record>& records);

void write_raw(const std::filesystem::path& path, std::string_view bytes);

}  // namespace lockstep::test
