#include "ripple/base/file.h"

#include <csignal>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>
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

TEST(File, FindsOutBeforehandWhetherItCanWrite) {
  EXPECT_NO_THROW(check_writable(scratch("possible")));
  EXPECT_FALSE(std::filesystem::exists(scratch("possible")));
  EXPECT_THROW(check_writable(scratch("no") / "such" / "folder"), Error);
}

TEST(File, FollowsALinkAndKeepsPermissions) {
  const auto folder = scratch("links");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "there");
  write_file(folder / "there" / "real", "old");
  std::filesystem::permissions(folder / "there" / "real", std::filesystem::perms::owner_read |
                                                              std::filesystem::perms::owner_write);
  std::filesystem::create_symlink("there/real", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "there" / "real", 10), (std::vector<std::uint8_t>{'n', 'e', 'w'}));
  EXPECT_EQ(std::filesystem::status(folder / "there" / "real").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::create_symlink("nowhere", folder / "dangling");
  write_file(folder / "dangling", "new");
  EXPECT_EQ(read_file(folder / "dangling", 10).size(), 3u);
  std::filesystem::remove_all(folder);
}

TEST(File, WritesNothingButRegularFiles) {
  const auto folder = scratch("targets");
  std::filesystem::create_directories(folder);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const std::filesystem::path& path :
       {folder, folder / "", folder / "pipe", std::filesystem::path(),
        std::filesystem::path("/dev/null")}) {
    EXPECT_THROW(check_writable(path), Error) << path;
    EXPECT_THROW(write_file(path, "x"), Error) << path;
  }
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
  std::filesystem::remove_all(folder);
}

TEST(File, AWriteThatDoesNotFitLeavesNothingBehind) {
  // A limit on the file size fails a write half-way, as a full disk does.
  const auto folder = scratch("full");
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(write_file(folder / "large", std::string(10000, 'x')), Error);
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace ripple
