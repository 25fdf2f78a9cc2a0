// What every command gets: where results and messages go, and the options that all share. Results
// go to `out`, everything else to `err`.
#pragma once

#include <filesystem>
#include <istream>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "results/record/workspace.hpp"

namespace lockstep {

/// Arguments that cannot be right; says which and what to type instead.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The places that a command writes to, and what they can show.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_colour = false;
  bool err_is_tty = false;
  int columns = 80;
  int rows = 24;
  bool out_is_tty = false;
  std::istream* in = nullptr;  ///< a person who answers; none: nobody is asked
};

/// The console of this process: NO_COLOR, TERM=dumb and pipes turn colours off.
Console process_console();

class Session {
 public:
  explicit Session(Console console) : console_(console) {}

  std::string program = "lockstep";  ///< as it was called: argv[0]
  std::string workspace_option;      ///< --workspace
  bool no_color = false;
  bool no_input = false;  ///< --no-input: nobody is asked, though there is a terminal

  std::ostream& out() { return console_.out; }
  std::ostream& err() { return console_.err; }
  bool colour() const { return console_.out_colour && !no_color; }
  bool progress_on_tty() const { return console_.err_is_tty; }
  int columns() const { return console_.columns; }
  int rows() const { return console_.rows; }
  bool out_on_tty() const { return console_.out_is_tty; }
  /// Columns to fold results to: 0, none, where they do not go to a terminal.
  int fold() const { return console_.out_is_tty ? console_.columns : 0; }

  /// --workspace, else LOCKSTEP_WORKSPACE, else ./workspace; absolute. Nothing is looked at.
  Workspace named_workspace() const;
  /// The same; nothing is created, and it need not exist. Throws LaunchError for a file, and for a
  /// workspace that this user may not read.
  Workspace workspace() const;
  /// The same, which must exist and be writable: a misspelt name is not made a workspace. Throws
  /// LaunchError.
  Workspace existing_workspace() const;
  /// The same, created if missing. Throws LaunchError where nobody may write.
  Workspace writable_workspace() const;

  /// A command line to copy: this program as it was called, `words`, --workspace where it was
  /// given. Quoted for a shell.
  std::string command(std::vector<std::string> words) const;

  /// One line: "lockstep: <text>".
  void say(const std::string& text);

  /// There is a person to ask().
  bool interactive() const { return console_.in != nullptr && !no_input; }
  /// "<question> [y/N] ": true for y or yes.
  bool ask(const std::string& question);

  /// This session for a process in the background: no terminal, no colours, nobody to ask.
  Session in_background() const;

 private:
  Console console_;
};

/// --data, else LOCKSTEP_DATA, else ./data, else /usr/share/datasets, else nothing: the first that
/// exists. A folder that was named but does not exist is a UsageError.
std::filesystem::path data_folder(const std::string& option);

/// The bytes of a spec; "-" reads stdin. Throws UsageError with path and reason.
std::string read_spec_file(const std::string& path);

/// Text for a terminal: control characters that a spec or a file may hold are shown as '?'.
std::string printable(const std::string& text);

}  // namespace lockstep
