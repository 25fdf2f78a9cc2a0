#include "trainer/engine/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "trainer/engine/stopwatch.hpp"

namespace lockstep {

namespace {
constexpr double kRedraw_s = 0.2;
constexpr int kBarWidth = 30;
}  // namespace

Progress::Progress(bool silent, std::int64_t total_steps, std::int64_t first_step)
    : silent_(silent),
      terminal_(isatty(STDERR_FILENO) == 1),
      total_steps_(total_steps),
      first_step_(first_step),
      start_s_(now_s()) {}

Progress::~Progress() { clear_bar(); }

void Progress::clear_bar() {
  if (bar_shown_) fmt::print(stderr, "\r\033[K");
  bar_shown_ = false;
}

void Progress::step(std::int64_t step) {
  const double now = now_s();
  if (silent_ || !terminal_ || now - last_shown_s_ < kRedraw_s || step == first_step_) return;
  last_shown_s_ = now;
  bar_shown_ = true;
  const double left_s = (now - start_s_) * static_cast<double>(total_steps_ - step) /
                        static_cast<double>(step - first_step_);
  const int filled = static_cast<int>(kBarWidth * step / total_steps_);
  fmt::print(stderr, "\r\033[K[{:=<{}}{: <{}}] step {}/{}, {:.0f} s left", "", filled, "",
             kBarWidth - filled, step, total_steps_, left_s);
}

void Progress::evaluation(const EvalRecord& record) {
  if (silent_) return;
  clear_bar();
  fmt::print("epoch {:.2f}  step {}  {} accuracy {:.4f}  loss {:.4f}  {:.1f} s{}\n", record.epoch,
             record.step, record.split, record.accuracy, record.loss, record.train_s,
             record.scratch_average ? "  (mid-round average)" : "");
  std::fflush(stdout);
}

}  // namespace lockstep
