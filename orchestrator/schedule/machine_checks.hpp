// What a machine must have for training and honest times: shared memory for MPI, number formats of
// the CPU, and nothing else to do. Texts of /proc come in as arguments, so that tests need no other
// machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/schedule/doctor.hpp"

namespace lockstep {

/// The CPU's model, and which of the instructions that make training fast it has.
Check check_cpu(std::string_view cpuinfo);
/// Load of the last minute: a busy machine measures noise.
Check check_load(double load, int cores);
/// Open MPI passes messages through /dev/shm; containers have 64 MB unless told otherwise.
Check check_shared_memory(std::int64_t free_bytes);
Check check_terminal(bool is_tty, const std::string& term, int columns);
/// SQLite before 3.51.3 can lose a WAL that is reset while another process commits.
Check check_journal_mode(const std::string& mode, int sqlite_version);

/// The first three, of this machine.
std::vector<Check> check_this_machine();

}  // namespace lockstep
