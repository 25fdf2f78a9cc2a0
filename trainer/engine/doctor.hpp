#pragma once

namespace lockstep {

/// Checks what training depends on here (BLAS and its speed, vector instructions, tensor
/// arithmetic) and prints
/// {"checks": [{"name", "ok", "detail", "fix"}]} to stdout. Returns an exit code: 0, also where a
/// check is not ok.
int check_machine();

}  // namespace lockstep
