#include "ripple/image/dataset.h"

#include <gtest/gtest.h>

#include "ripple/image/png.h"
#include "ripple/image/shapes.h"
#include "tests/expect_error.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

const char* const kFourForms[] = {"cifar10:DIR[:train]", "folder:DIR", "image:FILE",
                                  "shapes:N[:SEED]"};

void expect_forms_listed(const std::string& specification) {
  for (const char* form : kFourForms) {
    expect_error([&] { open_dataset(specification); }, ErrorCode::kBadArgument,
                 {form, specification.c_str()});
  }
}

TEST(OpenDataset, ListsTheFourFormsForWhatItCannotRead) {
  expect_forms_listed("");
  expect_forms_listed("cifar10");
  expect_forms_listed("cifar10:");
  expect_forms_listed("cifar10::train");
  expect_forms_listed("imagenet:/data");
  expect_forms_listed("/data/cifar10");
}

TEST(OpenDataset, RefusesMalformedShapes) {
  for (const char* text : {"shapes:", "shapes:x", "shapes:-1", "shapes:0",
                           "shapes:5:", "shapes:5:x", "shapes:5:1:2", "shapes: 5", "shapes:5.0",
                           "shapes:+5", "shapes:100000001", "shapes:99999999999999999999999"}) {
    expect_forms_listed(text);
  }
}

TEST(OpenDataset, DrawsShapesWithSeedOneUnlessGiven) {
  EXPECT_EQ(open_dataset("shapes:7")->description(), "shapes:7:1");
  EXPECT_EQ(open_dataset("shapes:7:18446744073709551615")->size(), 7);
  EXPECT_EQ(open_dataset("shapes:7:3")->sample(2).image, draw_shapes(3, 2).image);
  EXPECT_EQ(open_dataset("shapes:7:3")->label(2), draw_shapes(3, 2).label);
}

TEST(OpenDataset, TakesOnlyATrailingSplitOffAFolderWithColons) {
  const ScratchFolder folder;
  folder.write("a:train/b:c/test_batch.bin", std::string(3073, '\0'));
  const std::string path = (folder.path() / "a:train/b:c").string();
  EXPECT_EQ(open_dataset("cifar10:" + path)->size(), 1);
  EXPECT_EQ(open_dataset("cifar10:" + path + ":test")->size(), 1);
  expect_error([&] { open_dataset("cifar10:" + path + ":train"); }, ErrorCode::kIo,
               {"a:train/b:c/data_batch_1.bin"});
}

TEST(OpenDataset, OpensFoldersAndSingleImages) {
  const ScratchFolder folder;
  const auto file = folder.write("cat/a.png", encode_png(make_image(3, 2)));
  EXPECT_EQ(open_dataset("folder:" + folder.path().string())->sample(0).label, 0);
  EXPECT_EQ(open_dataset("folder:" + folder.path().string())->label(0), 0);
  EXPECT_EQ(open_dataset("image:" + file.string())->sample(0).label, std::nullopt);
}

TEST(DataParts, TakeADescriptionApart) {
  const auto parts = [](const std::string& description) {
    const DataParts p = parts_of(description);
    return p.kind + "|" + p.place + "|" + p.split;
  };
  EXPECT_EQ(parts("cifar10:a:b:train"), "cifar10|a:b|train");
  EXPECT_EQ(parts("cifar10:a:test"), "cifar10|a:test|");  // a folder of that name
  EXPECT_EQ(parts("shapes:20:7"), "shapes|20|7");
  EXPECT_EQ(parts("folder:a:train"), "folder|a:train|");
  EXPECT_EQ(parts("none"), "none||");
  const ScratchFolder folder;
  std::filesystem::create_directory(folder.path() / "x");
  EXPECT_TRUE(is_same_place({"folder", (folder.path() / "x").string(), ""},
                            {"folder", (folder.path() / "x/../x/").string(), ""}));
  EXPECT_FALSE(is_same_place({"folder", (folder.path() / "x").string(), ""},
                             {"folder", folder.path().string(), ""}));
}

TEST(ClassList, IsCutWhereItIsLong) {
  EXPECT_EQ(class_list({}), "");
  EXPECT_EQ(class_list({"cat", "dog"}), "cat, dog");
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) names.push_back(std::to_string(i));
  EXPECT_EQ(class_list(names), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
  names.resize(1000, "x");
  EXPECT_EQ(class_list(names), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 990 more");
}

}  // namespace
}  // namespace ripple
