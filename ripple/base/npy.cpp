#include "ripple/base/npy.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"

namespace ripple {
namespace {

static_assert(std::endian::native == std::endian::little, ".npy is read and written in place");

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);

template <typename T>
constexpr std::string_view type_code() {
  return std::is_same_v<T, float> ? "<f4" : "<i4";
}

/// The text after `key` in the header dictionary, e.g. " (3, 4), }" for "'shape':".
std::string_view after(std::string_view header, std::string_view key, const std::string& where) {
  const std::size_t at = header.find(key);
  if (at == std::string_view::npos) {
    throw Error(ErrorCode::kBadData, where, fmt::format("the .npy header has no {}", key));
  }
  return header.substr(at + key.size());
}

Shape parse_shape(std::string_view text, const std::string& where) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    throw Error(ErrorCode::kBadData, where, "the .npy header has no shape tuple");
  }
  Shape shape;
  const char* at = text.data() + open + 1;
  const char* const end = text.data() + close;
  while (at < end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    std::int64_t extent = 0;
    const auto [next, error] = std::from_chars(at, end, extent);
    if (error != std::errc{} || extent < 0) {
      throw Error(ErrorCode::kBadData, where, "the .npy shape holds something that is no size");
    }
    shape.push_back(extent);
    at = next;
  }
  return shape;
}

template <typename T>
Array<T> read_npy(const std::filesystem::path& path) {
  const std::string where = path.string();
  const std::vector<std::uint8_t> bytes = read_file(path, std::int64_t{4} << 30);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 10 || text.substr(0, 8) != kMagic) {
    throw Error(ErrorCode::kBadData, where, "this is no .npy file of version 1.0");
  }
  const std::size_t length = bytes[8] + 256u * bytes[9];
  if (text.size() < 10 + length) {
    throw Error(ErrorCode::kBadData, where, "the .npy header is cut off");
  }
  const std::string_view header = text.substr(10, length);
  const std::string_view type = after(header, "'descr':", where);
  if (type.substr(0, 6).find(type_code<T>()) == std::string_view::npos) {
    throw Error(ErrorCode::kBadData, where,
                fmt::format("the element type is not {}", type_code<T>()));
  }
  if (after(header, "'fortran_order':", where).substr(0, 6).find("False") ==
      std::string_view::npos) {
    throw Error(ErrorCode::kBadData, where, "the array is in Fortran order; save it in C order");
  }
  Array<T> array;
  array.shape = parse_shape(after(header, "'shape':", where), where);
  const std::int64_t count = element_count(array.shape);
  const std::size_t present = bytes.size() - 10 - length;
  if (count > std::int64_t{1} << 31 || static_cast<std::size_t>(count) * sizeof(T) != present) {
    throw Error(ErrorCode::kBadData, where,
                fmt::format("{} elements are declared but {} bytes are present", count, present));
  }
  array.data.resize(static_cast<std::size_t>(count));
  if (count > 0) std::memcpy(array.data.data(), bytes.data() + 10 + length, present);
  return array;
}

template <typename T>
void write_array(const std::filesystem::path& path, const Array<T>& array) {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type_code<T>(),
                  fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
  // The data starts at a multiple of 64, as the format asks, and the header ends in a newline.
  header.append(63 - (10 + header.size()) % 64, ' ').push_back('\n');
  std::string bytes(kMagic);
  bytes.push_back(static_cast<char>(header.size() & 255));
  bytes.push_back(static_cast<char>(header.size() >> 8));
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(array.data.data()), array.data.size() * sizeof(T));
  write_file(path, bytes);
}

}  // namespace

Array<float> read_npy_f32(const std::filesystem::path& path) {
  return read_npy<float>(path);
}
Array<std::int32_t> read_npy_i32(const std::filesystem::path& path) {
  return read_npy<std::int32_t>(path);
}
void write_npy(const std::filesystem::path& path, const Array<float>& array) {
  write_array(path, array);
}
void write_npy(const std::filesystem::path& path, const Array<std::int32_t>& array) {
  write_array(path, array);
}

}  // namespace ripple
