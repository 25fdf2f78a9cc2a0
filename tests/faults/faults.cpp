#include "tests/faults/faults.hpp"

#include <chrono>
#include <thread>

namespace lockstep::test {

std::vector<Fault> faults() {
  std::vector<Fault> all;
  for (const auto& rows : {faults_of_processes(), faults_of_commands(), faults_of_disks(),
                           faults_of_files(), faults_of_company()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

void nap(Random& random, int most_ms) {
  // Plain arithmetic: the distributions of the standard library differ between libraries.
  const auto ms = random() % static_cast<unsigned>(most_ms + 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

void expect(Tally& tally, bool as_it_should, const std::string& otherwise) {
  if (as_it_should) return;
  ++tally.wrong;
  tally.notes.push_back(otherwise);
}

}  // namespace lockstep::test
