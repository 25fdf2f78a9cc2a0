#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>

#include "trainer/comm/host_reduction.hpp"
#include "trainer/comm/mpi.hpp"
#include "trainer/comm/mpi_check.hpp"
#include "trainer/comm/mpi_comm.hpp"
#include "trainer/comm/partition.hpp"
#include "trainer/comm/rows.hpp"
#include "trainer/comm/self.hpp"
#include "trainer/comm/slice_trade.hpp"

namespace lockstep {

namespace {

// `piece` bytes at the start of a row of `row_bytes`; consecutive ones lie a row apart.
class RowPiece {
 public:
  RowPiece(std::int64_t piece, std::int64_t row_bytes) {
    MPI_Datatype bytes = MPI_DATATYPE_NULL;
    check_mpi(MPI_Type_contiguous(static_cast<int>(piece), MPI_BYTE, &bytes),
              "MPI_Type_contiguous");
    check_mpi(MPI_Type_create_resized(bytes, 0, row_bytes, &type_), "MPI_Type_create_resized");
    check_mpi(MPI_Type_free(&bytes), "MPI_Type_free");
    check_mpi(MPI_Type_commit(&type_), "MPI_Type_commit");
  }
  RowPiece(const RowPiece&) = delete;
  RowPiece& operator=(const RowPiece&) = delete;
  ~RowPiece() { MPI_Type_free(&type_); }
  MPI_Datatype get() const { return type_; }

 private:
  MPI_Datatype type_ = MPI_DATATYPE_NULL;
};

void copy_bytes(std::byte* to, const std::byte* from, std::int64_t bytes) {
  if (bytes > 0 && to != from) std::memmove(to, from, static_cast<std::size_t>(bytes));
}

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator(MpiComm comm, Partition partition, int process, MpiOptions options)
      : comm_(std::move(comm)),
        partition_(std::move(partition)),
        me_(process),
        options_(options),
        trade_(partition_, process) {
    if (options_.share_memory && on_one_host(comm_)) meet_in_memory();
  }

  WorkerRange workers() const override { return partition_.range(me_); }

  Pending mean(const at::Tensor& rows, at::Tensor& out, std::span<const double> weights) override {
    return reduce(Reduction::mean(weights, partition_.total()), rows, out);
  }

  Pending max(const at::Tensor& rows, at::Tensor& out) override {
    return reduce(Reduction::max(), rows, out);
  }

  Pending broadcast(at::Tensor& row, int root_worker) override;
  Pending all_gather(const at::Tensor& rows, at::Tensor& out) override;
  Pending exchange(const at::Tensor& rows, at::Tensor& in, std::span<const int> peers) override;
  void barrier() override;
  at::Tensor zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) override;
  std::unique_ptr<Communicator> group(WorkerRange group) override;
  std::int64_t bytes_sent() const override { return bytes_sent_; }

 private:
  int processes() const { return partition_.processes(); }
  std::int64_t local_count() const { return partition_.count(me_); }
  std::int64_t columns_per_chunk(std::int64_t element) const;
  void meet_in_memory();
  std::shared_ptr<SharedMemory> shared_memory(std::int64_t bytes);

  Pending reduce(const Reduction& reduction, const at::Tensor& rows, at::Tensor& out);
  void reduce_chunk(const Reduction& reduction, const RowsView& in, const RowsView& out,
                    Slice chunk);

  MpiComm comm_;
  const Partition partition_;
  const int me_;
  const MpiOptions options_;
  SliceTrade trade_;
  std::optional<HostReduction> host_;  // where all processes share memory
  std::int64_t bytes_sent_ = 0;
};

void MpiCommunicator::meet_in_memory() {
  auto desk = shared_memory(HostReduction::desk_bytes(partition_, options_.chunk_bytes));
  if (!desk) return;
  // MPI may have to send on what another process waits for.
  const auto progress = [this] {
    int any = 0;
    check_mpi(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_.get(), &any, MPI_STATUS_IGNORE),
              "MPI_Iprobe");
  };
  host_.emplace(partition_, me_, std::move(desk), options_.chunk_bytes, progress);
}

// Null in all processes where one cannot have it: then messages are traded, with the same bits.
std::shared_ptr<SharedMemory> MpiCommunicator::shared_memory(std::int64_t bytes) {
  Shared shared = share_memory(comm_, bytes);
  if (!shared.memory && me_ == 0) {
    std::fprintf(stderr,
                 "no shared memory of %lld bytes for the rows of a process, so means take longer "
                 "(%s)\n",
                 static_cast<long long>(bytes), shared.why_not.c_str());
  }
  return std::move(shared.memory);
}

at::Tensor MpiCommunicator::zeros(std::int64_t rows, std::int64_t n, c10::ScalarType type) {
  const std::int64_t bytes = rows * n * static_cast<std::int64_t>(c10::elementSize(type));
  const auto memory = host_ && n > 0 ? shared_memory(bytes) : nullptr;
  if (!memory) return at::zeros({rows, n}, type);
  host_->add(memory);
  return at::from_blob(
      memory->segment(me_), {rows, n}, [memory](void*) {}, type);
}

void MpiCommunicator::barrier() {
  if (host_) {
    host_->barrier();
  } else {
    check_mpi(MPI_Barrier(comm_.get()), "MPI_Barrier");
  }
}

// As many columns as bring the rows of the fullest process to a chunk; every process gets at least
// one column.
std::int64_t MpiCommunicator::columns_per_chunk(std::int64_t element) const {
  int fullest = 1;
  for (int p = 0; p < processes(); ++p) fullest = std::max(fullest, partition_.count(p));
  return std::max<std::int64_t>(options_.chunk_bytes / (fullest * element), processes());
}

Pending MpiCommunicator::reduce(const Reduction& reduction, const at::Tensor& rows,
                                at::Tensor& out) {
  const RowsView in = view_rows(rows, local_count(), reduction.name());
  const RowsView to = view_output(out, 1, true, in, reduction.name());
  if (host_) {
    bytes_sent_ += host_->reduce(reduction, in, to);
    return {};
  }
  const std::int64_t step = columns_per_chunk(bytes_of(in.element));
  for (std::int64_t at = 0; at < in.n; at += step) {
    reduce_chunk(reduction, in, to, {at, std::min(at + step, in.n)});
  }
  return {};
}

// Each process reduces one slice of the chunk over the rows of all workers, in worker order, so
// that the number of processes does not show in the bits; then all share the results. `out` may be
// a row of `in`: its columns are written after they have been sent.
void MpiCommunicator::reduce_chunk(const Reduction& reduction, const RowsView& in,
                                   const RowsView& out, Slice chunk) {
  trade_.prepare(in, chunk);
  check_mpi(
      MPI_Alltoallv(trade_.to_send(), trade_.sent().counts.data(), trade_.sent().starts.data(),
                    MPI_BYTE, trade_.to_receive(), trade_.received().counts.data(),
                    trade_.received().starts.data(), MPI_BYTE, comm_.get()),
      "MPI_Alltoallv");
  std::byte* const result = out.data + chunk.begin * bytes_of(in.element);
  const Slice own = trade_.own_slice();
  reduction.apply(in.element, trade_.worker_slices(), result + own.begin * bytes_of(in.element),
                  own.size());
  check_mpi(
      MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, result, trade_.slices().counts.data(),
                     trade_.slices().starts.data(), MPI_BYTE, comm_.get()),
      "MPI_Allgatherv");
  bytes_sent_ += trade_.bytes_sent();
}

Pending MpiCommunicator::broadcast(at::Tensor& row, int root_worker) {
  const RowsView view = view_row(row, "broadcast");
  check_root(root_worker, partition_.total());
  const int root = partition_.host_of(root_worker);
  for (std::int64_t at = 0; at < view.row_bytes(); at += options_.chunk_bytes) {
    const std::int64_t bytes = std::min(options_.chunk_bytes, view.row_bytes() - at);
    check_mpi(MPI_Bcast(view.data + at, static_cast<int>(bytes), MPI_BYTE, root, comm_.get()),
              "MPI_Bcast");
  }
  if (root == me_) bytes_sent_ += view.row_bytes() * (processes() - 1);
  return {};
}

Pending MpiCommunicator::all_gather(const at::Tensor& rows, at::Tensor& out) {
  const RowsView in = view_rows(rows, local_count(), "all_gather");
  const RowsView to = view_output(out, partition_.total(), false, in, "all_gather");
  std::vector<int> counts, starts;  // in rows
  for (int p = 0; p < processes(); ++p) {
    counts.push_back(partition_.range(p).count);
    starts.push_back(partition_.range(p).first);
  }
  const std::int64_t element = bytes_of(in.element), step = columns_per_chunk(element) * element;
  copy_bytes(to.row(workers().first), in.data, in.count * in.row_bytes());
  for (std::int64_t at = 0; at < in.row_bytes(); at += step) {
    const RowPiece piece(std::min(step, in.row_bytes() - at), in.row_bytes());
    check_mpi(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, to.data + at, counts.data(),
                             starts.data(), piece.get(), comm_.get()),
              "MPI_Allgatherv");
  }
  bytes_sent_ += in.count * in.row_bytes() * (processes() - 1);
  return {};
}

Pending MpiCommunicator::exchange(const at::Tensor& rows, at::Tensor& in,
                                  std::span<const int> peers) {
  const RowsView from = view_rows(rows, local_count(), "exchange");
  const RowsView to = view_output(in, local_count(), false, from, "exchange");
  check_peers(peers, partition_.total());
  struct Message {
    std::byte* data;
    int other;
    bool sends;
  };
  // In the order of receivers on both sides: messages between two processes do not overtake each
  // other.
  std::vector<Message> messages;
  for (int receiver = 0; receiver < partition_.total(); ++receiver) {
    const int sender = peers[static_cast<std::size_t>(receiver)];
    const int source = partition_.host_of(sender), target = partition_.host_of(receiver);
    if (source != me_ && target != me_) continue;
    std::byte* const sent = source == me_ ? from.row(sender - workers().first) : nullptr;
    std::byte* const received = target == me_ ? to.row(receiver - workers().first) : nullptr;
    if (source == target) {
      copy_bytes(received, sent, to.row_bytes());
    } else {
      messages.push_back(sent ? Message{sent, target, true} : Message{received, source, false});
      if (sent) bytes_sent_ += from.row_bytes();
    }
  }
  std::vector<MPI_Request> requests(messages.size(), MPI_REQUEST_NULL);
  for (std::int64_t at = 0; at < from.row_bytes(); at += options_.chunk_bytes) {
    const int bytes = static_cast<int>(std::min(options_.chunk_bytes, from.row_bytes() - at));
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const Message& m = messages[i];
      check_mpi(
          m.sends ? MPI_Isend(m.data + at, bytes, MPI_BYTE, m.other, 0, comm_.get(), &requests[i])
                  : MPI_Irecv(m.data + at, bytes, MPI_BYTE, m.other, 0, comm_.get(), &requests[i]),
          m.sends ? "MPI_Isend" : "MPI_Irecv");
    }
    check_mpi(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE),
              "MPI_Waitall");
  }
  return {};
}

std::unique_ptr<Communicator> MpiCommunicator::group(WorkerRange group) {
  const GroupPartition part = group_partition(partition_, group);
  const auto me = std::find(part.members.begin(), part.members.end(), me_);
  if (me == part.members.end()) return nullptr;
  if (part.members.size() == 1) return make_self_communicator(group.count);
  return std::make_unique<MpiCommunicator>(subset(comm_.get(), part.members), part.partition,
                                           static_cast<int>(me - part.members.begin()), options_);
}

}  // namespace

std::unique_ptr<Communicator> make_mpi_communicator(MpiEnvironment& environment, int workers,
                                                    MpiOptions options) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 30;  // MPI counts are int
  if (options.chunk_bytes < 1 || options.chunk_bytes > kLargest) {
    throw CommError(
        fmt::format("chunk_bytes = {} is not in [1, {}]", options.chunk_bytes, kLargest));
  }
  Partition partition = Partition::even(workers, environment.size());
  if (environment.size() == 1) return make_self_communicator(workers);
  return std::make_unique<MpiCommunicator>(duplicate(MPI_COMM_WORLD), std::move(partition),
                                           environment.rank(), options);
}

}  // namespace lockstep
