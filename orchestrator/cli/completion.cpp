#include "orchestrator/cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "results/store/file_marks.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kRunsOffered =
    2000;  // more than anybody reads; a longer prefix finds the rest

bool is_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

/// What a value may be is in its type's name: "STUDY", "ACTION:{check,rebuild}".
class Completion {
 public:
  Completion(const CLI::App& app, const std::vector<std::string>& words, Session& session)
      : app_(app), words_(words), current_(words.back()), session_(session) {}

  std::vector<Candidate> run() {
    const CLI::App* command = &app_;
    std::size_t at = 0;
    while (at + 1 < words_.size() && is_option(words_[at])) ++at;
    if (at + 1 < words_.size()) {
      const auto commands = app_.get_subcommands(
          [&](const CLI::App* candidate) { return candidate->get_name() == words_[at]; });
      if (commands.empty()) return {};
      command = commands.front();
      ++at;
    }
    const CLI::Option* waiting = walk(*command, at);
    if (waiting) {
      offer_values(*waiting);
    } else if (is_option(current_) || current_ == "-") {
      offer_options(*command);
    } else if (command == &app_) {
      offer_commands();
    } else {
      offer_positional(*command);
    }
    return std::move(found_);
  }

 private:
  /// Goes over the finished words. Returns the option whose value is at the cursor, if any.
  const CLI::Option* walk(const CLI::App& command, std::size_t from) {
    const CLI::Option* waiting = nullptr;
    for (std::size_t i = from; i + 1 < words_.size(); ++i) {
      if (waiting) {
        if (waiting->check_lname("workspace")) session_.workspace_option = words_[i];
        waiting = nullptr;
      } else if (is_option(words_[i])) {
        used_.push_back(words_[i]);
        const CLI::Option* option = command.get_option_no_throw(words_[i]);
        if (option && option->get_items_expected_max() > 0) waiting = option;
      } else {
        ++positionals_;
      }
    }
    return waiting;
  }

  void offer(const std::string& text, const std::string& about = "") {
    if (text.rfind(current_, 0) == 0) found_.push_back({text, about});
  }

  void offer_commands() {
    for (const CLI::App* command : app_.get_subcommands({}))
      offer(command->get_name(), command->get_description());
  }

  void offer_options(const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
      if (option->get_positional()) continue;
      const auto is_used = [&](const std::string& word) { return option->check_name(word); };
      if (std::any_of(used_.begin(), used_.end(), is_used)) continue;
      for (const std::string& name : option->get_lnames())
        offer("--" + name, option->get_description());
      if (option->get_lnames().empty()) {
        for (const std::string& name : option->get_snames())
          offer("-" + name, option->get_description());
      }
    }
  }

  void offer_positional(const CLI::App& command) {
    std::size_t index = 0;
    for (const CLI::Option* option : command.get_options()) {
      if (!option->get_positional()) continue;
      const bool last_takes_all = option->get_items_expected_max() > 1;
      if (index++ == positionals_ || last_takes_all) return offer_values(*option);
    }
  }

  void offer_values(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const auto has = [&](const char* word) { return type.find(word) != std::string::npos; };
    const auto open = type.find('{'), close = type.find('}');
    if (open != std::string::npos && close != std::string::npos && open < close) {
      for (std::size_t at = open + 1; at <= close;) {
        const std::size_t end = std::min(type.find(',', at), close);
        offer(type.substr(at, end - at));
        at = end + 1;
      }
      return;
    }
    if (has("STUDY")) offer_studies();
    if (has("RUN")) offer_runs();
    if (has("SPEC") || has("FILE") || has("DIR")) found_.push_back({kFiles, ""});
  }

  void offer_studies() {
    try {
      for (const std::string& name : session_.named_workspace().study_names()) offer(name);
    } catch (const std::exception&) {
      // nothing to offer from a workspace that cannot be read; the command will say why
    }
  }

  void offer_runs() {
    for (const std::string& id : run_ids(session_.named_workspace())) {
      if (found_.size() == kRunsOffered) return;
      offer(id);
    }
  }

  const CLI::App& app_;
  const std::vector<std::string>& words_;
  const std::string& current_;
  Session& session_;
  std::vector<std::string> used_;
  std::size_t positionals_ = 0;
  std::vector<Candidate> found_;
};

constexpr const char* kBash =
    R"sh(# lockstep completion for bash: eval "$(lockstep completion bash)"
_lockstep() {
  local current=${COMP_WORDS[COMP_CWORD]} value
  COMPREPLY=()
  while IFS=$'\t' read -r value _; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current")
    else
      COMPREPLY+=("$value")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _lockstep lockstep
)sh";

constexpr const char* kZsh = R"sh(#compdef lockstep
# lockstep completion for zsh: eval "$(lockstep completion zsh)", after compinit
_lockstep() {
  local line
  local -a found
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      found+=("${${line//:/\\:}/$'\t'/:}")
    fi
  done
  (( $#found )) && _describe lockstep found
}
compdef _lockstep lockstep
)sh";

constexpr const char* kFish = R"sh(# lockstep completion for fish: lockstep completion fish | source
function __lockstep_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            printf '%s\n' $line
        end
    end
end
complete -c lockstep -f -a '(__lockstep_complete)'
)sh";
}  // namespace

std::vector<Candidate> candidates(const CLI::App& app, const std::vector<std::string>& words,
                                  Session& session) {
  return words.empty() ? std::vector<Candidate>{} : Completion(app, words, session).run();
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  throw UsageError("there is a completion for bash, zsh and fish");
}

}  // namespace lockstep
