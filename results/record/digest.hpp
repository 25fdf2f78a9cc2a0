// SHA-256 of bytes as they come: for RESULT files, checkpoint manifests and data files. Its own few
// lines here, because this library stands below the tables of runs and the trainer hashes files too
// large to hold.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace lockstep {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  /// 64 lower-case hex digits of everything so far. The object is spent after it.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace lockstep
