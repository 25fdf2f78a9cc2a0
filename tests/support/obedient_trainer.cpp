// A trainer that does what the last word of its --run-dir says, for tests of launchers:
//   ok*     exit 0            three  exit 3           crash  die by SIGKILL
//   wait*   exit 75 on SIGTERM                        deaf   never end, not on SIGTERM either
//   tell    print what a process knows about itself, as a line of JSON
// It serves like the real one (--serve). OBEDIENT_SERVER changes that: "mute" never answers, "dies"
// ends as soon as it is ready, "refuses" has a second thread.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "trainer/engine/fork_server.hpp"

namespace {
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

volatile sig_atomic_t stopped = 0;
extern "C" void note_stop(int) { stopped = 1; }

void nap() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

Words command_line() {
  std::ifstream file("/proc/self/cmdline");
  Words words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

/// `loaded`: how often the server had prepared for a job when it forked this one.
int tell(const Words& argv, int loaded) {
  std::set<std::string> open;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the iterator's own descriptor is
    const auto target = fs::read_symlink(entry.path(), gone);
    if (!gone && target != "/proc/self/fd" && target.string().find("/fd") == std::string::npos)
      open.insert(target.string());
  }
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  struct sigaction pipe {};
  ::sigaction(SIGPIPE, nullptr, &pipe);
  const nlohmann::json json = {{"argv", argv},
                               {"cmdline", command_line()},
                               {"pid", ::getpid()},
                               {"parent", ::getppid()},
                               {"group", ::getpgrp()},
                               {"open", open},
                               {"loaded", loaded},
                               {"blocked", ::sigismember(&blocked, SIGTERM) == 1},
                               {"sigpipe_default", pipe.sa_handler == SIG_DFL}};
  std::cout << json << std::endl;
  return 0;
}

int obey(const Words& argv, int loaded) {
  const std::string what = argv.size() > 2 ? fs::path(argv[2]).filename().string() : "";
  if (what == "tell") return tell(argv, loaded);
  ::signal(SIGTERM, what == "deaf" ? SIG_IGN : note_stop);
  std::cout << "started " << what << std::endl;
  if (what == "three") return 3;
  if (what == "crash") ::raise(SIGKILL);
  while (what == "deaf" || what.rfind("wait", 0) == 0) {
    if (stopped) return 75;
    nap();
  }
  return 0;
}

int serve(const Words& argv) {
  const char* given = std::getenv("OBEDIENT_SERVER");
  const std::string how = given ? given : "";
  if (how == "dies") {
    std::cout << R"({"event": "ready"})" << std::endl;
    return 1;
  }
  while (how == "mute") nap();
  if (how == "refuses") {
    std::thread([] {
      while (true) nap();
    }).detach();
  }
  int loaded = 0;
  return lockstep::serve_forks(argv, {.prepare = [&](const Words&) { ++loaded; },
                                      .run = [&](const Words& job) { return obey(job, loaded); }});
}
}  // namespace

int main(int argc, char** argv) {
  const Words words(argv, argv + argc);
  if (words.size() > 1 && words[1] == "--serve") return serve(words);
  return obey(words, 0);
}
