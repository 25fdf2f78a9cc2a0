// Whether the files of a report are what this program makes of the study now.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reports/report.hpp"

namespace lockstep {

struct FileVerdict {
  std::string file;
  bool same = false;
  std::string text;  ///< "same", or what differs: missing, other rows, other spec, edited, ...
};

/// One per exporter. `read` gives the bytes of a file of the report, nothing where there is none.
std::vector<FileVerdict> verify_report(
    const Analysis& analysis, const std::vector<Exporter>& exporters,
    const std::function<std::optional<std::string>(const std::string&)>& read);

}  // namespace lockstep
