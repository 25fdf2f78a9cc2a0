// The files of a data set on disk: where they may lie, and their bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "trainer/data/dataset.hpp"

namespace lockstep {

/// The files of `row` below the data folder, in the row's order. Throws DataError naming every file
/// that is missing, where it was looked for and how to get it.
std::vector<std::filesystem::path> find_files(const DatasetRow& row,
                                              const std::filesystem::path& folder);

/// The bytes of a file, inflated where it is gzip. Throws DataError where it cannot be read, is
/// damaged or cut off.
std::vector<std::uint8_t> read_inflated(const std::filesystem::path& path);

/// SHA-256 of the files as they lie on disk, by the names that the row gives them.
std::map<std::string, std::string> hashes_of(const DatasetRow& row,
                                             const std::vector<std::filesystem::path>& paths);

/// Sets mean and deviation of `dataset`, per channel, to those of its training pixels (uint8), so
/// that a channel has mean 0 and variance 1 over the training set. Exact: sums of integers.
void set_normalisation(Dataset& dataset);

}  // namespace lockstep
