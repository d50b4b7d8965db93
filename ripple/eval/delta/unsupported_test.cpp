#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;

TEST(DeltaUnsupported, NamesNodeAndOperator) {
  Rng rng({1});
  GraphBuilder b({3, 6, 6});
  const ValueId soft = b.add("soft1", Softmax{0}, {b.input()});
  const Model model = finish(b, rng, soft);
  const auto why = delta_unsupported(model.graph);
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("soft1"), std::string::npos);
  EXPECT_NE(why->find("Softmax"), std::string::npos);
  EXPECT_THROW(make_delta_evaluator(model), Error);
}

/// What is said of a graph of one cell, whose `features` [C, 1, 1] a small convolution classifies.
std::optional<std::string> said_of(GraphBuilder& b, ValueId features) {
  const auto channels = static_cast<int>(b.shape(features)[0]);
  return delta_unsupported(
      b.finish(b.flatten("flatten", b.add("classify", make_conv(2, channels, 1), {features}))));
}

TEST(DeltaUnsupported, WeightsWhosePlacesHaveNo32Bits) {
  {
    // 46,368 weights in groups of two channels; with the zeros between them 23,184 times 23,184.
    GraphBuilder b({3, 1, 1});
    const ValueId wide = b.add("wide", make_conv(23184, 3, 1), {b.input()});
    const ValueId groups = b.add("groups", make_conv(23184, 23184, 1, 1, 0, 11592), {wide});
    const auto why = said_of(b, groups);
    ASSERT_TRUE(why.has_value());
    EXPECT_NE(why->find("'groups' (Conv): its weights are too large"), std::string::npos) << *why;
  }
  // A depthwise convolution stores no zeros.
  GraphBuilder b({3, 1, 1});
  const ValueId wide = b.add("wide", make_conv(23184, 3, 1), {b.input()});
  EXPECT_FALSE(said_of(b, b.add("each", make_conv(23184, 23184, 1, 1, 0, 23184), {wide})));
}

TEST(DeltaUnsupported, WeightsCountAsTheyAreStored) {
  {
    // One channel, which is no depthwise convolution, beside a kernel of nine million.
    GraphBuilder b({3, 1, 1});
    const ValueId one = b.add("one", make_conv(1, 3, 1), {b.input()});
    const auto why = said_of(b, b.add("huge", make_conv(1, 1, 3001, 1, 1500), {one}));
    ASSERT_TRUE(why.has_value());
    EXPECT_NE(why->find("'huge' (Conv): its weights are too large"), std::string::npos) << *why;
  }
  {
    // 40 convolutions of 67 MB each, a gigabyte with the zeros between their groups of 8.
    GraphBuilder b({3, 1, 1});
    ValueId x = b.add("wide", make_conv(8192, 3, 1), {b.input()});
    Conv grouped = make_conv(8192, 8192, 1, 1, 0, 1024);
    for (int i = 0; i < 12; ++i) x = b.add(fmt::format("g{}", i), grouped, {x});
    const auto why = said_of(b, x);
    ASSERT_TRUE(why.has_value());
    EXPECT_NE(why->find("'g7' (Conv)"), std::string::npos) << *why;
    EXPECT_NE(why->find("more than 2 GB"), std::string::npos) << *why;
  }
  // A plane of one channel, read by a fully connected layer, takes 16 times its weights.
  GraphBuilder b({3, 300, 200});
  const ValueId one = b.add("one", make_conv(1, 3, 1), {b.input()});
  const auto why =
      delta_unsupported(b.finish(b.add("fc", make_gemm(300, 60000), {b.flatten("f", one)})));
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("'fc' (Gemm): its weights are too large"), std::string::npos) << *why;
}

TEST(DeltaUnsupported, AFlattenOfManyNumbersIsReadThrough) {
  Rng rng({4});
  GraphBuilder b({3, 32, 32});
  const ValueId conv = b.add("conv", make_conv(60, 3, 1), {b.input()});
  const ValueId flat = b.flatten("flatten", b.add("relu", Relu{}, {conv}));  // 61,440 numbers
  const Model model = finish(b, rng, flat);
  EXPECT_FALSE(delta_unsupported(model.graph).has_value());
  expect_update_equals_reference(model, 4, "wide flatten", 3);
}

TEST(DeltaUnsupported, NothingToSayOfAnOrdinaryNetwork) {
  Rng rng({2});
  GraphBuilder b({3, 6, 6});
  const Model model = finish(b, rng, b.add("relu", Relu{}, {b.input()}));
  EXPECT_FALSE(delta_unsupported(model.graph).has_value());
}

}  // namespace
}  // namespace ripple
