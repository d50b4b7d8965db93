#include "ripple/image/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/image/png.h"
#include "tests/expect_error.h"
#include "tests/image_bytes.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_of(const Dataset& dataset) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < dataset.size(); ++i) names.push_back(dataset.sample(i).name);
  return names;
}

const std::string kPng = encode_png(gradient_image(3, 2));

TEST(ImageFolder, LabelsClassesInByteOrder) {
  const ScratchFolder folder;
  folder.write("cat/b.png", kPng);
  folder.write("cat/a.JPG", jpeg_bytes(5, 4, gradient_image(5, 4).pixels));
  folder.write("Zebra/10.jpeg", kPng);
  folder.write("Zebra/9.PNG", kPng);
  folder.write("\xc3\xa9lan/x.png", kPng);
  const auto dataset = open_folder(folder.path());
  EXPECT_THAT(dataset->class_names(), testing::ElementsAre("Zebra", "cat", "\xc3\xa9lan"));
  EXPECT_THAT(names_of(*dataset), testing::ElementsAre("Zebra/10.jpeg", "Zebra/9.PNG", "cat/a.JPG",
                                                       "cat/b.png", "\xc3\xa9lan/x.png"));
  EXPECT_EQ(dataset->sample(1).label, 0);
  EXPECT_EQ(dataset->sample(2).label, 1);
  EXPECT_EQ(dataset->sample(2).image.width, 5);
  EXPECT_EQ(dataset->sample(3).image, gradient_image(3, 2));
  EXPECT_EQ(dataset->description(), "folder:" + folder.path().string());
}

TEST(ImageFolder, LeavesHiddenOtherAndDeeperFilesOut) {
  const ScratchFolder folder;
  folder.write("cat/a.png", kPng);
  folder.write("cat/.b.png", kPng);
  folder.write("cat/notes.txt", "x");
  folder.write("cat/deeper/c.png", kPng);
  folder.write("cat/d.png/e.txt", "a folder with an image's name");
  folder.write(".hidden/a.png", kPng);
  folder.write("loose.png", kPng);
  const auto dataset = open_folder(folder.path());
  EXPECT_THAT(names_of(*dataset), testing::ElementsAre("cat/a.png"));
  EXPECT_EQ(dataset->left_out(), "folder:" + folder.path().string() +
                                     ": left out: 1 file that is no .png, .jpg or .jpeg, 2 folders "
                                     "inside class folders, 1 image beside the class folders");
}

TEST(ImageFolder, CountsWhatItLeavesOutOverAllClasses) {
  const ScratchFolder folder;
  folder.write("cat/a.png", kPng);
  folder.write("dog/a.png", kPng);
  folder.write("classes.txt", "cat\ndog\n");
  EXPECT_EQ(open_folder(folder.path())->left_out(), "");
  folder.write("cat/b.webp", "x");
  folder.write("dog/c.bmp", "x");
  folder.write("dog/.DS_Store", "x");
  EXPECT_THAT(open_folder(folder.path())->left_out(),
              testing::EndsWith(": left out: 2 files that are no .png, .jpg or .jpeg"));
}

TEST(ImageFolder, AClassMayBeALinkAndNoLoopIsFollowed) {
  const ScratchFolder folder;
  folder.write("all/cat/a.png", kPng);
  folder.write("all/dog/b.png", kPng);
  folder.write("some/cat/c.png", kPng);
  fs::create_directory_symlink("../all/dog", folder.path() / "some" / "dog");
  fs::create_directory_symlink("..", folder.path() / "some" / "cat" / "up");
  EXPECT_THAT(names_of(*open_folder(folder.path() / "some")),
              testing::ElementsAre("cat/c.png", "dog/b.png"));
  fs::create_directory_symlink(".", folder.path() / "some" / "loop");
  expect_error([&] { open_folder(folder.path() / "some"); }, ErrorCode::kBadData,
               {"some/loop", "holds no .png"});
}

TEST(ImageFolder, ReadsALinkToAFileAndNamesADanglingOneWhenAsked) {
  const ScratchFolder folder;
  fs::create_symlink(folder.write("real.png", kPng), folder.path() / "cat.png");
  folder.write("cat/a.png", kPng);
  fs::create_symlink("../real.png", folder.path() / "cat" / "b.png");
  fs::create_symlink("nowhere", folder.path() / "cat" / "c.png");
  const auto dataset = open_folder(folder.path());
  EXPECT_EQ(dataset->sample(1).image, gradient_image(3, 2));
  expect_error([&] { dataset->sample(2); }, ErrorCode::kIo, {"cat/c.png"});
}

TEST(ImageFolder, NamesADamagedImageOnlyWhenItIsAskedFor) {
  const ScratchFolder folder;
  folder.write("cat/a.png", kPng);
  folder.write("cat/b.png", kPng.substr(0, 40));
  const auto dataset = open_folder(folder.path());
  EXPECT_EQ(dataset->sample(0).image, gradient_image(3, 2));
  expect_error([&] { dataset->sample(1); }, ErrorCode::kBadData, {"cat/b.png"});
}

TEST(ImageFolder, RefusesAFolderWithoutClassFolders) {
  const ScratchFolder folder;
  folder.write("a.png", kPng);
  expect_error([&] { open_folder(folder.path()); }, ErrorCode::kBadData,
               {folder.path().c_str(), "no class folders", "DIR/<class>"});
}

TEST(ImageFolder, RefusesAClassWithoutImages) {
  const ScratchFolder folder;
  folder.write("cat/a.png", kPng);
  folder.write("dog/readme.txt", "x");
  expect_error([&] { open_folder(folder.path()); }, ErrorCode::kBadData,
               {"dog: ", "add images of this class or remove"});
}

TEST(ImageFolder, RefusesAMissingFolderAndAFile) {
  const ScratchFolder folder;
  const auto file = folder.write("a.png", kPng);
  expect_error([&] { open_folder(folder.path() / "none"); }, ErrorCode::kIo, {"none: "});
  expect_error([&] { open_folder(file); }, ErrorCode::kIo, {"a.png: ", "name a folder"});
}

TEST(ImageFolder, RefusesNamesThatATerminalWouldObey) {
  const ScratchFolder folder;
  folder.write("cat/a.png", kPng);
  folder.write("cat/\x1b[2J.png", kPng);
  expect_error([&] { open_folder(folder.path()); }, ErrorCode::kBadData, {"cat: ", "rename"});
}

TEST(ImageFolder, RefusesAnIndexOutsideTheData) {
  const ScratchFolder folder;
  folder.write("cat/a.png", kPng);
  const auto dataset = open_folder(folder.path());
  expect_error([&] { dataset->sample(1); }, ErrorCode::kBadArgument, {"no image 1"});
}

TEST(SingleImage, HasNoLabel) {
  const ScratchFolder folder;
  const auto dataset = open_single_image(folder.write("x.png", kPng));
  ASSERT_EQ(dataset->size(), 1);
  EXPECT_EQ(dataset->sample(0).image, gradient_image(3, 2));
  EXPECT_EQ(dataset->sample(0).label, std::nullopt);
  EXPECT_EQ(dataset->sample(0).name, "x.png");
  EXPECT_TRUE(dataset->class_names().empty());
  expect_error([&] { dataset->sample(1); }, ErrorCode::kBadArgument, {"no image 1"});
}

TEST(SingleImage, IsNoFolder) {
  const ScratchFolder folder;
  expect_error([&] { open_single_image(folder.path() / ""); }, ErrorCode::kBadArgument,
               {"folder:DIR"});
}

TEST(SingleImage, IsReadWhenItIsOpened) {
  const ScratchFolder folder;
  const auto file = folder.write("x.png", "junk");
  expect_error([&] { open_single_image(file); }, ErrorCode::kBadData, {"x.png"});
}

}  // namespace
}  // namespace ripple
