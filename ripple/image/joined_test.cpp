#include "ripple/image/joined.h"

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "ripple/image/folder.h"
#include "ripple/image/png.h"
#include "ripple/image/subset.h"
#include "tests/expect_error.h"
#include "tests/list_dataset.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

/// Images of the given shades of red, labelled 0, 1, 0, ...
std::unique_ptr<Dataset> shades(std::vector<int> reds, std::vector<std::string> names) {
  std::vector<Sample> samples;
  for (const int red : reds) {
    samples.push_back({make_image(1, 1, static_cast<std::uint8_t>(red), 0, 0),
                       static_cast<int>(samples.size() % 2), std::to_string(red)});
  }
  return std::make_unique<ListDataset>(std::move(samples), std::move(names));
}

std::unique_ptr<Dataset> joined(std::vector<std::string> names) {
  std::vector<std::unique_ptr<Dataset>> parts;
  parts.push_back(shades({1, 2}, {"a", "b"}));
  parts.push_back(shades({}, {"a", "b"}));
  parts.push_back(shades({3, 4, 5}, std::move(names)));
  return join_datasets(std::move(parts));
}

TEST(JoinedDataset, HasAllImagesInOrder) {
  const auto data = joined({"a", "b"});
  ASSERT_EQ(data->size(), 5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(data->sample(i).image.pixels[0], i + 1);
  EXPECT_EQ(data->sample(2).label, 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(data->label(i), data->sample(i).label);
  EXPECT_EQ(data->class_names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(data->description(), "list + list + list");
  expect_error([&] { data->sample(5); }, ErrorCode::kBadArgument, {"5"});
  expect_error([&] { data->sample(-1); }, ErrorCode::kBadArgument, {"-1"});
}

TEST(JoinedDataset, RefusesOtherClasses) {
  expect_error([] { joined({"b", "a"}); }, ErrorCode::kBadArgument, {"b, a", "a, b"});
  expect_error([] { joined({"a"}); }, ErrorCode::kBadArgument,
               {"same classes", "class 1 is missing here, b there"});
  expect_error([] { join_datasets({}); }, ErrorCode::kBadArgument, {"--data"});
}

TEST(JoinedDataset, NamesTheFirstClassThatDiffersOfMany) {
  std::vector<std::string> names;
  for (int c = 0; c < 1000; ++c) names.push_back("c" + std::to_string(c));
  const auto one = shades({1}, names);
  names[700] = "kiwi";
  const auto other = shades({1}, names);
  try {
    check_same_classes(*one, *other);
    FAIL();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("c9 and 990 more"), std::string::npos) << text;
    EXPECT_NE(text.find("class 700 is c700 here, kiwi there"), std::string::npos) << text;
    EXPECT_EQ(text.find("c10,"), std::string::npos) << text;
  }
}

TEST(JoinedDataset, SaysWhatEachPartLeftOut) {
  const ScratchFolder folder;
  const std::string png = encode_png(make_image(1, 1));
  for (const char* file : {"one/a/1.png", "two/a/1.png", "three/a/1.png"}) folder.write(file, png);
  folder.write("one/a/x.txt", "x");
  folder.write("three/a/x.txt", "x");
  std::vector<std::unique_ptr<Dataset>> parts;
  for (const char* part : {"one", "two", "three"}) {
    parts.push_back(open_folder(folder.path() / part));
  }
  const std::string first = parts[0]->left_out();
  const std::string third = parts[2]->left_out();
  const auto data = join_datasets(std::move(parts));
  EXPECT_EQ(data->left_out(), first + "; " + third);
  EXPECT_EQ(subset_of(*data, {0}, "some")->left_out(), data->left_out());
}

}  // namespace
}  // namespace ripple
