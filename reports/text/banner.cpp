#include "reports/text/banner.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep {

namespace {
std::string counted(std::size_t n, const char* what) {
  return n == 0 ? std::string() : fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}
}  // namespace

std::string short_banner_of(const Analysis& analysis) {
  if (analysis.notices.empty()) return {};
  const auto problems = static_cast<std::size_t>(
      std::count_if(analysis.notices.begin(), analysis.notices.end(),
                    [](const Notice& notice) { return notice.level == Notice::Level::problem; }));
  const std::string first = counted(problems, "problem"),
                    second = counted(analysis.notices.size() - problems, "warning");
  return "Read with " + first + (first.empty() || second.empty() ? "" : " and ") + second;
}

std::string banner_of(const Analysis& analysis) {
  std::string kinds;
  for (const Notice& notice : analysis.notices) {
    if ((", " + kinds + ",").find(", " + notice.kind + ",") == std::string::npos)
      kinds += (kinds.empty() ? "" : ", ") + notice.kind;
  }
  return kinds.empty() ? kinds : short_banner_of(analysis) + ": " + kinds;
}

}  // namespace lockstep
