// The sections of a spec that describe no run: what the report shall show, and how runs are
// launched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweeps/run/report_spec.hpp"
#include "sweeps/spec/sweep_spec.hpp"
#include "sweeps/spec/typed.hpp"

namespace lockstep::spec {

ReportSpec read_report(const Tables& tables, const Node& section, Findings& findings);

LaunchSpec read_launch(const Tables& tables, const Node& section, Findings& findings);

/// A text of `launch` and the only shape that it may have, because it reaches a command line
/// (threat S1).
struct LaunchText {
  const char* name;
  std::string SlurmLaunch::*field;
  const char* pattern;  ///< ECMAScript, of the whole text
  const char* shape;    ///< the same in words
  const char* doc;
};

/// A number or switch of `launch`, as a row in the manner of the table of parameters.
const std::vector<Parameter>& local_launch_rows();
const std::vector<Parameter>& slurm_launch_rows();
const std::vector<LaunchText>& slurm_launch_texts();
const std::vector<Parameter>& early_stop_rows();

// report_axes.cpp: what `report` asks of its axes. Where something is wrong (told), the default.
StragglerSpec read_stragglers(const Tables& tables, const Node& node, Findings& findings);
TimeSum read_time_sum(const Node& node, Findings& findings);
std::optional<PriceSpec> read_price(const Tables& tables, const Node& node, Findings& findings);

/// Numbers and switches of `report`: of a declared network, of `stragglers` (`excess`: of each of
/// its members), of `price`, and of the section.
const std::vector<Parameter>& declared_network_rows();
const std::vector<Parameter>& straggler_rows();
const std::vector<Parameter>& price_rows();
/// Longer traces are a distribution that fewer steps show as well.
inline constexpr std::size_t kLongestTrace = 1000;
const Parameter& compare_unequal_row();
/// What the name of a declared network may be: it stands in headings and file cells.
inline constexpr const char* kNetworkPattern = "[A-Za-z0-9][A-Za-z0-9_.-]{0,31}";

/// What `study` may be: it names a directory (threat S4).
inline constexpr const char* kStudyPattern = "[a-z0-9][a-z0-9-]{0,63}";

}  // namespace lockstep::spec
