#include "orchestrator/cli/app.hpp"
#include "orchestrator/cli/heap.hpp"

int main(int argc, char** argv) {
  lockstep::use_huge_pages();
  return lockstep::run_app(argc, argv, lockstep::process_console());
}
