// A fuzz target without a fuzzer: its kept inputs, then mutations of them by a fixed seed, so that
// `make test` runs every target with any compiler. What it finds is kept in the corpus.
//
//   fuzz_spec_mutate CORPUS DICTIONARY MUTATIONS [SEED]
//
// The input at work when the program dies is written to crash-<program> in the working directory.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/target.hpp"

namespace {
namespace fs = std::filesystem;
using Random = std::mt19937_64;
constexpr std::size_t kLongest = 1 << 14;  // of a mutation
constexpr std::uint64_t kSeed = 20261128;

std::string at_work, crash_file;  // of the handler: a signal takes no arguments

extern "C" void keep_input(int number) {
  const int fd = ::open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0640);
  const ssize_t kept = ::write(fd, at_work.data(), at_work.size());
  static_cast<void>(kept);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void call(const std::string& input) {
  at_work = input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<fs::path> paths(fs::directory_iterator(folder), fs::directory_iterator{});
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

/// libFuzzer's format, without its escapes: one "word" per line.
std::vector<std::string> words_of(const fs::path& dictionary) {
  std::ifstream file(dictionary);
  std::vector<std::string> words;
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find('"'), last = line.rfind('"');
    if (line.starts_with("#") || first == last) continue;
    std::string word;
    for (std::size_t i = first + 1; i < last; ++i) {
      if (line[i] == '\\' && i + 1 < last) ++i;
      word += line[i];
    }
    words.push_back(word);
  }
  return words;
}

class Mutator {
 public:
  Mutator(std::vector<std::string> inputs, std::vector<std::string> words, std::uint64_t seed)
      : inputs_(std::move(inputs)), words_(std::move(words)), random_(seed) {}

  std::string next() {
    std::string input = inputs_[below(inputs_.size())];
    for (std::size_t i = 1 + below(4); i > 0; --i) change(input);
    input.resize(std::min(input.size(), kLongest));
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  void change(std::string& input) {
    const std::size_t at = below(input.size() + 1), count = below(1 + below(32));
    const std::size_t there = std::min(at, input.size());
    switch (below(8)) {
      case 0:  // a bit
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 1:  // any byte
        if (at < input.size()) input[at] = static_cast<char>(random_());
        break;
      case 2:
        input.erase(there, count);
        break;
      case 3:  // a piece again, elsewhere
        input.insert(below(input.size() + 1), input.substr(there, count));
        break;
      case 4:
        if (!words_.empty()) input.insert(there, words_[below(words_.size())]);
        break;
      case 5:  // a number at a border
        input.insert(there, kNumbers[below(std::size(kNumbers))]);
        break;
      case 6: {  // the rest of another input
        const std::string& other = inputs_[below(inputs_.size())];
        input = input.substr(0, there) + other.substr(below(other.size() + 1));
        break;
      }
      default:
        input.resize(there);
    }
  }

  static constexpr const char* kNumbers[] = {"0",
                                             "-1",
                                             "1e999",
                                             "9007199254740993",
                                             "9223372036854775807",
                                             "-9223372036854775808",
                                             "18446744073709551615",
                                             "0.1e-400"};
  std::vector<std::string> inputs_, words_;
  Random random_;
};

int mutate(const fs::path& corpus, const fs::path& dictionary, long mutations, std::uint64_t seed) {
  const auto inputs = files_of(corpus);
  if (inputs.empty()) {
    std::cerr << corpus << " has no inputs\n";
    return 1;
  }
  for (const std::string& input : inputs) call(input);
  Mutator mutator(inputs, words_of(dictionary), seed);
  for (long i = 0; i < mutations; ++i) call(mutator.next());
  std::cout << inputs.size() << " kept inputs and " << mutations << " mutations\n";
  return 0;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: " << argv[0] << " CORPUS DICTIONARY MUTATIONS [SEED]\n";
    return 2;
  }
  crash_file = "crash-" + fs::path(argv[0]).filename().string();
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) ::signal(number, keep_input);
  return mutate(argv[1], argv[2], std::atol(argv[3]),
                argc > 4 ? std::strtoull(argv[4], nullptr, 10) : kSeed);
}
