#include "ripple/image/cifar10.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/image_bytes.h"
#include "tests/scratch_folder.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

/// A record of one colour but for its first two pixels of each row, so that a mixed-up plane, row
/// or column shows.
std::string record(int label, int red) {
  std::string bytes(1, static_cast<char>(label));
  for (int plane = 0; plane < 3; ++plane) {
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) bytes += static_cast<char>(red + 70 * plane + 2 * y + x % 2);
    }
  }
  return bytes;
}

constexpr const char* kNames = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n";

TEST(Cifar10, InterleavesThePlanes) {
  const std::string bytes = record(7, 3);
  const Sample sample = decode_cifar10_record(as_bytes(bytes));
  EXPECT_EQ(sample.label, 7);
  EXPECT_EQ(sample.image.width, 32);
  EXPECT_EQ(sample.image.height, 32);
  const std::uint8_t* pixel = sample.image.at(5, 20);
  EXPECT_EQ(pixel[0], 3 + 41);
  EXPECT_EQ(pixel[1], 3 + 41 + 70);
  EXPECT_EQ(pixel[2], 3 + 41 + 140);
}

TEST(Cifar10, CountsAnyNumberOfRecords) {
  EXPECT_EQ(check_cifar10(as_bytes(record(0, 0)), "f"), 1);
  EXPECT_EQ(check_cifar10(as_bytes(record(0, 0) + record(9, 0) + record(3, 0)), "f"), 3);
}

TEST(Cifar10, RefusesAnEmptyFile) {
  expect_error([] { check_cifar10({}, "f.bin"); }, ErrorCode::kBadData, {"f.bin: ", "empty"});
}

TEST(Cifar10, RefusesATruncatedFileAndSaysWhatIsLeftOver) {
  const std::string bytes = record(0, 0) + record(1, 1).substr(0, 100);
  expect_error([&] { check_cifar10(as_bytes(bytes), "f.bin"); }, ErrorCode::kBadData,
               {"f.bin: ", "1 whole record", "100 bytes more"});
}

TEST(Cifar10, RefusesALabelOutOfRangeAndNamesTheRecord) {
  const std::string bytes = record(0, 0) + record(9, 0) + record(10, 1);
  expect_error([&] { check_cifar10(as_bytes(bytes), "f.bin"); }, ErrorCode::kBadData,
               {"f.bin: ", "record 2", "label 10"});
}

TEST(Cifar10, ReadsNamesWithEitherLineEnd) {
  EXPECT_EQ(parse_cifar10_names(kNames, "m").back(), "j");
  EXPECT_EQ(parse_cifar10_names("a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj", "m").front(),
            "a");
}

TEST(Cifar10, RefusesTooFewTooManyEmptyAndUnprintableNames) {
  for (const char* text : {"a\nb\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n", "", "a\n\nb\n",
                           "1\n2\n\x1b[2J\n4\n5\n6\n7\n8\n9\n10\n"}) {
    expect_error([&] { parse_cifar10_names(text, "meta"); }, ErrorCode::kBadData,
                 {"meta: ", "remove the file"});
  }
}

TEST(Cifar10, ReadsTheTestSplitWithTheKnownNames) {
  const ScratchFolder folder;
  folder.write("test_batch.bin", record(4, 10) + record(2, 20));
  const auto dataset = open_cifar10(folder.path(), Cifar10Split::kTest);
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->sample(1).label, 2);
  EXPECT_EQ(dataset->sample(1).name, "test_batch.bin:1");
  EXPECT_EQ(*dataset->sample(1).image.at(0, 0), 20);
  EXPECT_EQ(dataset->class_names()[3], "cat");
  EXPECT_EQ(dataset->description(), "cifar10:" + folder.path().string());
}

TEST(Cifar10, ReadsTheTrainingFilesInOrder) {
  const ScratchFolder folder;
  for (int i = 1; i <= 5; ++i) {
    std::string bytes = record(i, 10 * i);
    if (i == 2) bytes += record(9, 99);
    folder.write("data_batch_" + std::to_string(i) + ".bin", bytes);
  }
  folder.write("batches.meta.txt", kNames);
  const auto dataset = open_cifar10(folder.path(), Cifar10Split::kTrain);
  ASSERT_EQ(dataset->size(), 6);
  std::vector<int> labels;
  for (int i = 0; i < 6; ++i) labels.push_back(dataset->sample(i).label.value());
  EXPECT_THAT(labels, testing::ElementsAre(1, 2, 9, 3, 4, 5));
  EXPECT_EQ(dataset->sample(2).name, "data_batch_2.bin:1");
  EXPECT_EQ(dataset->class_names().front(), "a");
  EXPECT_EQ(dataset->description(), "cifar10:" + folder.path().string() + ":train");
}

TEST(Cifar10, RefusesAnIndexOutsideTheData) {
  const ScratchFolder folder;
  folder.write("test_batch.bin", record(4, 10));
  const auto dataset = open_cifar10(folder.path(), Cifar10Split::kTest);
  for (const std::int64_t index : {-1, 1}) {
    expect_error([&] { dataset->sample(index); }, ErrorCode::kBadArgument, {"from 0 to 0"});
  }
}

TEST(Cifar10, RefusesAMissingFileAndSaysWhatToName) {
  const ScratchFolder folder;
  folder.write("data_batch_1.bin", record(0, 0));
  expect_error([&] { open_cifar10(folder.path(), Cifar10Split::kTest); }, ErrorCode::kIo,
               {"test_batch.bin: is missing", "name the folder"});
  expect_error([&] { open_cifar10(folder.path(), Cifar10Split::kTrain); }, ErrorCode::kIo,
               {"data_batch_2.bin: is missing"});
  expect_error([&] { open_cifar10(folder.path() / "none", Cifar10Split::kTest); }, ErrorCode::kIo,
               {"none"});
}

TEST(Cifar10, ReadsTheRealTestImages) {
  const std::filesystem::path folder = shared_folder() / "data/cifar10";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << " on this machine";
  const auto dataset = open_cifar10(folder, Cifar10Split::kTest);
  ASSERT_EQ(dataset->size(), 1017);
  std::vector<int> labels;
  for (int i = 0; i < 4; ++i) labels.push_back(dataset->sample(i).label.value());
  EXPECT_THAT(labels, testing::ElementsAre(3, 8, 8, 0));
  EXPECT_EQ(dataset->class_names()[3], "cat");
  EXPECT_EQ(open_cifar10(folder, Cifar10Split::kTrain)->size(), 5 * 1017);
}

}  // namespace
}  // namespace ripple
