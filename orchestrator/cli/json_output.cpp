#include "orchestrator/cli/json_output.hpp"

#include <nlohmann/json.hpp>

#include "reports/text/escape.hpp"

namespace lockstep {

Json counts_json(const std::vector<RunStatus>& states) {
  Json counts = Json::object();
  for (const auto& [name, count] : counts_of(states)) counts[name] = count;
  return counts;
}

Json run_json(const RunStatus& status) {
  return {{"id", status.id},
          {"cell", status.cell},
          {"label", status.label},
          {"state", name_of(status.verdict.state)},
          {"reason", status.verdict.reason}};
}

void print_json(Session& session, const Json& json) {
  session.out() << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void require_one_form(std::initializer_list<std::pair<const char*, bool>> forms) {
  std::string asked;
  int count = 0;
  for (const auto& [name, given] : forms) {
    if (!given) continue;
    asked += (count++ ? " and " : "") + std::string(name);
  }
  if (count > 1) throw UsageError(asked + " are two forms of output: give one of them");
}

std::string plain_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) (line += plain(field)) += '\t';
  line.back() = '\n';
  return line;
}

}  // namespace lockstep
