#include "orchestrator/cli/log_reader.hpp"

#include <fstream>
#include <iterator>

#include "results/record/run_directory.hpp"

namespace lockstep {

std::string LogReader::tail(int lines) {
  const std::string all = read_file(path_);
  offset_ = static_cast<std::int64_t>(all.size());
  if (lines <= 0) return all;
  std::size_t begin = all.size();
  if (begin > 0 && all[begin - 1] == '\n') --begin;  // it ends the last line
  for (int found = 0; begin > 0; --begin) {
    if (all[begin - 1] == '\n' && ++found == lines) break;
  }
  return all.substr(begin);
}

std::string LogReader::more() {
  std::ifstream file(path_, std::ios::binary);
  if (!file.seekg(offset_)) return "";
  std::string text((std::istreambuf_iterator<char>(file)), {});
  offset_ += static_cast<std::int64_t>(text.size());
  return text;
}

}  // namespace lockstep
