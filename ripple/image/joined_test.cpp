#include "ripple/image/joined.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/list_dataset.h"

namespace ripple {
namespace {

/// Images of the given shades of red, labelled 0, 1, 0, ...
std::unique_ptr<Dataset> shades(std::vector<int> reds, std::vector<std::string> names) {
  std::vector<Sample> samples;
  for (const int red : reds) {
    samples.push_back({make_image(1, 1, static_cast<std::uint8_t>(red), 0, 0),
                       static_cast<int>(samples.size() % 2),
                       std::to_string(red),
                       {}});
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
  expect_error([] { joined({"a"}); }, ErrorCode::kBadArgument, {"same classes"});
  expect_error([] { join_datasets({}); }, ErrorCode::kBadArgument, {"--data"});
}

}  // namespace
}  // namespace ripple
