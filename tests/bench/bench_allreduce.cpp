// Mean of one row per process against MPI_Allreduce with the library's defaults, alternating in the
// same run. mpirun -n 2 bench_allreduce [MB of a row] [pairs] [KiB of a chunk]. Prints milliseconds
// and their ratio; judges nothing.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "trainer/comm/mpi.hpp"

namespace {

// The slowest process's milliseconds, from when all were ready.
template <class Work>
double milliseconds(Work work) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  work();
  double seconds = MPI_Wtime() - start, slowest = 0;
  MPI_Allreduce(&seconds, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return slowest * 1e3;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(lockstep::MpiEnvironment& environment, std::int64_t megabytes, int pairs,
             lockstep::MpiOptions options) {
  const auto communicator =
      lockstep::make_mpi_communicator(environment, environment.size(), options);
  const std::int64_t n = megabytes * 1'000'000 / 4;
  const at::Tensor rows = at::full({1, n}, environment.rank() + 1.0, at::kFloat);
  at::Tensor mean = at::zeros({n}, at::kFloat), sum = at::zeros({n}, at::kFloat);
  std::vector<double> ours, theirs, ratio;
  for (int pair = -2; pair < pairs; ++pair) {
    const double a = milliseconds([&] { communicator->mean(rows, mean, {}).wait(); });
    const double b = milliseconds([&] {
      MPI_Allreduce(rows.data_ptr(), sum.data_ptr(), static_cast<int>(n), MPI_FLOAT, MPI_SUM,
                    MPI_COMM_WORLD);
    });
    if (pair < 0) continue;  // warm-up
    ours.push_back(a);
    theirs.push_back(b);
    ratio.push_back(b / a);
  }
  if (!at::equal(sum / environment.size(), mean)) throw lockstep::CommError("the two means differ");
  if (environment.rank() != 0) return;
  fmt::print(
      "{} processes, {} MB float32, median of {} pairs: mean {:.1f} ms, MPI_Allreduce {:.1f} ms, "
      "ratio {:.2f}\n",
      environment.size(), megabytes, pairs, median(ours), median(theirs), median(ratio));
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  lockstep::MpiEnvironment environment;
  lockstep::MpiOptions options;
  if (argc > 3) options.chunk_bytes = std::atoll(argv[3]) << 10;
  try {
    compare(environment, argc > 1 ? std::atoll(argv[1]) : 100, argc > 2 ? std::atoi(argv[2]) : 11,
            options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %d: %s\n", environment.rank(), error.what());
    environment.abort(1);
  }
}
