// MPI return codes as exceptions. For the .cpp files of this folder.
#pragma once

namespace lockstep {

/// Throws CommError{call, rank, MPI's text} unless `code` is MPI_SUCCESS.
void check_mpi(int code, const char* call);

}  // namespace lockstep
