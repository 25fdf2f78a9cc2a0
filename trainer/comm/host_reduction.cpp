#include "trainer/comm/host_reduction.hpp"

#include <algorithm>
#include <cstring>

namespace lockstep {

namespace {
constexpr std::int64_t kWidestElement = 8;  // bytes of a float64
// What is laid out for others is read by them from the cache: half a megabyte for each of the two
// sides of a staging place fits the second-level cache of current cores.
constexpr std::int64_t kLargestStage = std::int64_t{1} << 19;
// A result is passed on to the others while it is in the first-level cache.
constexpr std::int64_t kTileBytes = std::int64_t{1} << 14;

int fullest(const Partition& partition) {
  int most = 1;
  for (int p = 0; p < partition.processes(); ++p) most = std::max(most, partition.count(p));
  return most;
}

// Room for the rows of the fullest process; every process gets at least one column of a chunk.
std::int64_t stage_bytes_for(const Partition& partition, std::int64_t chunk_bytes) {
  const std::int64_t column = fullest(partition) * kWidestElement;
  const std::int64_t columns = std::min(chunk_bytes, kLargestStage) / column;
  return std::max<std::int64_t>(columns, partition.processes()) * column;
}

std::int64_t board_bytes_for(int processes) {
  return (HostMeeting::bytes_for(processes) + 63) / 64 * 64;  // what follows is aligned to a line
}

void copy_bytes(std::byte* to, const std::byte* from, std::int64_t bytes) {
  std::memcpy(to, from, static_cast<std::size_t>(bytes));
}
}  // namespace

// The board is in the segment of process 0; in each segment follow staged rows and staged results.
std::int64_t HostReduction::desk_bytes(const Partition& partition, std::int64_t chunk_bytes) {
  return board_bytes_for(partition.processes()) + 2 * stage_bytes_for(partition, chunk_bytes);
}

HostReduction::HostReduction(const Partition& partition, int process,
                             std::shared_ptr<SharedMemory> desk, std::int64_t chunk_bytes,
                             std::function<void()> while_waiting)
    : partition_(partition),
      me_(process),
      stage_bytes_(stage_bytes_for(partition, chunk_bytes)),
      board_bytes_(board_bytes_for(partition.processes())),
      desk_(std::move(desk)),
      meeting_(desk_->segment(0), partition.processes(), process, std::move(while_waiting)) {}

HostMeeting::Place HostReduction::place_of(const std::byte* data, std::int64_t bytes) const {
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    const std::int64_t offset = memories_[i]->offset_in(me_, data, bytes);
    if (offset >= 0) return {static_cast<std::int32_t>(i), offset};
  }
  return {};
}

std::byte* HostReduction::at(int process, HostMeeting::Place place) const {
  return memories_[static_cast<std::size_t>(place.memory)]->segment(process) + place.offset;
}

std::byte* HostReduction::staged_row(int process, std::int64_t row, std::int64_t row_bytes) const {
  return desk_->segment(process) + board_bytes_ + row * row_bytes;
}

std::byte* HostReduction::staged_result(int process) const {
  return desk_->segment(process) + board_bytes_ + stage_bytes_;
}

std::int64_t HostReduction::reduce(const Reduction& reduction, const RowsView& in,
                                   const RowsView& out) {
  const std::int64_t element = bytes_of(in.element);
  meeting_.meet(Post{reduction.kind, in.element, in.n, place_of(in.data, in.count * in.row_bytes()),
                     place_of(out.data, out.row_bytes())});
  bool in_place = true;
  for (int p = 0; p < partition_.processes(); ++p) {
    in_place = in_place && meeting_.post(p).rows.shared() && meeting_.post(p).out.shared();
  }
  const std::int64_t step = in_place ? in.n : stage_bytes_ / (fullest(partition_) * element);
  if (in.n == 0) meeting_.meet();  // before the posts are overwritten
  for (std::int64_t begin = 0; begin < in.n; begin += step) {
    const Slice chunk{begin, std::min(begin + step, in.n)};
    if (!in_place) {
      stage(in, chunk);
      meeting_.meet();
    }
    reduce_own_slice(reduction, in, out, chunk);
    meeting_.meet();
    fetch(out, chunk);
  }
  const std::int64_t own = slice_of(in.n, partition_.processes(), me_).size();
  return (in.count * (in.n - own) + (partition_.processes() - 1) * own) * element;
}

// Lays out the columns that others reduce.
void HostReduction::stage(const RowsView& in, Slice chunk) const {
  if (meeting_.post(me_).rows.shared()) return;
  const std::int64_t element = bytes_of(in.element), row_bytes = chunk.size() * element;
  for (int p = 0; p < partition_.processes(); ++p) {
    if (p == me_) continue;
    const Slice slice = slice_of(chunk.size(), partition_.processes(), p);
    for (std::int64_t i = 0; i < in.count; ++i) {
      copy_bytes(staged_row(me_, i, row_bytes) + slice.begin * element,
                 in.row(i) + (chunk.begin + slice.begin) * element, slice.size() * element);
    }
  }
}

// Nobody else touches these columns meanwhile. `out` may be a row of `in`: of each tile it is
// written after it was read.
void HostReduction::reduce_own_slice(const Reduction& reduction, const RowsView& in,
                                     const RowsView& out, Slice chunk) const {
  const std::int64_t element = bytes_of(in.element);
  const Slice own = slice_of(chunk.size(), partition_.processes(), me_);
  std::vector<const std::byte*> rows;  // of all workers, from the chunk's first column on
  std::vector<std::byte*> results;     // where else the result goes
  bool for_stage = false;
  for (int p = 0; p < partition_.processes(); ++p) {
    const Post& post = meeting_.post(p);
    for (std::int64_t i = 0; i < partition_.count(p); ++i) {
      rows.push_back(p == me_ ? in.row(i) + chunk.begin * element
                     : post.rows.shared()
                         ? at(p, post.rows) + i * in.row_bytes() + chunk.begin * element
                         : staged_row(p, i, chunk.size() * element));
    }
    if (p == me_) continue;
    if (post.out.shared()) {
      results.push_back(at(p, post.out) + chunk.begin * element);
    } else {
      for_stage = true;
    }
  }
  if (for_stage) results.push_back(staged_result(me_));
  std::byte* const mine = out.data + chunk.begin * element;
  for (std::byte const*& row : rows) row += own.begin * element;
  for (std::int64_t done = 0; done < own.size();) {
    const std::int64_t columns = std::min(kTileBytes / element, own.size() - done);
    std::byte* const tile = mine + (own.begin + done) * element;
    reduction.apply(in.element, rows, tile, columns);
    for (std::byte* result : results) {
      copy_bytes(result + (own.begin + done) * element, tile, columns * element);
    }
    for (std::byte const*& row : rows) row += columns * element;
    done += columns;
  }
}

void HostReduction::fetch(const RowsView& out, Slice chunk) const {
  if (meeting_.post(me_).out.shared()) return;
  const std::int64_t element = bytes_of(out.element);
  for (int p = 0; p < partition_.processes(); ++p) {
    if (p == me_) continue;
    const Slice slice = slice_of(chunk.size(), partition_.processes(), p);
    copy_bytes(out.data + (chunk.begin + slice.begin) * element,
               staged_result(p) + slice.begin * element, slice.size() * element);
  }
}

}  // namespace lockstep
