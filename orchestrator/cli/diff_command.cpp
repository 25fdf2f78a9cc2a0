#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "orchestrator/cli/json_output.hpp"
#include "orchestrator/cli/options.hpp"
#include "orchestrator/cli/run_lookup.hpp"
#include "orchestrator/cli/subcommand.hpp"
#include "orchestrator/schedule/directory_facts.hpp"
#include "orchestrator/schedule/run_sheet.hpp"

namespace lockstep {

namespace {
constexpr std::size_t kIdDigits = 12;  // as ids are shown
constexpr std::size_t kColumn = 24;
constexpr std::size_t kHashDigits = 64;  // of SHA-256: its first digits tell it apart
constexpr const char* kHex = "0123456789abcdef";

struct Section {
  const char* name;
  std::vector<Pair> pairs;
};

/// What the two configurations say when they are held against each other.
std::string verdict_of(const std::vector<Pair>& configuration) {
  const auto different = differences(configuration);
  if (different.empty()) return "the configurations are the same";
  if (different.size() == 1) return "the configurations differ only in " + different[0].name;
  return fmt::format("the configurations differ in {} parameters", different.size());
}

class DiffCommand : public Subcommand {
 public:
  const char* name() const override { return "diff"; }
  const char* summary() const override { return "Show what two runs have different"; }
  const char* lesson() const override {
    return "Configuration, what ran it (build, host, device, libraries, hashes of the data) and "
           "what "
           "came out. Only\n"
           "what differs is shown; - stands for what a run does not have. Changes nothing.\n"
           "Exit codes: 0 also where they differ; 2 no such run; 6 a file is damaged.\n"
           "Example:\n"
           "  lockstep diff 3fa2 91c\n"
           "  lockstep diff 3fa2 91c --json | jq .configuration";
  }
  void add_options(CLI::App& app, Session& session) override {
    add_option(app, "left", left_, "First digits of a run's id").required().type_name("RUN");
    add_option(app, "right", right_, "First digits of the other's").required().type_name("RUN");
    add_flag(app, "-a,--all", all_, "Also what they have in common");
    add_flag(app, "--json", json_, "One JSON object on stdout");
    add_flag(app, "--plain", plain_,
             "One line per difference, with tabs: section, name, value left, value right");
    add_workspace_option(app, session);
  }
  ExitCode run(Session& session) override {
    require_one_form({{"--json", json_}, {"--plain", plain_}});
    const Tables tables = Tables::builtin();
    const Workspace workspace = session.workspace();
    const FoundRun left = find_run(session, tables, workspace, left_);
    const FoundRun right = find_run(session, tables, workspace, right_);
    const RunSheet a = sheet(workspace, left), b = sheet(workspace, right);
    const std::vector<Section> sections{
        {"configuration", side_by_side(a.configuration, b.configuration)},
        {"provenance", side_by_side(a.provenance, b.provenance)},
        {"outcome", side_by_side(a.outcome, b.outcome)}};
    if (json_) {
      show_json(session, left, right, sections);
    } else if (plain_) {
      for (const Section& section : sections) {
        for (const Pair& pair : shown(section))
          session.out() << plain_line({section.name, pair.name, pair.left, pair.right});
      }
    } else {
      show(session, left, right, sections);
    }
    return ExitCode::ok;
  }

 private:
  static RunSheet sheet(const Workspace& workspace, const FoundRun& run) {
    const Submissions submissions(run.study.empty() ? std::filesystem::path()
                                                    : workspace.submissions(run.study));
    DirectoryFacts files(workspace, submissions);
    return sheet_of(workspace.run(run.id), judge(files.facts(run.id), RetryPolicy{}));
  }

  std::vector<Pair> shown(const Section& section) const {
    return all_ ? section.pairs : differences(section.pairs);
  }

  void show(Session& session, const FoundRun& left, const FoundRun& right,
            const std::vector<Section>& sections) const {
    std::size_t names = 0;
    for (const Section& section : sections) {
      for (const Pair& pair : shown(section)) names = std::max(names, pair.name.size());
    }
    const auto line = [&](const std::string& name, const std::string& a, const std::string& b) {
      const auto text = [](const std::string& value) {
        if (value.empty()) return std::string("-");
        return value.size() == kHashDigits && value.find_first_not_of(kHex) == std::string::npos
                   ? value.substr(0, kIdDigits) + "..."
                   : printable(value);
      };
      session.out() << fmt::format("  {:<{}}  {:<{}}  {}\n", name, names, text(a), kColumn,
                                   text(b));
    };
    line("", left.id.substr(0, kIdDigits), right.id.substr(0, kIdDigits));
    for (const Section& section : sections) {
      const auto pairs = shown(section);
      session.out() << section.name << (pairs.empty() ? ": the same\n" : "\n");
      for (const Pair& pair : pairs) line(pair.name, pair.left, pair.right);
    }
    session.out() << verdict_of(sections.front().pairs) << '\n';
  }

  void show_json(Session& session, const FoundRun& left, const FoundRun& right,
                 const std::vector<Section>& sections) const {
    Json json{{"format", kJsonFormat},
              {"left", left.id},
              {"right", right.id},
              {"verdict", verdict_of(sections.front().pairs)}};
    for (const Section& section : sections) {
      json[section.name] = Json::array();
      for (const Pair& pair : shown(section))
        json[section.name].push_back(
            {{"name", pair.name}, {"left", pair.left}, {"right", pair.right}});
    }
    print_json(session, json);
  }

  std::string left_, right_;
  bool all_ = false, json_ = false, plain_ = false;
};
}  // namespace

std::unique_ptr<Subcommand> diff_command() { return std::make_unique<DiffCommand>(); }

}  // namespace lockstep
