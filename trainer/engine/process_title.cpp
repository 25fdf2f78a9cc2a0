#include "trainer/engine/process_title.hpp"

#include <linux/prctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace lockstep {

namespace {
/// Fields of /proc/self/stat by the numbers that proc(5) gives them.
std::map<int, std::uint64_t> stat_fields() {
  std::ifstream file("/proc/self/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');  // the name may hold spaces
  std::map<int, std::uint64_t> fields;
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(text.substr(name_end + 1));
  std::string word;
  for (int number = 3; rest >> word; ++number) {
    fields[number] = std::strtoull(word.c_str(), nullptr, 10);
  }
  return fields;
}

/// The words one after the other, each ended by a zero, in memory of their own: of a file's pages
/// the kernel shows nothing.
char* lasting_copy(const std::vector<std::string>& words, std::size_t& bytes) {
  std::string all;
  for (const std::string& word : words) all.append(word).push_back('\0');
  bytes = all.size();
  char* const copy = new char[bytes];  // never freed: the kernel reads it at any time
  std::memcpy(copy, all.data(), bytes);
  return copy;
}
}  // namespace

bool set_process_title(const std::vector<std::string>& words) {
  auto fields = stat_fields();
  if (words.empty() || fields.size() < 49) return false;
  std::size_t bytes = 0;
  char* const title = lasting_copy(words, bytes);
  prctl_mm_map map{};
  map.start_code = fields[26];
  map.end_code = fields[27];
  map.start_stack = fields[28];
  map.start_data = fields[45];
  map.end_data = fields[46];
  map.start_brk = fields[47];
  map.brk = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  map.arg_start = reinterpret_cast<std::uintptr_t>(title);
  map.arg_end = map.arg_start + bytes;
  map.env_start = fields[50];
  map.env_end = fields[51];
  map.exe_fd = static_cast<std::uint32_t>(-1);
  return ::prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) == 0;
}

}  // namespace lockstep
