// The named networks and the cost of collectives on them.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "results/clock/clock.hpp"

namespace lockstep {

namespace {
double rounds(std::int64_t p) {  // ceil(log2 p): the steps of tree and butterfly algorithms
  double count = 0;
  for (std::int64_t reached = 1; reached < p; reached *= 2) ++count;
  return count;
}

double share(std::int64_t p) {  // (p-1)/p
  return static_cast<double>(p - 1) / static_cast<double>(p);
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}
}  // namespace

const std::vector<Network>& named_networks() {
  // Latencies per hop: NCCL's tuner table (src/graph/tuning.cc), "simple" protocol, for NVLink and
  // the RDMA networks; twice that through the kernel's TCP. Bandwidths: measured per endpoint, from
  // public reports.
  static const std::vector<Network> networks = {
      {"1GbE", 50e-6, 0.117e9, "line rate less TCP/IP headers at MTU 1500; latency assumed"},
      {"10GbE", 30e-6, 1.1e9, "TCP, 88 % of line rate; latency: NCCL tuner x 2"},
      {"25GbE", 30e-6, 2.7e9, "TCP, 86 % of line rate; latency: NCCL tuner x 2"},
      {"100GbE", 14e-6, 11.4e9, "RoCE, 91 % of line rate; latency: NCCL tuner, network ring"},
      {"NDR400", 14e-6, 47e9,
       "nccl-tests issues 290 and 232: 46-48 GB/s per NIC; latency: NCCL tuner"},
      {"NVLink", 3.4e-6, 370e9, "8 H100 or H200, ring; latency: NCCL tuner, NVLink ring"}};
  return networks;
}

std::optional<Network> network_named(std::string_view name) {
  for (const Network& network : named_networks()) {
    if (equal_but_for_case(network.name, name)) return network;
  }
  return {};
}

double ring_bytes_per_endpoint(std::int64_t p, double bytes) {
  return p > 1 ? 2 * share(p) * bytes : 0;
}

double ring_all_reduce_s(const Network& network, std::int64_t p, double bytes) {
  if (p <= 1) return 0;
  return 2 * static_cast<double>(p - 1) * network.latency_s +
         ring_bytes_per_endpoint(p, bytes) / network.bandwidth_bytes_s;
}

double tree_all_reduce_s(const Network& network, std::int64_t p, double bytes) {
  return rounds(p) * (network.latency_s + bytes / network.bandwidth_bytes_s);
}

double rabenseifner_s(const Network& network, std::int64_t p, double bytes) {
  return 2 * rounds(p) * network.latency_s +
         ring_bytes_per_endpoint(p, bytes) / network.bandwidth_bytes_s;
}

double all_reduce_s(const Network& network, std::int64_t p, double bytes) {
  return std::min({ring_all_reduce_s(network, p, bytes), tree_all_reduce_s(network, p, bytes),
                   rabenseifner_s(network, p, bytes)});
}

double pairwise_exchange_s(const Network& network, double bytes) {
  return network.latency_s + bytes / network.bandwidth_bytes_s;
}

double reduce_scatter_s(const Network& network, std::int64_t p, double bytes) {
  return ring_all_reduce_s(network, p, bytes) / 2;
}

double broadcast_s(const Network& network, std::int64_t p, double bytes) {
  return tree_all_reduce_s(network, p, bytes);
}

}  // namespace lockstep
