// The plans of a study in parts, read by all cores at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "orchestrator/schedule/plan_reader.hpp"

namespace lockstep {

/// Bytes of a plan that one core reads at a time: they stay in its cache.
inline constexpr std::size_t kPartBytes = std::size_t{512} << 10;

/// All runs of these plans, part after part in their order; the last part of a plan may be longer
/// than `part_bytes`. Throws NotPlain, also for a plan that cannot be read.
std::vector<PlanPart> read_parts(const Tables& tables,
                                 const std::vector<std::filesystem::path>& plans,
                                 std::size_t part_bytes = kPartBytes);

}  // namespace lockstep
