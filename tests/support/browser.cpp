#include "tests/support/browser.hpp"

#include <boost/process/search_path.hpp>
#include <catch2/catch.hpp>
#include <fstream>

#include "orchestrator/launch/command_runner.hpp"
#include "tests/support/temp_dir.hpp"

namespace lockstep::test {

namespace {
constexpr double kDeadline_s = 100;  // a start takes one second, or a minute on a crowded machine

std::string browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    const auto path = boost::process::search_path(name);
    if (!path.empty()) return path.string();
  }
  return {};
}
}  // namespace

bool has_browser() { return !browser().empty(); }

std::string dom_of(const std::string& page) {
  const TempDir folder;
  const auto file = folder.path() / "page.html";
  std::ofstream(file) << page;
  ProcessRunner runner;
  // No sandbox: tests also run as root in containers, on pages that they have written themselves.
  const CommandResult result = runner.run(
      {.argv = {browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-quic", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--user-data-dir=" + (folder.path() / "profile").string(),
                "--dump-dom", "file://" + file.string()},
       .input = {},
       .directory = folder.path(),
       .environment = {},
       .deadline_s = kDeadline_s});
  INFO(result.err);
  REQUIRE(result.ok());
  REQUIRE(result.out.find("</html>") != std::string::npos);
  return result.out;
}

std::string text_of(const std::string& dom, const std::string& id) {
  const std::size_t at = dom.find(" id=\"" + id + "\"");
  INFO(id);
  REQUIRE(at != std::string::npos);
  const std::size_t from = dom.find('>', at) + 1;
  return dom.substr(from, dom.find('<', from) - from);
}

}  // namespace lockstep::test
