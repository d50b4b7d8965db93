#pragma once

#include <charconv>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/base/file.h"

namespace ripple {

/// Reads what write_npy() or NumPy wrote: version 1.0, C order, float or std::int32_t.
/// Errors: std::runtime_error naming the file where it is anything else.
template <typename T>
Array<T> read_npy(const std::filesystem::path& path) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, std::int32_t>);
  const std::vector<std::uint8_t> bytes = read_file(path, std::int64_t{4} << 30);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto expect = [&](bool holds, const char* what) {
    if (!holds) throw std::runtime_error(path.string() + ": " + what);
  };
  expect(text.starts_with(std::string_view("\x93NUMPY\x01\x00", 8)), "no .npy of version 1.0");
  const std::size_t start = 10u + bytes.at(8) + 256u * bytes.at(9);
  expect(start <= text.size(), "the header is cut off");
  const std::string_view header = text.substr(10, start - 10);
  const auto has = [&](std::string_view part) {
    return header.find(part) != std::string_view::npos;
  };
  expect(has(std::is_same_v<T, float> ? "'descr': '<f4'" : "'descr': '<i4'"), "another type");
  expect(has("'fortran_order': False"), "Fortran order");
  const std::size_t open = header.find("'shape': (");
  expect(open != std::string_view::npos, "no shape");
  Array<T> array;
  std::size_t count = 1;
  for (const char* at = header.data() + open + 10; *at != ')';) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    std::int64_t extent = 0;
    const auto [next, error] = std::from_chars(at, header.data() + header.size(), extent);
    expect(error == std::errc{} && extent >= 0, "a shape that is none");
    array.shape.push_back(extent);
    count *= static_cast<std::size_t>(extent);
    at = next;
  }
  expect(count * sizeof(T) == text.size() - start, "not as many elements as the shape says");
  array.data.resize(count);
  if (count > 0) std::memcpy(array.data.data(), text.data() + start, count * sizeof(T));
  return array;
}

}  // namespace ripple
