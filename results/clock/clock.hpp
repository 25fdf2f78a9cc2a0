// The simulated clock: training time as a pure function of a run's sync log, the calibrated cost of
// a step and a network. Nothing here measures or reads anything. Seconds, bytes, bytes per second.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockstep {

/// An alpha-beta profile: latency per message and bandwidth per endpoint.
struct Network {
  std::string name;
  double latency_s = 0;
  double bandwidth_bytes_s = 0;
  std::string source;  ///< where the two numbers come from
  bool operator==(const Network&) const = default;
};

/// 1GbE, 10GbE, 25GbE, 100GbE (RoCE), NDR400, NVLink: the named profiles.
const std::vector<Network>& named_networks();
/// By name, whatever the case of its letters.
std::optional<Network> network_named(std::string_view name);

/// Seconds of collectives over p endpoints and n bytes. p = 1 costs nothing.
double ring_all_reduce_s(const Network& network, std::int64_t p, double bytes);
double tree_all_reduce_s(const Network& network, std::int64_t p,
                         double bytes);  ///< recursive doubling
double rabenseifner_s(const Network& network, std::int64_t p, double bytes);
/// The cheapest of the three: what a library that tunes itself would reach.
double all_reduce_s(const Network& network, std::int64_t p, double bytes);
double pairwise_exchange_s(const Network& network, double bytes);
double reduce_scatter_s(const Network& network, std::int64_t p,
                        double bytes);  ///< also all-gather of n in all
double broadcast_s(const Network& network, std::int64_t p, double bytes);  ///< binomial tree

/// Cost of one local step of one worker alone on its device, data loading included, no sync.
struct StepCost {
  double step_s = 0;      ///< c, mean
  double backward_s = 0;  ///< the part of it under which a gradient exchange may hide
  double average_s = 0;   ///< what taking a mean over costs beside the network
  bool operator==(const StepCost&) const = default;
};

/// How the steps of a machine vary: a round is as long as that of its slowest worker.
struct StepSpread {
  /// Deviation in seconds, over workers and time, of the mean of 1, 2, 4, ... consecutive
  /// steps: 1.25 mean absolute deviations, which is the standard deviation of a normal, and of
  /// long-tailed steps less, as their tail is waited for no more often than it comes. It falls with
  /// the root of the number of steps where they vary independently, and slower where a core is slow
  /// for a while. Empty: not known.
  std::vector<double> deviation_s{};
  /// What a mean step loses to interruptions by others, in seconds, which its cost leaves out.
  double interrupted_s = 0;
  /// Of the mean of `steps` > 0 consecutive steps: between two known ones a line on logarithmic
  /// scales, beyond the last one that one, as the rest lasts. 0 where nothing is known. Throws
  /// std::invalid_argument for no steps.
  double deviation_of(std::int64_t steps) const;
  bool operator==(const StepSpread&) const = default;
};

/// Smallest H from which local SGD, whose average nothing hides, takes less time per sample than
/// synchronous SGD whose all-reduce hides under its backward pass: all-reduce x (1 - 1/H) >
/// backward (the rule of thumb in fairscale's SlowMo; what taking a mean over costs is left out, in
/// favour of synchronous SGD). None: an all-reduce that hides costs nothing.
std::optional<std::int64_t> break_even_H(const Network& network, std::int64_t p, double bytes,
                                         double backward_s);
/// Bandwidth, at this network's latency, below which there is such an H; infinity where latency
/// alone is longer than the backward pass, 0 where there are no bytes.
double break_even_bandwidth(const Network& network, std::int64_t p, double bytes,
                            double backward_s);

/// Bytes that each endpoint sends in a ring all-reduce of n bytes: 2 (p-1)/p n.
double ring_bytes_per_endpoint(std::int64_t p, double bytes);

/// How step times vary over workers and steps: what steps take beyond their cost.
struct Stragglers {
  /// exponential, lognormal, trace: drawn anew for every step of every worker. slow_worker: one of
  /// the workers, always. measured: as `spread` says.
  enum class Kind { none, exponential, lognormal, trace, slow_worker, measured } kind = Kind::none;
  double mean_excess_s = 0;        ///< mu of c0 + Exp(mu), of a lognormal, of a trace; of the slow
                                   ///< worker's steps
  double sigma = 0;                ///< lognormal: standard deviation of the logarithm
  std::vector<double> recorded{};  ///< trace: excesses, equally likely; in any unit, as their mean
                                   ///< counts as mean_excess_s
  StepSpread spread{};             ///< measured: in mean excesses, so of 1 s where it is in seconds
};
/// Expected maximum over `workers` of the sum over `steps` of the step excess, in seconds. none: 0.
/// slow_worker: that of one worker. Exponential: mu x harmonic number for one step; the expected
/// maximum of Gamma(steps, mu) otherwise (numerically). lognormal, trace: numerically, to 1e-4.
/// measured: interruptions, and how far the slowest is beyond the mean, as rounds are sums of steps
/// and all but normal.
double expected_round_excess_s(const Stragglers& stragglers, std::int64_t workers,
                               std::int64_t steps);

/// The same in mean excesses, each computed once: the runs of a report have few kinds of rounds,
/// and each is an integral. What is remembered changes no result; not for several threads.
class RoundExcess {
 public:
  explicit RoundExcess(Stragglers stragglers) : shape_(std::move(stragglers)) {
    shape_.mean_excess_s = 1;
  }
  double slowest(std::int64_t workers, std::int64_t steps) const;
  double mean_step(std::int64_t workers) const;  ///< over the workers

 private:
  Stragglers shape_;
  mutable std::map<std::pair<std::int64_t, std::int64_t>, double> known_;
};

/// 1 + 1/2 + ... + 1/n.
double harmonic(std::int64_t n);
/// Expected largest of n standard normals, to 1e-9: 0.564 for 2, 1.42 for 8. Throws
/// std::invalid_argument for n < 1.
double expected_max_normal(std::int64_t n);

/// One entry of the sync log, expanded: the exchange that follows step `step`.
struct SyncEvent {
  std::int64_t step = 0;
  double bytes = 0;       ///< payload of one worker
  bool gradient = false;  ///< may hide under the backward: credit min(t_comm, backward_s)
  std::int64_t delay =
      0;  ///< steps under which the exchange runs; it delays only what is left after them
};

/// Which exchanges a system carries out while it computes. The stated model of another network is
/// one that hides both; a measured system is given what its own records show.
struct Overlap {
  bool backward = true;  ///< gradient exchanges, under the backward pass
  bool steps = true;     ///< delayed averages, under the steps they are given
  bool operator==(const Overlap&) const = default;
};

/// What of a sync log decides time, whatever the network: how long its rounds are, and what its
/// exchanges send and may hide under. A log of a million syncs has a handful of entries here.
struct Tally {
  struct Exchange {
    double bytes = 0;               ///< payload of one worker
    bool gradient = false;          ///< hides under one backward
    std::int64_t hidden_steps = 0;  ///< not a gradient: hides under so many steps
    auto operator<=>(const Exchange&) const = default;
  };
  std::map<std::int64_t, std::int64_t> rounds;  ///< length in steps -> how many
  std::map<Exchange, std::int64_t> exchanges;   ///< completed ones -> how many
  double launched_bytes = 0;                    ///< payload of all, also of those under way
  bool operator==(const Tally&) const = default;
};

/// `syncs` does not fall by step. A round ends at each sync, the last one at `until`. A delayed
/// exchange launched at `step` is due at step + delay and hides under the steps in between; a
/// blocking exchange (the final one, for example) makes all that are under way due at once. One
/// that is not due by `until` has completed nothing yet. Throws std::invalid_argument for syncs out
/// of order.
Tally tally(const std::vector<SyncEvent>& syncs, std::int64_t until);
/// The same for several `until` (rising), in one pass.
std::vector<Tally> tally_at(const std::vector<SyncEvent>& syncs,
                            const std::vector<std::int64_t>& until);

/// Where simulated time went. total_s = compute_s + wait_s + exposed_s.
struct SimulatedTime {
  double total_s = 0;
  double compute_s =
      0;  ///< mean time of the steps, a straggler model's mean excess and means included
  double wait_s = 0;     ///< for the slowest worker of each round, beyond that mean
  double exposed_s = 0;  ///< communication that nothing hides
  double hidden_s = 0;   ///< communication under compute
  double bytes_per_worker = 0;
};

/// Price of a tally with the cheapest all-reduce over `workers` endpoints: T_round = expected max
/// over workers of the sum of its steps + t_comm - overlap credit, and the cost of taking an
/// average over. A delayed exchange hides under mean steps of the slowest worker; there is no
/// credit where the system does not overlap. Throws std::invalid_argument for no workers.
SimulatedTime simulate(const Tally& tally, std::int64_t workers, const StepCost& cost,
                       const Network& network, const RoundExcess& rounds, double mean_excess_s,
                       const Overlap& overlap = {});
SimulatedTime simulate(const Tally& tally, std::int64_t workers, const StepCost& cost,
                       const Network& network, const Stragglers& stragglers,
                       const Overlap& overlap = {});

/// Time from the first step to the end of step `until` (and of its syncs, if it has any).
SimulatedTime simulate(const std::vector<SyncEvent>& syncs, std::int64_t until,
                       std::int64_t workers, const StepCost& cost, const Network& network,
                       const Stragglers& stragglers, const Overlap& overlap = {});

/// Measurements of the same machine, at least one, as one: times under the result are the mean of
/// those under all. Of deviations the squares are averaged, as far as all have them. Name and
/// source of a network are those of the last.
StepCost mean_of(const std::vector<StepCost>& all);
StepSpread mean_of(const std::vector<StepSpread>& all);
Network mean_of(const std::vector<Network>& all);

/// Fit of all_reduce_s() to measured all-reduces, by least squares of relative errors (the sizes
/// span five decades, and the small ones alone show the latency). R2 is that of the seconds.
struct NetworkFit {
  Network network;
  double r_squared = 0;
};
struct AllReduceSample {
  double bytes = 0;
  double seconds = 0;
};
/// Of p endpoints. Throws std::invalid_argument for p < 2, fewer than two sizes, or seconds that do
/// not grow with bytes.
NetworkFit fit_network(std::string name, std::int64_t p,
                       const std::vector<AllReduceSample>& samples);

/// A measured exchange among p endpoints.
struct ExchangeSample {
  std::int64_t p = 0;
  double bytes = 0;
  double seconds = 0;
};
/// The same over exchanges of any number of endpoints. None where they do not tell latency from
/// bandwidth: fewer than two kinds, or seconds that do not grow with bytes.
std::optional<NetworkFit> fit_exchanges(std::string name,
                                        const std::vector<ExchangeSample>& samples);

}  // namespace lockstep
