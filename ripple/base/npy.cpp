#include "ripple/base/npy.h"

#include <bit>
#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/file.h"

namespace ripple {
namespace {

static_assert(std::endian::native == std::endian::little, ".npy is written as it lies in memory");

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);

template <typename T>
constexpr std::string_view type_code() {
  return std::is_same_v<T, float> ? "<f4" : "<i4";
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

void write_npy(const std::filesystem::path& path, const Array<float>& array) {
  write_array(path, array);
}
void write_npy(const std::filesystem::path& path, const Array<std::int32_t>& array) {
  write_array(path, array);
}

}  // namespace ripple
