#include "orchestrator/cli/man_page.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <lockstep_version.hpp>

#include "orchestrator/cli/exit_code.hpp"

namespace lockstep {

namespace {
struct Variable {
  const char* name;
  const char* about;
};

constexpr Variable kVariables[] = {
    {"LOCKSTEP_WORKSPACE", "Folder of runs and studies where --workspace is not given."},
    {"LOCKSTEP_DATA", "Folder of data sets where --data is not given."},
    {"LOCKSTEP_TRAIN", "The trainer, where it does not lie beside this program."},
    {"LOCKSTEP_BUDGET_HOURS", "Hours of one core above which you are asked first."},
    {"NO_COLOR", "Not empty: no colours."}};

/// Text as it is: nothing in it is a request, an escape or a sign that is typeset.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool line_start = out.empty() || out.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-' || c == '`' || c == '\'' || c == '^' || c == '~') {
      out += c == '-'   ? "\\-"
             : c == '`' ? "\\(ga"
             : c == '^' ? "\\(ha"
             : c == '~' ? "\\(ti"
                        : "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

std::string verbatim(const std::string& text) {
  return text.empty() ? "" : fmt::format(".PP\n.nf\n{}\n.fi\n", roff(text));
}

std::string item(const std::string& head, const std::string& about) {
  return fmt::format(".TP\n{}\n{}\n", head, roff(about));
}

/// "-w, --workspace DIR"
std::string head_of(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames())
    names += (names.empty() ? "--" : ", --") + name;
  const std::string value = option.get_items_expected_max() > 0 ? option.get_type_name() : "";
  return "\\fB" + roff(names) + "\\fR" + (value.empty() ? "" : " \\fI" + roff(value) + "\\fR");
}

std::string positionals(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string type = option->get_type_name();
    text += option->get_required() ? " " + type : " [" + type + "]";
  }
  return text;
}

std::string section_of(const CLI::App& command) {
  std::string text =
      fmt::format(".SS {}\n{}.\n", roff("lockstep " + command.get_name() + positionals(command)),
                  roff(command.get_description()));
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) text += item(head_of(*option), option->get_description());
  }
  return text + verbatim(command.get_footer());
}
}  // namespace

std::string man_page(const CLI::App& root) {
  std::string text = fmt::format(
      ".TH LOCKSTEP 1 \"\" \"lockstep {}\" \"User Commands\"\n.SH NAME\nlockstep \\- measure what "
      "communicating less often costs and buys in distributed training\n.SH SYNOPSIS\n.B lockstep\n"
      ".I COMMAND\n[\\fIARGUMENT\\fR...] [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n{}\n",
      roff(kVersion), roff(root.get_description()));
  text += verbatim(root.get_footer()) + ".SH COMMANDS\n";
  for (const CLI::App* command : root.get_subcommands({})) text += section_of(*command);
  text += ".SH EXIT STATUS\n";
  for (const ExitCode code : kExitCodes)
    text += item("\\fB" + std::to_string(static_cast<int>(code)) + "\\fR", meaning_of(code));
  text += ".SH ENVIRONMENT\n";
  for (const Variable& variable : kVariables)
    text += item("\\fB" + roff(variable.name) + "\\fR", variable.about);
  return text;
}

}  // namespace lockstep
