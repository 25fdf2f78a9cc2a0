#include "trainer/nn/autocast.hpp"

#include <ATen/autocast_mode.h>

namespace lockstep {

Autocast::Autocast(bool on) : on_(on) {
  if (!on_) return;
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  at::autocast::set_cpu_enabled(true);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  at::autocast::decrement_nesting();
  at::autocast::clear_cache();
  at::autocast::set_cpu_enabled(false);
}

}  // namespace lockstep
