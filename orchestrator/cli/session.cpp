#include "orchestrator/cli/session.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "orchestrator/launch/dry_run_launcher.hpp"
#include "orchestrator/launch/launch_error.hpp"
#include "results/record/file_system.hpp"
#include "sweeps/spec/sweep_spec.hpp"

namespace lockstep {

namespace fs = std::filesystem;

namespace {
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

winsize size_of(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) size = {};
  if (size.ws_col == 0) size.ws_col = 80;
  if (size.ws_row == 0) size.ws_row = 24;
  return size;
}
}  // namespace

Console process_console() {
  const bool plain = !environment("NO_COLOR").empty() || environment("TERM") == "dumb";
  const bool tty = ::isatty(1) == 1;
  const winsize size = size_of(tty ? 1 : 2);
  return {.out = std::cout,
          .err = std::cerr,
          .out_colour = !plain && tty,
          .err_is_tty = ::isatty(2) == 1,
          .columns = size.ws_col,
          .rows = size.ws_row,
          .out_is_tty = tty,
          .in = ::isatty(0) == 1 && ::isatty(2) == 1 ? &std::cin : nullptr};
}

Workspace Session::named_workspace() const {
  std::string root = workspace_option;
  if (root.empty()) root = environment("LOCKSTEP_WORKSPACE");
  if (root.empty()) root = "workspace";
  return Workspace(fs::absolute(root).lexically_normal());
}

Workspace Session::workspace() const {
  const Workspace workspace = named_workspace();
  for (const fs::path& folder : {workspace.root(), workspace.studies(), workspace.runs()}) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
      if (errno == ENOENT) continue;  // it may be made
    } else if (!S_ISDIR(status.st_mode)) {
      errno = ENOTDIR;
    } else if (::access(folder.c_str(), R_OK | X_OK) == 0) {
      continue;
    }
    throw LaunchError(
        fmt::format("cannot read the workspace {}: {}; name another one with --workspace",
                    folder.string(), std::strerror(errno)));
  }
  return workspace;
}

Workspace Session::existing_workspace() const {
  const fs::path root = named_workspace().root();
  std::error_code ignored;
  if (!fs::exists(root, ignored)) {
    throw LaunchError(fmt::format(
        "there is no workspace {}; name another one with --workspace, or `lockstep run` makes it",
        root.string()));
  }
  return writable_workspace();
}

Workspace Session::writable_workspace() const {
  const Workspace workspace = this->workspace();
  std::string trouble;
  try {
    make_directories(workspace.root());
    if (::access(workspace.root().c_str(), W_OK | X_OK) != 0) trouble = std::strerror(errno);
  } catch (const std::exception& error) {
    trouble = error.what();
  }
  if (!trouble.empty()) {
    throw LaunchError(
        fmt::format("cannot write the workspace {}: {}; name another one with --workspace",
                    workspace.root().string(), trouble));
  }
  return workspace;
}

std::string Session::command(std::vector<std::string> words) const {
  words.insert(words.begin(), program);
  if (!workspace_option.empty()) words.insert(words.end(), {"--workspace", workspace_option});
  return command_line(words);
}

void Session::say(const std::string& text) {
  console_.err << "lockstep: " << printable(text) << '\n';
  console_.err.flush();
}

bool Session::ask(const std::string& question) {
  if (!interactive()) return false;
  console_.err << "lockstep: " << printable(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(*console_.in, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

Session Session::in_background() const {
  Session session(*this);
  session.console_.out_colour = session.console_.out_is_tty = session.console_.err_is_tty = false;
  session.console_.in = nullptr;
  return session;
}

fs::path data_folder(const std::string& option) {
  std::error_code ignored;
  for (const std::string& named : {option, environment("LOCKSTEP_DATA")}) {
    if (named.empty()) continue;
    if (!fs::is_directory(named, ignored))
      throw UsageError(fmt::format("there is no data folder '{}'", named));
    return fs::absolute(named).lexically_normal();
  }
  for (const char* usual : {"data", "/usr/share/datasets"}) {
    if (fs::is_directory(usual, ignored)) return fs::absolute(usual).lexically_normal();
  }
  return {};
}

std::string read_spec_file(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
      throw UsageError(fmt::format("'{}' is a folder, not a spec", path));
    file.open(path, std::ios::binary);
    if (!file) {
      const int error = errno;
      const std::string yaml = path + ".yaml";
      throw UsageError(
          fmt::format("cannot read the spec '{}': {}{}", path, std::strerror(error),
                      fs::exists(yaml, ignored) ? fmt::format("; did you mean '{}'?", yaml) : ""));
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text;
  char buffer[65536];
  while (text.size() <= kMaxSpecBytes && (in.read(buffer, sizeof buffer) || in.gcount() > 0)) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
  }
  return text;  // one byte over the limit is enough for read_spec to refuse it
}

std::string printable(const std::string& text) {
  std::string clean = text;
  for (char& c : clean) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  }
  return clean;
}

}  // namespace lockstep
