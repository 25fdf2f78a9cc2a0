// Manifests of checkpoints, as they are and under a right checksum.
#include "results/record/checkpoint_manifest.hpp"
#include "results/record/record_file.hpp"
#include "tests/fuzz/target.hpp"

using namespace lockstep;
using fuzz::require;

namespace {
void look_at(std::string_view text) {
  try {
    const CheckpointManifest manifest = parse_manifest(text);
    std::int64_t worker = 0;
    for (const ManifestShard& shard : manifest.files) {
      require(shard.name.find('/') == shard.name.npos && shard.name.front() != '.',
              "a shard lies in its checkpoint");
      require(shard.first_worker == worker && shard.workers > 0, "no worker twice, none left out");
      worker += shard.workers;
    }
    require(worker == manifest.workers, "all workers are there");
    require(parse_manifest(manifest_text(manifest)) == manifest, "a manifest reads back");
  } catch (const RecordError&) {  // refused
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  look_at(text);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (const auto body = checked_body(text)) text = *body;
  look_at(sealed_line(text));
  return 0;
}
