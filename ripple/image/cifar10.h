#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/image/dataset.h"

namespace ripple {

/// Bytes of one record: the label, then the red, green and blue planes, 32 rows of 32 each.
/// Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
inline constexpr std::int64_t kCifar10RecordBytes = 1 + 3 * 32 * 32;

enum class Cifar10Split { kTest, kTrain };

/// The number of records in the bytes of one file; any number from 1 up.
/// Errors: kBadData naming `where`: empty, cut inside a record (with the bytes left over), or a
/// label above 9 (with the record).
std::int64_t check_cifar10(std::span<const std::uint8_t> bytes, const std::string& where);

/// Image and label of the record that starts at bytes[0]; planes become interleaved pixels.
/// Assumes kCifar10RecordBytes bytes that check_cifar10 has passed.
Sample decode_cifar10_record(std::span<const std::uint8_t> bytes);

/// The ten names of a batches.meta.txt: one a line, empty lines at the end allowed.
/// Errors: kBadData naming `where`: not ten lines, or a name that is_displayable refuses.
std::vector<std::string> parse_cifar10_names(std::string_view text, const std::string& where);

/// Opens `folder`: test_batch.bin, or data_batch_1.bin to data_batch_5.bin one after the other.
/// Class names come from batches.meta.txt where it is there, else they are the known ten. The files
/// are read and checked whole here (the full training split is 150 MB); samples are decoded on
/// demand. Sample names read "test_batch.bin:17".
/// Errors: kIo naming a missing or unreadable file or one above 1 GiB; kBadData, see above.
std::unique_ptr<Dataset> open_cifar10(const std::filesystem::path& folder, Cifar10Split split);

}  // namespace ripple
