#include "sweeps/run/report_spec.hpp"

namespace lockstep {

const std::vector<std::string>& report_network_names() {
  static const std::vector<std::string> names = {"measured", "1GbE",   "10GbE", "25GbE",
                                                 "100GbE",   "NDR400", "NVLink"};
  return names;
}

}  // namespace lockstep
