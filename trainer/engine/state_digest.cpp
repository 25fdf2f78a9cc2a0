#include "trainer/engine/state_digest.hpp"

#include <ATen/ATen.h>

#include "sweeps/run/run_id.hpp"

namespace lockstep {

std::string state_sha256(const WorkerRows& rows, Communicator& comm) {
  const WorkerRange workers = comm.workers();
  const std::int64_t hash_bytes = 32;
  at::Tensor mine = at::zeros({workers.count, hash_bytes}, at::kDouble);
  for (std::int64_t i = 0; i < workers.count; ++i) {
    std::string bytes;
    for (const at::Tensor* matrix : {&rows.parameters, &rows.momentum, &rows.buffers}) {
      if (!matrix->defined()) continue;
      const at::Tensor row = (*matrix)[i];
      bytes.append(static_cast<const char*>(row.data_ptr()), row.nbytes());
    }
    const std::string digest = sha256_hex(bytes);
    for (std::int64_t b = 0; b < hash_bytes; ++b) {
      mine[i][b] = std::stoi(digest.substr(static_cast<std::size_t>(2 * b), 2), nullptr, 16);
    }
  }
  at::Tensor all = at::empty({workers.total, hash_bytes}, at::kDouble);
  comm.all_gather(mine, all).wait();
  const at::Tensor bytes = all.to(at::kByte).contiguous();
  return sha256_hex({static_cast<const char*>(bytes.data_ptr()), bytes.nbytes()});
}

}  // namespace lockstep
