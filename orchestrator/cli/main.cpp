#include "orchestrator/cli/app.hpp"

int main(int argc, char** argv) {
  return lockstep::run_app(argc, argv, lockstep::process_console());
}
