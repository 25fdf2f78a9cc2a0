#include "trainer/comm/slice_trade.hpp"

#include <cstring>

namespace lockstep {

void Blocks::set(int process, std::int64_t start, std::int64_t count) {
  counts[static_cast<std::size_t>(process)] = static_cast<int>(count);
  starts[static_cast<std::size_t>(process)] = static_cast<int>(start);
}

SliceTrade::SliceTrade(const Partition& partition, int process)
    : partition_(partition),
      me_(process),
      sent_(partition.processes()),
      received_(partition.processes()),
      slices_(partition.processes()) {}

void SliceTrade::prepare(const RowsView& in, Slice chunk) {
  const std::int64_t element = bytes_of(in.element);
  const int processes = partition_.processes();
  own_ = slice_of(chunk.size(), processes, me_);
  for (int p = 0; p < processes; ++p) {
    const Slice slice = slice_of(chunk.size(), processes, p);
    slices_.set(p, slice.begin * element, slice.size() * element);
  }
  pack(in, chunk);
  point(in, chunk);
  bytes_sent_ = (in.count * (chunk.size() - own_.size()) + (processes - 1) * own_.size()) * element;
}

// A single row is sent from its place; of several, the slices for one process are brought together.
void SliceTrade::pack(const RowsView& in, Slice chunk) {
  const std::int64_t begin = chunk.begin * bytes_of(in.element);
  const bool in_place = in.count == 1;
  if (!in_place) {
    send_buffer_.resize(static_cast<std::size_t>(in.count * chunk.size() * bytes_of(in.element)));
  }
  to_send_ = in_place ? in.data + begin : send_buffer_.data();
  std::int64_t at = 0;
  for (int p = 0; p < partition_.processes(); ++p) {
    if (p == me_) continue;
    const auto index = static_cast<std::size_t>(p);
    const std::int64_t start = slices_.starts[index], bytes = slices_.counts[index];
    sent_.set(p, in_place ? start : at, in.count * bytes);
    if (in_place) continue;
    for (std::int64_t i = 0; i < in.count; ++i, at += bytes) {
      std::memcpy(send_buffer_.data() + at, in.row(i) + begin + start,
                  static_cast<std::size_t>(bytes));
    }
  }
}

// Our own rows are read where they are, those of the others where they arrive.
void SliceTrade::point(const RowsView& in, Slice chunk) {
  const std::int64_t bytes = own_.size() * bytes_of(in.element);
  const std::int64_t own_start = (chunk.begin + own_.begin) * bytes_of(in.element);
  receive_buffer_.resize(static_cast<std::size_t>((partition_.total() - in.count) * bytes));
  worker_slices_.clear();
  std::int64_t at = 0;
  for (int p = 0; p < partition_.processes(); ++p) {
    const std::int64_t rows = partition_.count(p);
    for (std::int64_t i = 0; i < rows; ++i) {
      worker_slices_.push_back(p == me_ ? in.row(i) + own_start
                                        : receive_buffer_.data() + at + i * bytes);
    }
    if (p == me_) continue;
    received_.set(p, at, rows * bytes);
    at += rows * bytes;
  }
}

}  // namespace lockstep
