#include "trainer/pack_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "trainer/engine/stopwatch.hpp"

namespace lockstep {

namespace {
/// A line that is drawn anew every second on a terminal; elsewhere a line for every tenth.
class Meter {
 public:
  void operator()(std::int64_t packed, std::int64_t all) {
    const bool last = packed == all;
    const std::int64_t tenth = 10 * packed / all;
    if (terminal_ ? now_s() - shown_s_ < 1 && !last : tenth == shown_tenth_) return;
    shown_s_ = now_s();
    shown_tenth_ = tenth;
    fmt::print(stderr, "{}packed {} of {} pictures, {:.0f}/s{}", terminal_ ? "\r" : "", packed, all,
               static_cast<double>(packed) / (shown_s_ - start_s_),
               terminal_ && !last ? "\033[K" : "\n");
    std::fflush(stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  double start_s_ = now_s(), shown_s_ = 0;
  std::int64_t shown_tenth_ = 0;
};
}  // namespace

PackCommand::PackCommand(CLI::App& app)
    : command_(app.add_subcommand("pack", "Pack a folder of JPEG pictures into one file")) {
  command_->footer(
      "Packs SOURCE/<class>/*.jpg (ImageNet's layout), as data sets like imagenet read them\n"
      "(trainer/data/PACK.md). The same pictures give the same bytes. Killed, the same command "
      "begins\nanew; once FILE is there, it has nothing to do.\n\n"
      "Example: lockstep-train pack ILSVRC2012/train /data/imagenet/train.pack\n"
      "         lockstep-train pack ILSVRC2012/val /data/imagenet/val.pack\n\n"
      "Exit codes: 0 packed, 2 the command line or no pictures, 69 a damaged picture, 74 storage.");
  command_->add_option("source", source_, "Folder of class folders of JPEG pictures")
      ->required()
      ->check(CLI::ExistingDirectory)
      ->type_name("SOURCE");
  command_->add_option("file", file_, "File to write")->required()->type_name("FILE");
  command_
      ->add_option("--shortest-side", reduction_.shortest_side,
                   "Resize pictures whose shorter side has more pixels, and encode them again; 0: "
                   "keep their bytes")
      ->capture_default_str()
      ->check(CLI::Range(0, 65535));
  command_->add_option("--quality", reduction_.quality, "Of pictures that are encoded again")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
}

bool PackCommand::chosen() const { return command_->parsed(); }

int PackCommand::run() const {
  PackReduction reduction = reduction_;
  if (reduction.shortest_side == 0) reduction.quality = 0;
  Meter meter;
  const PackedFile packed = pack_pictures(
      source_, file_, reduction, [&](std::int64_t done, std::int64_t all) { meter(done, all); });
  if (packed.passed_over > 0) {
    fmt::print(stderr, "lockstep-train: {} other files in the class folders were passed over\n",
               packed.passed_over);
  }
  fmt::print("{}: {} pictures of {} classes, {:.1f} MB{}\n", file_.string(), packed.samples,
             packed.classes, 1e-6 * static_cast<double>(packed.bytes),
             packed.was_there ? ", packed before; nothing to do" : "");
  return 0;
}

}  // namespace lockstep
