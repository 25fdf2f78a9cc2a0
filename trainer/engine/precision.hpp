// What a run's precision means: the type of its rows, whether forward passes are cast, and which
// processors can do it at a useful speed.
#pragma once

#include <ATen/core/Tensor.h>

#include <iosfwd>

#include "sweeps/run/run_config.hpp"

namespace lockstep {

/// The type of parameters, gradients, momentum and statistics: bfloat16 is a way to pass forward,
/// its rows are float32.
at::ScalarType scalar_type_of(const RunConfig& config);

/// Whether forward passes are cast to bfloat16.
bool casts_to_bfloat16(const RunConfig& config);

/// Whether a processor that /proc/cpuinfo describes like this multiplies bfloat16 in hardware
/// (AVX512_BF16 or AMX).
bool multiplies_bfloat16(std::istream& cpuinfo);

/// Throws ConfigError where this machine cannot train in the run's precision.
void require_precision(const RunConfig& config);

}  // namespace lockstep
