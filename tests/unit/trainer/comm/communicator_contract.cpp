#include "tests/unit/trainer/comm/communicator_contract.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "trainer/comm/self.hpp"

namespace lockstep::test {

namespace {

using at::Tensor;

// One element, a few, more than a tile, more than a chunk of the transfers that the tests ask for,
// and none at all.
constexpr std::int64_t kSizes[] = {0, 1, 7, 4099, 100003};
constexpr at::ScalarType kTypes[] = {at::kFloat, at::kDouble};

// Element j of worker w: whole, and its sum over 256 workers is below 2^24.
double element(int worker, std::int64_t j) {
  return static_cast<double>((worker + 1) * 7 % 61 + j % 1009 - 500);
}

Tensor filled(std::int64_t n, at::ScalarType type,
              const std::function<double(std::int64_t)>& value) {
  const Tensor row = at::empty({n}, at::kDouble);
  double* data = row.data_ptr<double>();
  for (std::int64_t j = 0; j < n; ++j) data[j] = value(j);
  return row.to(type);
}

Tensor worker_row(int worker, std::int64_t n, at::ScalarType type) {
  return filled(n, type, [&](std::int64_t j) { return element(worker, j); });
}

// Rows of the workers [first, first + count).
Tensor worker_rows(int first, int count, std::int64_t n, at::ScalarType type) {
  const Tensor rows = at::empty({count, n}, type);
  for (int i = 0; i < count; ++i) rows[i].copy_(worker_row(first + i, n, type));
  return rows;
}

Tensor hosted_rows(const Communicator& c, std::int64_t n, at::ScalarType type) {
  return worker_rows(c.workers().first, c.workers().count, n, type);
}

// The same for every process that asks with the same seed.
Tensor random_rows(int workers, std::int64_t n, at::ScalarType type, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  const Tensor rows = at::empty({workers, n}, at::kDouble);
  double* data = rows.data_ptr<double>();
  for (std::int64_t i = 0; i < rows.numel(); ++i) data[i] = normal(generator);
  return rows.to(type);
}

Tensor hosted_part(const Communicator& c, const Tensor& all) {
  return all.narrow(0, c.workers().first, c.workers().count).clone();
}

std::string place(const Communicator& c, const char* what, std::int64_t n, at::ScalarType type) {
  return fmt::format("{}, n = {}, {}, process of worker {}", what, n, c10::toString(type),
                     c.workers().first);
}

// Calls body(n, type) for all sizes and types.
template <class Body>
void for_all_shapes(Body body) {
  for (const at::ScalarType type : kTypes) {
    for (const std::int64_t n : kSizes) body(n, type);
  }
}

void hosts_its_part_of_the_workers(Communicator& c, Findings& findings) {
  const WorkerRange mine = c.workers();
  findings.expect(mine.count >= 1 && mine.first >= 0 && mine.first + mine.count <= mine.total,
                  "range inside");
  Tensor hosted = at::zeros({mine.count, mine.total}, at::kDouble);
  for (int i = 0; i < mine.count; ++i) hosted[i][mine.first + i] = 1.0;
  Tensor each_once = at::zeros({mine.total}, at::kDouble);
  c.mean(hosted, each_once, {}).wait();
  findings.expect(at::equal(each_once * mine.total, at::ones({mine.total}, at::kDouble)),
                  "every worker once");
}

void mean_of_whole_numbers(Communicator& c, Findings& findings) {
  const int total = c.workers().total;
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    const Tensor rows = hosted_rows(c, n, type), before = rows.clone();
    Tensor out = at::full({n}, -1, type);
    c.mean(rows, out, {}).wait();
    const Tensor expected = filled(n, type, [&](std::int64_t j) {
      double sum = 0;
      for (int w = 0; w < total; ++w) sum += element(w, j);
      return type == at::kFloat ? sum / total
                                : static_cast<double>(static_cast<long double>(sum) / total);
    });
    findings.expect(at::equal(out, expected), place(c, "mean", n, type));
    findings.expect(at::equal(rows, before), place(c, "mean leaves its rows alone", n, type));
  });
}

void weighted_mean(Communicator& c, Findings& findings) {
  const int total = c.workers().total;
  std::vector<double> weights;
  double sum_of_weights = 0;
  for (int w = 0; w < total; ++w) {
    weights.push_back(w % 3 == 1 ? 0.0 : w + 1.0);
    sum_of_weights += weights.back();
  }
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    Tensor out = at::empty({n}, type);
    c.mean(hosted_rows(c, n, type), out, weights).wait();
    const Tensor expected = filled(n, type, [&](std::int64_t j) {
      double sum = 0;
      for (int w = 0; w < total; ++w) sum += weights[static_cast<std::size_t>(w)] * element(w, j);
      return type == at::kFloat
                 ? sum / sum_of_weights
                 : static_cast<double>(static_cast<long double>(sum) / sum_of_weights);
    });
    findings.expect(at::equal(out, expected), place(c, "weighted mean", n, type));
  });
}

void mean_has_the_bits_of_one_process(Communicator& c, Findings& findings) {
  const int total = c.workers().total;
  std::vector<double> weights;
  for (int w = 0; w < total; ++w) weights.push_back(0.1 + w);
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    const Tensor all = random_rows(total, n, type, 17);
    for (const auto& used : {std::vector<double>{}, weights}) {
      Tensor alone = at::empty({n}, type), together = at::empty({n}, type);
      make_self_communicator(total)->mean(all, alone, used).wait();
      c.mean(hosted_part(c, all), together, used).wait();
      findings.expect(at::equal(alone, together), place(c, "mean of random rows", n, type));
    }
  });
}

void mean_of_equal_rows_is_the_row(Communicator& c, Findings& findings) {
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    const Tensor row = random_rows(1, n, type, 23)[0];
    const Tensor rows = row.expand({c.workers().count, n}).contiguous();
    Tensor out = at::empty({n}, type);
    c.mean(rows, out, {}).wait();
    findings.expect(at::equal(out, row), place(c, "mean of equal rows", n, type));
  });
}

void mean_into_one_of_its_rows(Communicator& c, Findings& findings) {
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    const Tensor all = random_rows(c.workers().total, n, type, 29);
    for (const int i : {0, c.workers().count - 1}) {
      const Tensor rows = hosted_part(c, all), before = rows.clone();
      Tensor apart = at::empty({n}, type), inside = rows[i];
      c.mean(before, apart, {}).wait();
      c.mean(rows, inside, {}).wait();
      findings.expect(at::equal(rows[i], apart), place(c, "mean into a row", n, type));
      before[i].copy_(apart);
      findings.expect(at::equal(rows, before), place(c, "mean into a row: other rows", n, type));
    }
  });
}

void rows_of_its_own_memory(Communicator& c, Findings& findings) {
  constexpr std::int64_t n = 5000;
  for (const at::ScalarType type : kTypes) {
    const WorkerRange mine = c.workers();
    Tensor rows = c.zeros(mine.count, n, type), out = c.zeros(1, n, type)[0];
    findings.expect(rows.sizes() == at::IntArrayRef({mine.count, n}) && rows.scalar_type() == type,
                    "shape and type of zeros");
    findings.expect(rows.abs().sum().item<double>() == 0, "zeros are zeros");
    rows.copy_(hosted_rows(c, n, type));
    Tensor elsewhere = at::empty({n}, type);
    c.mean(hosted_rows(c, n, type), elsewhere, {}).wait();
    c.mean(rows, out, {}).wait();
    findings.expect(at::equal(out, elsewhere), "the mean of rows in its memory");
    c.mean(rows, elsewhere, {}).wait();
    findings.expect(at::equal(out, elsewhere), "the mean of them to elsewhere");
    Tensor row = rows[mine.count - 1];
    c.mean(rows, row, {}).wait();
    findings.expect(at::equal(out, row), "the mean of them into one of them");
    findings.expect(c.zeros(mine.count, 0, type).numel() == 0, "no columns");
  }
}

void maximum(Communicator& c, Findings& findings) {
  const int total = c.workers().total;
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    Tensor out = at::empty({n}, type);
    c.max(hosted_rows(c, n, type), out).wait();
    const Tensor expected = filled(n, type, [&](std::int64_t j) {
      double largest = element(0, j);
      for (int w = 1; w < total; ++w) largest = std::max(largest, element(w, j));
      return largest;
    });
    findings.expect(at::equal(out, expected), place(c, "max", n, type));
  });
}

// One worker's NaN must reach every process: it is how divergence is noticed.
void maximum_and_mean_keep_a_nan(Communicator& c, Findings& findings) {
  const WorkerRange mine = c.workers();
  for (int worker = 0; worker < mine.total; ++worker) {
    const Tensor rows = at::ones({mine.count, 5}, at::kFloat);
    if (worker >= mine.first && worker < mine.first + mine.count)
      rows[worker - mine.first][3] = NAN;
    Tensor largest = at::empty({5}, at::kFloat), mean = at::empty({5}, at::kFloat);
    c.max(rows, largest).wait();
    c.mean(rows, mean, {}).wait();
    const Tensor expected =
        filled(5, at::kFloat, [](std::int64_t j) { return j == 3 ? 1 : 0; }).to(at::kBool);
    findings.expect(at::equal(at::isnan(largest), expected),
                    fmt::format("max, NaN of worker {}", worker));
    findings.expect(at::equal(at::isnan(mean), expected),
                    fmt::format("mean, NaN of worker {}", worker));
  }
}

void broadcast_from_every_worker(Communicator& c, Findings& findings) {
  const WorkerRange mine = c.workers();
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    for (int root = 0; root < mine.total; ++root) {
      const bool hosts_root = root >= mine.first && root < mine.first + mine.count;
      Tensor row = hosts_root ? worker_row(root, n, type) : at::full({n}, -1, type);
      c.broadcast(row, root).wait();
      findings.expect(at::equal(row, worker_row(root, n, type)), place(c, "broadcast", n, type));
    }
  });
}

void gather_all_rows(Communicator& c, Findings& findings) {
  const int total = c.workers().total;
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    Tensor out = at::full({total, n}, -1, type);
    c.all_gather(hosted_rows(c, n, type), out).wait();
    findings.expect(at::equal(out, worker_rows(0, total, n, type)),
                    place(c, "all_gather", n, type));
  });
}

void check_exchange(Communicator& c, const std::vector<int>& peers, const char* what,
                    Findings& findings) {
  const WorkerRange mine = c.workers();
  for_all_shapes([&](std::int64_t n, at::ScalarType type) {
    const Tensor rows = hosted_rows(c, n, type), before = rows.clone();
    Tensor in = at::full({mine.count, n}, -1, type);
    c.exchange(rows, in, peers).wait();
    for (int i = 0; i < mine.count; ++i) {
      const int sender = peers[static_cast<std::size_t>(mine.first + i)];
      findings.expect(at::equal(in[i], worker_row(sender, n, type)), place(c, what, n, type));
    }
    findings.expect(at::equal(rows, before), place(c, "exchange leaves its rows alone", n, type));
  });
}

void exchange_of_permutations(Communicator& c, Findings& findings) {
  const int total = c.workers().total;
  std::vector<int> identity, ring, pairs, mirror, everyone_from_the_last;
  for (int w = 0; w < total; ++w) {
    identity.push_back(w);
    ring.push_back((w + 1) % total);
    pairs.push_back((w ^ 1) < total ? w ^ 1 : w);
    mirror.push_back(total - 1 - w);
    everyone_from_the_last.push_back(total - 1);
  }
  check_exchange(c, identity, "exchange, identity", findings);
  check_exchange(c, ring, "exchange, ring", findings);
  check_exchange(c, pairs, "exchange, pairs", findings);
  check_exchange(c, mirror, "exchange, mirror", findings);
  check_exchange(c, everyone_from_the_last, "exchange, all from one", findings);
  std::mt19937_64 generator(31);
  for (int shuffle = 0; shuffle < 3; ++shuffle) {
    std::vector<int> peers = identity;
    std::shuffle(peers.begin(), peers.end(), generator);
    check_exchange(c, peers, "exchange, shuffled", findings);
  }
}

// A group is a communicator of its own: its mean and its rows are those of its workers.
void check_group(Communicator& c, WorkerRange group, Findings& findings) {
  const WorkerRange mine = c.workers();
  const int first = std::max(mine.first, group.first);
  const int last = std::min(mine.first + mine.count, group.first + group.count);
  const auto sub = c.group(group);
  const auto where = fmt::format("group [{}, {}) of {}, process of worker {}", group.first,
                                 group.first + group.count, mine.total, mine.first);
  findings.expect((sub != nullptr) == (first < last), where + ": null where it hosts none");
  if (!sub) return;
  findings.expect(sub->workers() == WorkerRange{group.count, first - group.first, last - first},
                  where + ": range");
  const std::int64_t n = 1003;
  const Tensor all =
      random_rows(mine.total, n, at::kFloat, 37).narrow(0, group.first, group.count).contiguous();
  Tensor alone = at::empty({n}, at::kFloat), together = at::empty({n}, at::kFloat);
  make_self_communicator(group.count)->mean(all, alone, {}).wait();
  sub->mean(hosted_part(*sub, all), together, {}).wait();
  findings.expect(at::equal(alone, together), where + ": mean");
  Tensor gathered = at::empty({group.count, n}, at::kFloat);
  sub->all_gather(hosted_part(*sub, all), gathered).wait();
  findings.expect(at::equal(gathered, all), where + ": all_gather");
  std::vector<int> ring;
  for (int w = 0; w < group.count; ++w) ring.push_back((w + 1) % group.count);
  Tensor in = at::empty({last - first, n}, at::kFloat);
  sub->exchange(hosted_part(*sub, all), in, ring).wait();
  for (int i = 0; i < last - first; ++i) {
    const auto sender = ring[static_cast<std::size_t>(first - group.first + i)];
    findings.expect(at::equal(in[i], all[sender]), where + ": exchange");
  }
  sub->barrier();
}

// Every interval of workers, so all ways in which a group can cut through processes; also twice the
// same.
void groups_of_all_intervals(Communicator& c, Findings& findings) {
  const int total = c.workers().total;
  for (int first = 0; first < total; ++first) {
    for (int count = 1; first + count <= total; ++count)
      check_group(c, {total, first, count}, findings);
  }
  check_group(c, {total, 0, total}, findings);
}

void groups_of_groups(Communicator& c, Findings& findings) {
  const int half = (c.workers().total + 1) / 2;
  const auto sub = c.group({c.workers().total, 0, half});
  if (sub) groups_of_all_intervals(*sub, findings);
  c.barrier();
}

// The sum over processes; what one of them sends depends on its slice. Processes host equally many
// workers.
void bytes_sent_follow_the_formula(Communicator& c, Findings& findings) {
  const WorkerRange mine = c.workers();
  const std::int64_t others = mine.total / mine.count - 1, n = 1001;
  const auto sent_by_all = [&](const std::function<void()>& transfer) {
    const std::int64_t before = c.bytes_sent();
    transfer();
    const Tensor sent = at::zeros({mine.count, 1}, at::kDouble);
    sent[0][0] = static_cast<double>(c.bytes_sent() - before);
    Tensor mean = at::zeros({1}, at::kDouble);
    c.mean(sent, mean, {}).wait();
    return std::llround(mean.item<double>() * mine.total);
  };
  for (const at::ScalarType type : kTypes) {
    const std::int64_t row = n * (type == at::kFloat ? 4 : 8);
    const Tensor rows = hosted_rows(c, n, type);
    Tensor out = at::empty({n}, type), all = at::empty({mine.total, n}, type),
           in = at::empty_like(rows);
    std::vector<int> ring;
    for (int w = 0; w < mine.total; ++w) ring.push_back((w + 1) % mine.total);
    const std::int64_t reduced = others * (mine.count + 1) * row;
    findings.expect(sent_by_all([&] { c.mean(rows, out, {}).wait(); }) == reduced, "bytes of mean");
    findings.expect(sent_by_all([&] { c.max(rows, out).wait(); }) == reduced, "bytes of max");
    findings.expect(sent_by_all([&] { c.broadcast(out, 0).wait(); }) == others * row,
                    "bytes of broadcast");
    findings.expect(
        sent_by_all([&] { c.all_gather(rows, all).wait(); }) == others * mine.total * row,
        "bytes of all_gather");
    findings.expect(sent_by_all([&] { c.exchange(rows, in, ring).wait(); }) ==
                        (others ? (others + 1) * row : 0),
                    "bytes of exchange");
    findings.expect(sent_by_all([&] { c.barrier(); }) == 0, "bytes of barrier");
  }
}

template <class Call>
bool refuses(Call call) {
  try {
    call();
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

// Refused before anything is sent, so that all processes refuse alike.
void wrong_arguments_are_refused(Communicator& c, Findings& findings) {
  const WorkerRange mine = c.workers();
  const auto total = static_cast<std::size_t>(mine.total);
  const Tensor rows = hosted_rows(c, 3, at::kFloat);
  Tensor out = at::empty({3}, at::kFloat), in = at::empty_like(rows);
  Tensor longer = at::empty({4}, at::kFloat), wider = at::empty({3}, at::kDouble);
  const std::vector<double> negative(total, -1.0), too_many(total + 1, 1.0),
      not_a_number(total, NAN);
  const std::vector<int> stranger(total, mine.total), too_few(total - 1, 0);
  const auto expect_refusal = [&](const char* what, const std::function<void()>& call) {
    findings.expect(refuses(call), std::string("not refused: ") + what);
  };
  expect_refusal("row for rows", [&] { c.mean(out, out, {}); });
  expect_refusal("too many rows", [&] { c.mean(at::cat({rows, rows}), out, {}); });
  expect_refusal("whole numbers", [&] { c.mean(rows.to(at::kInt), out, {}); });
  expect_refusal("strides", [&] { c.mean(at::empty({mine.count, 6}).slice(1, 0, 6, 2), out, {}); });
  expect_refusal("longer output", [&] { c.mean(rows, longer, {}); });
  expect_refusal("wider output", [&] { c.max(rows, wider); });
  expect_refusal("negative weights", [&] { c.mean(rows, out, negative); });
  expect_refusal("too many weights", [&] { c.mean(rows, out, too_many); });
  expect_refusal("NaN weights", [&] { c.mean(rows, out, not_a_number); });
  expect_refusal("no such root", [&] { c.broadcast(out, mine.total); });
  expect_refusal("no such peer", [&] { c.exchange(rows, in, stranger); });
  expect_refusal("too few peers", [&] { c.exchange(rows, in, too_few); });
  expect_refusal("group past the end", [&] { c.group({mine.total, 1, mine.total}); });
  expect_refusal("empty group", [&] { c.group({mine.total, 0, 0}); });
  c.barrier();
}

constexpr ContractCase kCases[] = {
    {"hosts its part of the workers", hosts_its_part_of_the_workers},
    {"mean of whole numbers", mean_of_whole_numbers},
    {"weighted mean", weighted_mean},
    {"mean has the bits of one process", mean_has_the_bits_of_one_process},
    {"mean of equal rows is the row", mean_of_equal_rows_is_the_row},
    {"mean into one of its rows", mean_into_one_of_its_rows},
    {"rows of its own memory", rows_of_its_own_memory},
    {"maximum", maximum},
    {"maximum and mean keep a NaN", maximum_and_mean_keep_a_nan},
    {"broadcast from every worker", broadcast_from_every_worker},
    {"gather all rows", gather_all_rows},
    {"exchange of permutations", exchange_of_permutations},
    {"groups of all intervals", groups_of_all_intervals},
    {"groups of groups", groups_of_groups},
    {"bytes sent follow the formula", bytes_sent_follow_the_formula},
    {"wrong arguments are refused", wrong_arguments_are_refused},
};

}  // namespace

void Findings::expect(bool holds, const std::string& what) {
  if (!holds) all_.push_back(what);
}

std::string Findings::text() const { return fmt::format("{}", fmt::join(all_, "\n")); }

std::span<const ContractCase> communicator_contract() { return kCases; }

}  // namespace lockstep::test
