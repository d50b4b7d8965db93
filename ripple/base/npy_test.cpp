#include "ripple/base/npy.h"

#include <string>

#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "tests/read_npy.h"

namespace ripple {
namespace {

std::filesystem::path scratch(const char* name) {
  return std::filesystem::path(testing::TempDir()) / (std::string("ripple_npy_test_") + name);
}

std::string bytes_of(const std::filesystem::path& path) {
  const auto bytes = read_file(path, 1 << 20);
  return {bytes.begin(), bytes.end()};
}

TEST(Npy, ReadsBackWhatItWrote) {
  const Array<float> matrix{{2, 3}, {1, 2, 3, 4, 5, -6.5f}};
  const Array<std::int32_t> vector{{4}, {1, -2, 3, 4}};
  write_npy(scratch("f32"), matrix);
  write_npy(scratch("i32"), vector);
  EXPECT_EQ(read_npy<float>(scratch("f32")), matrix);
  EXPECT_EQ(read_npy<std::int32_t>(scratch("i32")), vector);
}

TEST(Npy, WritesTheHeaderNumpyWrites) {
  write_npy(scratch("header"), Array<float>{{2}, {1, 2}});
  const std::string bytes = bytes_of(scratch("header"));
  EXPECT_EQ(bytes.size(), 128u + 8u);
  EXPECT_EQ(bytes.substr(10, 57), "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }");
  EXPECT_EQ(bytes[127], '\n');
}

}  // namespace
}  // namespace ripple
