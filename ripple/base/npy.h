#pragma once

#include <filesystem>

#include "ripple/base/array.h"

namespace ripple {

/// Writes NumPy's .npy format, version 1.0, little-endian, C order; float32 and int32.
/// Errors: kIo where the file cannot be written; a failed write leaves no file behind.
void write_npy(const std::filesystem::path& path, const Array<float>& array);
void write_npy(const std::filesystem::path& path, const Array<std::int32_t>& array);

}  // namespace ripple
