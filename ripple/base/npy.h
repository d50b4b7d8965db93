#pragma once

#include <filesystem>

#include "ripple/base/array.h"

namespace ripple {

/// NumPy's .npy format, version 1.0, little-endian, C order; float32 and int32.
///
/// Errors: kIo where the file cannot be read or written; kBadData where the header is malformed,
/// the element type is another one, the order is Fortran's, or the bytes do not match the shape. A
/// failed write leaves no file behind.
Array<float> read_npy_f32(const std::filesystem::path& path);
Array<std::int32_t> read_npy_i32(const std::filesystem::path& path);
void write_npy(const std::filesystem::path& path, const Array<float>& array);
void write_npy(const std::filesystem::path& path, const Array<std::int32_t>& array);

}  // namespace ripple
