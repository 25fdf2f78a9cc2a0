// Mean of one row per process against MPI_Allreduce with the library's defaults, alternating in the
// same run, from 1 KiB to 256 MiB. mpirun -n 2 bench_allreduce [pairs] [largest MiB] [in-place |
// copied | messages]: rows in the communicator's memory, rows anywhere, or no shared memory. Passes
// where the ratio at 100 MB is at least 4 at the lower end of its 95 % interval. Last, 100 MB
// again with an allocator that keeps the memory that MPI_Allreduce takes and frees in every call:
// how much of the ratio is page faults.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <malloc.h>
#include <mpi.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/bench/bench_result.hpp"
#include "trainer/comm/mpi.hpp"

using namespace lockstep;
using namespace lockstep::bench;

namespace {

constexpr double kWanted = 4;
constexpr std::int64_t kJudged = 100'000'000;
constexpr int kKept = 1 << 30;  // bytes: more than MPI_Allreduce takes for kJudged

struct Rows {
  at::Tensor mine, mean, sum;
};

// The slowest process's milliseconds for one call, from when all were ready. One call goes before:
// a virtual machine whose host takes back freed pages makes the first mean after MPI_Allreduce pay
// for what that one freed, many times its own time.
template <class Work>
double milliseconds(int repeats, Work work) {
  work();
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  for (int i = 0; i < repeats; ++i) work();
  double seconds = MPI_Wtime() - start, slowest = 0;
  MPI_Allreduce(&seconds, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return slowest * 1e3 / repeats;
}

Rows rows_of(Communicator& communicator, int rank, std::int64_t n, bool in_place) {
  Rows rows;
  rows.mine = in_place ? communicator.zeros(1, n, at::kFloat) : at::zeros({1, n}, at::kFloat);
  rows.mean = in_place ? communicator.zeros(1, n, at::kFloat)[0] : at::zeros({n}, at::kFloat);
  rows.sum = at::zeros({n}, at::kFloat);
  rows.mine.fill_(rank + 1.0);
  return rows;
}

// Returns whether the row of JSON passes; true where it is not judged.
bool compare(MpiEnvironment& environment, std::int64_t bytes, int pairs, const std::string& how,
             bool memory_kept = false) {
  const auto communicator =
      make_mpi_communicator(environment, environment.size(), {.share_memory = how != "messages"});
  const std::int64_t n = bytes / 4;
  Rows rows = rows_of(*communicator, environment.rank(), n, how == "in-place");
  const int repeats = static_cast<int>(std::clamp<std::int64_t>((1 << 20) / bytes, 1, 100));
  std::vector<double> ours, theirs, ratio;
  for (int pair = -2; pair < pairs; ++pair) {
    const double a =
        milliseconds(repeats, [&] { communicator->mean(rows.mine, rows.mean, {}).wait(); });
    const double b = milliseconds(repeats, [&] {
      MPI_Allreduce(rows.mine.data_ptr(), rows.sum.data_ptr(), static_cast<int>(n), MPI_FLOAT,
                    MPI_SUM, MPI_COMM_WORLD);
    });
    if (pair < 0) continue;  // warm-up
    ours.push_back(a);
    theirs.push_back(b);
    ratio.push_back(b / a);
  }
  if (!at::equal(rows.sum / environment.size(), rows.mean)) throw CommError("the two means differ");
  if (environment.rank() != 0) return true;
  const Interval times = median_interval(ratio);
  const double our_ms = median_interval(ours).median, their_ms = median_interval(theirs).median;
  const bool judged = bytes == kJudged && !memory_kept, pass = times.low >= kWanted;
  fmt::print(
      "{:>9} bytes: mean {:.3f} ms, MPI_Allreduce {:.3f} ms, ratio {:.2f} [{:.2f}, {:.2f}]{}\n",
      bytes, our_ms, their_ms, times.median, times.low, times.high,
      judged        ? fmt::format("  {}: at least {} wanted", verdict(pass), kWanted)
      : memory_kept ? "  (its memory kept)"
                    : "");
  std::fflush(stdout);
  nlohmann::ordered_json json = {{"rows", how},
                                 {"processes", environment.size()},
                                 {"bytes", bytes},
                                 {"memory_kept", memory_kept},
                                 {"pairs", pairs},
                                 {"mean_ms", our_ms},
                                 {"mpi_allreduce_ms", their_ms},
                                 {"ratio", to_json(times)}};
  if (judged) json["pass"] = pass;
  print_json("allreduce", json);
  return !judged || pass;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  MpiEnvironment environment;
  const int pairs = argc > 1 ? std::max(10, std::atoi(argv[1])) : 15;
  const std::int64_t largest = (argc > 2 ? std::atoll(argv[2]) : 256) << 20;
  const std::string how = argc > 3 ? argv[3] : "in-place";
  bool pass = true;
  try {
    std::vector<std::int64_t> sizes;
    for (std::int64_t bytes = 1 << 10; bytes <= largest; bytes *= 4) sizes.push_back(bytes);
    if (largest >= kJudged) sizes.push_back(kJudged);
    std::sort(sizes.begin(), sizes.end());
    for (const std::int64_t bytes : sizes) pass = compare(environment, bytes, pairs, how) && pass;
    // Older glibc accepts no more than 32 MB.
    if (largest >= kJudged && mallopt(M_MMAP_THRESHOLD, kKept) == 1) {
      mallopt(M_TRIM_THRESHOLD, kKept);
      compare(environment, kJudged, pairs, how, true);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %d: %s\n", environment.rank(), error.what());
    environment.abort(1);
  }
  return pass ? 0 : 1;
}
