// A name that exactly one process gets: link(2), where the reply may be lost, with stand-ins where
// links are missing.
#pragma once

#include <filesystem>

namespace lockstep {

using LinkFunction = int (*)(const char* from, const char* to);

/// Gives `unique` (a file that only this process knows) the second name `target`. True: won, also
/// where link(2) reports an error but the file has two names (an NFS reply was lost). False:
/// somebody else has the name. Where the file system has no hard links, `target` gets a copy of it,
/// by a rename that replaces nothing; where it cannot do that either, it is created with O_EXCL,
/// which a kill may leave empty. The directory is synced. Throws RecordError.
bool link_exclusively(const std::filesystem::path& unique, const std::filesystem::path& target,
                      LinkFunction link_function = nullptr);

}  // namespace lockstep
