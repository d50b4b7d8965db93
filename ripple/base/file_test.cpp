#include "ripple/base/file.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

std::filesystem::path scratch(const std::string& name) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "ripple_file_test";
  std::filesystem::create_directories(folder);
  return folder / name;
}

TEST(File, ReadsBackWhatItWrote) {
  const auto path = scratch("round_trip");
  write_file(path, "drop");
  const auto bytes = read_file(path, 100);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "drop");
}

TEST(File, LeavesNoTemporaryFileBehind) {
  const auto folder = scratch("tidy");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  write_file(folder / "a", "1");
  write_file(folder / "a", "2");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST(File, RefusesAMissingFile) {
  EXPECT_THROW(read_file(scratch("missing"), 1), Error);
}

TEST(File, RefusesAFolder) {
  EXPECT_THROW(read_file(testing::TempDir(), 1000), Error);
}

TEST(File, RefusesANamedPipeWithoutWaitingForIt) {
  const auto path = scratch("pipe");
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(read_file(path, 1000), Error);
}

TEST(File, RefusesMoreThanItsLimit) {
  const auto path = scratch("large");
  write_file(path, "12345");
  EXPECT_THROW(read_file(path, 4), Error);
  EXPECT_EQ(read_file(path, 5).size(), 5u);
}

TEST(File, RefusesToWriteIntoAMissingFolder) {
  EXPECT_THROW(write_file(scratch("no") / "such" / "folder", "x"), Error);
}

TEST(File, ReportsAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  EXPECT_THROW(write_file("/dev/full/x", "x"), Error);
}

}  // namespace
}  // namespace ripple
