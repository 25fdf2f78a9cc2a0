// What ran: machine, libraries, environment. For the record header and env.json.
#pragma once

#include <map>
#include <string>

namespace lockstep {

/// "AMD EPYC 7B13": the CPU's model name.
std::string cpu_model();
/// torch, blas -> version or file, of this process.
std::map<std::string, std::string> loaded_libraries();
/// Cores of this machine that are busy while the caller sleeps for `seconds`; negative where
/// /proc/stat does not tell.
double busy_cores(double seconds);
/// UTC, ISO 8601, whole seconds.
std::string utc_now();
/// JSON of host, libraries and the environment variables on the allow-list; values that look like
/// secrets are masked.
std::string environment_json();

}  // namespace lockstep
