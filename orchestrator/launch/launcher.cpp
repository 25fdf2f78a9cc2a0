#include "orchestrator/launch/launcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace lockstep {

void check_token(const std::string& token) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  const bool legal = !token.empty() && token.size() <= 200 && token.front() != '-' &&
                     token.front() != '.' && token.find_first_not_of(kAllowed) == std::string::npos;
  if (!legal)
    throw LaunchError(
        fmt::format("'{}' is no token: letters, digits, '.', '_' and '-' only", token));
}

}  // namespace lockstep
