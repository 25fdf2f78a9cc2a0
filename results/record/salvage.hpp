// What is left of a damaged segment, for those who ask for it: the records before and after the
// damage, and where something is missing between them. Nobody gets this by accident: somebody
// agrees to it for exactly these bytes, in a file beside the segment, and with other bytes, or the
// whole file back in its place, the agreement is void.
#pragma once

#include <optional>
#include <string_view>

#include "results/record/record_file.hpp"
#include "results/record/run_directory.hpp"

namespace lockstep {

/// A corrupt `segment` of `bytes`, with the good records after the damage in `records` and all that
/// is missing in `gaps`. Each line proves itself by its checksum and its place by its number, so
/// what follows the damage is the longest row of rising numbers; a line from elsewhere breaks it.
/// Nothing where that does not do: without a header, where no line shows which one is wrong, or
/// where all records are there and are still not those that RESULT sealed. `name` is for its
/// message. Pure.
std::optional<Segment> salvage(const Segment& segment, std::string_view bytes,
                               std::string_view name, const Seal* seal);

/// attempts/<n>.salvage: the agreement.
std::filesystem::path salvage_file(const RunDirectory& run, int n);

/// Whether somebody has agreed to what is left of these bytes of attempt `n`.
bool is_salvage_agreed(const RunDirectory& run, int n, std::string_view bytes);

/// Agrees to what is left of attempt `n`, durably. False where it is not corrupt, or cannot be
/// salvaged. Throws WriteError.
bool agree_to_salvage(const RunDirectory& run, int n);

}  // namespace lockstep
