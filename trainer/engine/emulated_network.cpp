#include "trainer/engine/emulated_network.hpp"

#include "results/clock/clock.hpp"
#include "trainer/comm/paced.hpp"

namespace lockstep {

std::unique_ptr<Communicator> with_network_of(const RunConfig& config,
                                              std::unique_ptr<Communicator> comm) {
  if (!config.has("emulated_network")) return comm;
  const std::optional<Network> network = network_named(config.text("emulated_network"));
  if (!network) return comm;  // "none"
  return std::make_unique<PacedCommunicator>(
      std::move(comm), [network = *network](std::int64_t endpoints, double bytes) {
        return all_reduce_s(network, endpoints, bytes);
      });
}

}  // namespace lockstep
