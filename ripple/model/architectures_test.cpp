#include "ripple/model/architectures.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(Architectures, TakesImagesThatAreNotSquare) {
  EXPECT_EQ(make_architecture("lenet", {3, 20, 47}, 3).classes(), 3);
  EXPECT_EQ(make_architecture("resnet20", {3, 33, 18}, 2).classes(), 2);
  EXPECT_EQ(make_architecture("alexnet", {3, 63, 70}, 2).classes(), 2);
  EXPECT_EQ(make_architecture("resnet18", {3, 32, 57}, 2).classes(), 2);
}

TEST(Architectures, WeightsComeFromTheSeedAndHaveHesDeviation) {
  const Graph a = make_architecture("resnet20", {3, 32, 32}, 10, 7);
  const Graph b = make_architecture("resnet20", {3, 32, 32}, 10, 7);
  const Graph c = make_architecture("resnet20", {3, 32, 32}, 10, 8);
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    const auto* conv = std::get_if<Conv>(&a.nodes[i].op);
    if (conv == nullptr) continue;
    EXPECT_EQ(conv->weight, std::get<Conv>(b.nodes[i].op).weight);
    EXPECT_NE(conv->weight, std::get<Conv>(c.nodes[i].op).weight);
    double squares = 0.0;
    for (const float w : conv->weight.data) squares += double{w} * w;
    const double fan_in = double(conv->weight.data.size()) / double(conv->weight.shape[0]);
    const double got = squares / double(conv->weight.data.size()) * fan_in / 2.0;
    EXPECT_TRUE(std::abs(got - 1.0) < 0.3) << a.nodes[i].name << " " << got;
  }
}

TEST(Architectures, Refuses) {
  const auto refuses = [](const char* name, const Shape& input, int classes,
                          std::initializer_list<const char*> parts) {
    expect_error([&] { make_architecture(name, input, classes); }, ErrorCode::kBadArgument, parts);
  };
  refuses("vgg", {3, 32, 32}, 10, {"'vgg'", "lenet, allconv, nin", "wrn16-4, alexnet, resnet18"});
  refuses("lenet", {3, 32, 32}, 1, {"1 classes"});
  refuses("lenet", {3, 8, 32}, 10, {"3x8x32", "16 or more", "nin, resnet20"});
  refuses("alexnet", {3, 62, 224}, 10, {"3x62x224", "larger images", "vgg16"});
}

TEST(Architectures, SmallestSideIsTheSmallest) {
  for (const Architecture& a : architectures()) {
    const std::string name(a.name);
    const int side = a.smallest_side;
    const std::string larger = std::to_string(side) + " or more";
    EXPECT_EQ(make_architecture(name, {3, side, side + 1}, 3).classes(), 3) << name;
    expect_error(
        [&] {
          make_architecture(name, {3, side + 1, side - 1}, 3);
        },
        ErrorCode::kBadArgument, {larger.c_str()});
    // ResNet-18 runs on less, but the stages behind would see one cell.
    if (side == 1 || name == "resnet18") continue;
    EXPECT_THROW(a.build({3, side - 1, side}, 3), Error) << name;
  }
}

TEST(Architectures, DropoutNamesValues) {
  for (const Architecture& a : architectures()) {
    const int side = std::min(a.image_side, 64);
    const Graph graph = a.build({3, side, side}, 10);
    for (const DropoutSpot& spot : a.dropout) {
      EXPECT_TRUE(std::any_of(graph.values.begin(), graph.values.end(),
                              [&](const Value& value) { return value.name == spot.value; }))
          << a.name << " " << spot.value;
      EXPECT_GT(spot.rate, 0.0);
      EXPECT_LT(spot.rate, 1.0);
    }
  }
}

TEST(Architectures, ImagesTooLargeAreRefusedBeforeTheirWeightsAreMade) {
  // The first layers would take 16 * 1021 * 1021 * 120 and 256 * 127 * 127 * 4096 numbers.
  expect_error(
      [] {
        make_architecture("lenet", {3, 4096, 4096}, 10);
      },
      ErrorCode::kBadArgument, {"lenet", "4096x4096", "8005 MB", "--size"});
  expect_error(
      [] {
        make_architecture("alexnet", {3, 4096, 4000}, 10);
      },
      ErrorCode::kBadArgument, {"alexnet", "4000x4096", "2 GiB"});
}

TEST(Architectures, TableIsComplete) {
  for (const Architecture& a : architectures()) {
    const int side = a.image_side == 32 ? 32 : 64;  // smaller than published: quicker to initialise
    EXPECT_EQ(make_architecture(std::string(a.name), {3, side, side}, 10).classes(), 10) << a.name;
    EXPECT_EQ(&find_architecture(a.name), &a);
    EXPECT_GE(a.classes, 2);
    EXPECT_FALSE(a.summary.empty());
    EXPECT_GT(a.learning_rate, 0.0);
  }
}

}  // namespace
}  // namespace ripple
