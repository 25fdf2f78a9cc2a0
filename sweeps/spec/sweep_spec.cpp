#include "sweeps/spec/sweep_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "sweeps/run/run_id.hpp"
#include "sweeps/spec/expand.hpp"
#include "sweeps/spec/printable.hpp"
#include "sweeps/spec/sections.hpp"

namespace lockstep {

namespace {
using namespace spec;

constexpr std::int64_t kLanguage = 1;
constexpr std::size_t kMaxQuestion = 1000;

const std::vector<std::string>& top_keys() {
  static const std::vector<std::string> keys = {"lockstep", "study",    "question", "base",
                                                "grid",     "variants", "include",  "exclude",
                                                "report",   "launch"};
  return keys;
}

std::string hint_for_top_key(const Tables& tables, const std::string& key) {
  if (tables.parameter(key))
    return fmt::format("{} is a parameter: put it under base or grid", key);
  if (key == "zip") return "zip belongs to a variant";
  return did_you_mean(key, top_keys());
}

/// Whether there is a map to go on with.
bool check_top(const Tables& tables, const Node& top, Findings& findings) {
  if (top.kind == Node::Kind::null) {
    findings.error({}, "the spec is empty", "begin with `lockstep: 1`");
    return false;
  }
  if (top.kind != Node::Kind::map) {
    findings.error(top.place, fmt::format("a spec is a map, found {}", found(top)),
                   "begin with `lockstep: 1`");
    return false;
  }
  for (const Node& item : top.items) {
    const auto& keys = top_keys();
    if (std::find(keys.begin(), keys.end(), item.key) != keys.end()) continue;
    findings.error(item.key_place, fmt::format("unknown key {}", quoted(item.key)),
                   hint_for_top_key(tables, item.key));
  }
  return true;
}

void check_language(const Tables& tables, const Node& top, Findings& findings) {
  const Node* node = top.find("lockstep");
  if (!node) {
    findings.error({}, "lockstep is missing: the version of the language",
                   "begin with `lockstep: 1`");
    return;
  }
  const Parameter version{.name = "lockstep", .type = Type::integer, .initial = kLanguage};
  const auto value = read_value(tables, version, *node, findings);
  if (value && *value != Value(kLanguage)) {
    findings.error(node->place,
                   fmt::format("version {} of the language is not known here", to_text(*value)),
                   fmt::format("this lockstep speaks version {}", kLanguage));
  }
}

std::string read_study(const Node& top, Findings& findings) {
  const Node* node = top.find("study");
  if (!node) {
    findings.error({}, "study is missing: the name of the study",
                   "for example `study: quickstart`");
    return {};
  }
  const auto name = read_text(*node, "study", findings);
  if (!name) return {};
  if (name->size() > 64 || !std::regex_match(*name, std::regex(kStudyPattern))) {
    findings.error(node->place, fmt::format("study cannot be {}", quoted(*name)),
                   "at most 64 of a-z, 0-9 and '-', and no '-' at the front");
  }
  return *name;
}

std::string read_question(const Node& top, Findings& findings) {
  const Node* node = top.find("question");
  if (!node) return {};
  auto question = read_text(*node, "question", findings);
  if (!question) return {};
  while (question->ends_with('\n')) question->pop_back();  // of a block text
  std::replace(question->begin(), question->end(), '\n', ' ');
  if (question->size() > kMaxQuestion) {
    findings.error(node->place, fmt::format("the question is longer than {} bytes", kMaxQuestion),
                   "say it in one sentence; the rest can be a comment");
  } else if (!is_printable(*question)) {
    findings.error(node->place, "the question has control characters", "take them away");
  }
  return *question;
}

bool has_any(const Node& top, std::initializer_list<const char*> keys) {
  return std::any_of(keys.begin(), keys.end(), [&](const char* key) { return top.find(key); });
}

/// Whether a section that describes runs may hide behind a key that is not known.
bool is_section_mistyped(const Node& top) {
  const std::vector<std::string> sections = {"base", "grid", "variants", "include"};
  return std::any_of(top.items.begin(), top.items.end(), [&](const Node& item) {
    const auto& keys = top_keys();
    return std::find(keys.begin(), keys.end(), item.key) == keys.end() &&
           nearest(item.key, sections);
  });
}

void read_runs(const Tables& tables, const Node& top, std::int64_t max_runs, Plan& plan,
               Findings& findings) {
  const bool is_mistyped = is_section_mistyped(top);
  if (!is_mistyped && !has_any(top, {"base", "grid", "variants", "include"})) {
    findings.error({}, "the spec describes no run",
                   "add `base:` with algorithm, model, dataset and epochs");
    return;
  }
  const Draft draft = read_draft(tables, top, max_runs, findings);
  if (is_mistyped) return;  // what is missing stands there
  plan.runs = expand(tables, draft, max_runs, findings);
  if (plan.runs.empty() && !findings.has_errors()) {
    const Node* exclude = top.find("exclude");
    findings.error(exclude ? exclude->key_place : Place{}, "no runs are left",
                   "the excludes match every run");
  }
}

void read_sections(const Tables& tables, const Node& top, std::int64_t max_runs, SpecResult& result,
                   Findings& findings) {
  check_language(tables, top, findings);
  result.plan.study = read_study(top, findings);
  result.plan.question = read_question(top, findings);
  if (const Node* report = top.find("report")) {
    result.plan.report = read_report(tables, *report, findings);
  }
  if (const Node* launch = top.find("launch")) {
    result.launch = read_launch(tables, *launch, findings);
  }
  read_runs(tables, top, max_runs, result.plan, findings);
}
}  // namespace

bool SpecResult::ok() const {
  return std::none_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Diagnostic::Severity::error;
  });
}

SpecResult read_spec(const Tables& tables, std::string_view source, std::int64_t max_runs) {
  SpecResult result;
  Findings findings;
  const auto tree = read_yaml(source, findings);
  if (!tree && !findings.has_errors()) {
    findings.error({}, "the spec is empty", "begin with `lockstep: 1`");
  }
  if (tree && check_top(tables, *tree, findings)) {
    result.plan.spec_sha256 = sha256_hex(source);
    read_sections(tables, *tree, max_runs, result, findings);
  }
  result.diagnostics = findings.take();
  return result;
}

}  // namespace lockstep
