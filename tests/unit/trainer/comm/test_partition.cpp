#include <catch2/catch.hpp>
#include <random>

#include "trainer/comm/partition.hpp"

using namespace lockstep;

TEST_CASE("slices cut columns without gap or overlap, equal up to one", "[partition]") {
  std::mt19937_64 generator(41);
  for (int trial = 0; trial < 500; ++trial) {
    const auto n = static_cast<std::int64_t>(generator() >> (2 + generator() % 62));
    const int parts = 1 + static_cast<int>(generator() % 300);
    INFO("n = " << n << ", " << parts << " parts");
    std::int64_t at = 0;
    for (int p = 0; p < parts; ++p) {
      const Slice slice = slice_of(n, parts, p);
      CHECK(slice.begin == at);
      CHECK((slice.size() == n / parts || slice.size() == n / parts + 1));
      at = slice.end;
    }
    CHECK(at == n);
  }
}

TEST_CASE("workers are shared equally or not at all", "[partition]") {
  for (int workers = 1; workers <= 24; ++workers) {
    for (int processes = 1; processes <= 25; ++processes) {
      INFO(workers << " workers, " << processes << " processes");
      if (workers % processes != 0) {
        CHECK_THROWS_AS(Partition::even(workers, processes), CommError);
        continue;
      }
      const Partition partition = Partition::even(workers, processes);
      CHECK(partition.processes() == processes);
      CHECK(partition.total() == workers);
      for (int w = 0; w < workers; ++w) {
        const WorkerRange range = partition.range(partition.host_of(w));
        CHECK((range.first <= w && w < range.first + range.count &&
               range.count == workers / processes));
      }
    }
  }
  CHECK_THROWS_AS(Partition::even(0, 1), CommError);
  CHECK_THROWS_WITH(Partition::even(4, 3),
                    Catch::Contains("4 workers") && Catch::Contains("3 processes"));
}

TEST_CASE("a group has the hosts of its workers, in order, and nobody else", "[partition]") {
  const Partition parent = Partition::even(12, 4);
  for (int first = 0; first < 12; ++first) {
    for (int count = 1; first + count <= 12; ++count) {
      const GroupPartition group = group_partition(parent, {12, first, count});
      REQUIRE(group.partition.processes() == static_cast<int>(group.members.size()));
      CHECK(group.partition.total() == count);
      for (int w = 0; w < count; ++w) {
        const auto member = static_cast<std::size_t>(group.partition.host_of(w));
        CHECK(group.members[member] == parent.host_of(first + w));
      }
      for (int m = 0; m < group.partition.processes(); ++m) CHECK(group.partition.count(m) >= 1);
    }
  }
  CHECK_THROWS_AS(group_partition(parent, {12, 5, 0}), std::invalid_argument);
  CHECK_THROWS_AS(group_partition(parent, {12, -1, 2}), std::invalid_argument);
  CHECK_THROWS_AS(group_partition(parent, {12, 5, 8}), std::invalid_argument);
}
