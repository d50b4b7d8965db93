#include "ripple/eval/preprocess.h"

#include <limits>

#include <gtest/gtest.h>

#include "ripple/model/graph_builder.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

Model tiny_model(Shape input) {
  GraphBuilder b(std::move(input));
  const ValueId flat = b.flatten("flat", b.input());
  const auto features = static_cast<int>(b.shape(flat)[0]);
  Model model;
  model.graph = b.finish(b.add("fc", make_gemm(2, features), {flat}));
  model.preprocessing = Preprocessing{{1, 2, 3}, {10, 20, 40}};
  model.path = "tiny.onnx";
  return model;
}

TEST(Preprocess, PutsChannelsFirstAndNormalises) {
  Image image = make_image(2, 1, 11, 22, 43);
  image.at(1, 0)[2] = 3;
  const Tensor input = preprocess(PixelNormalizer({{1, 2, 3}, {10, 20, 40}}), image);
  EXPECT_EQ(input.shape, (Shape{3, 1, 2}));
  EXPECT_EQ(input.data, (std::vector<float>{1, 1, 1, 1, 1, 0}));
}

TEST(Preprocess, RefusesStatisticsThatCannotNormalise) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expect_error([] { PixelNormalizer({{1, 2}, {1, 2}}); }, ErrorCode::kBadModel, {"three"});
  expect_error([] { PixelNormalizer({{1, 2, 3}, {1, 0, 1}}); }, ErrorCode::kBadModel, {"std 0"});
  expect_error([&] { PixelNormalizer({{nan, 2, 3}, {1, 1, 1}}); }, ErrorCode::kBadModel, {"nan"});
}

TEST(Preprocess, ModelWithoutPreprocessingSaysWhatToDo) {
  Model model = tiny_model({3, 2, 2});
  model.preprocessing.reset();
  expect_error([&] { make_normalizer(model); }, ErrorCode::kBadModel,
               {"tiny.onnx", "--mean", "annotate"});
}

TEST(Preprocess, RefusesANetworkForGreyImages) {
  expect_error(
      [] {
        make_normalizer(tiny_model({1, 2, 2}));
      },
      ErrorCode::kBadModel,
      {"only three colour channels (RGB) are supported, this network's input has 1 (1x2x2"});
}

TEST(Preprocess, ANetworkForGreyImagesIsNotAskedForItsPreprocessing) {
  Model model = tiny_model({1, 2, 2});
  model.preprocessing.reset();
  expect_error([&] { make_normalizer(model); }, ErrorCode::kBadModel, {"three colour channels"});
}

TEST(Preprocess, RefusesAnImageOfAnotherSize) {
  const Model model = tiny_model({3, 2, 4});
  check_image_size(model.graph, make_image(4, 2));
  expect_error([&] { check_image_size(model.graph, make_image(2, 4)); }, ErrorCode::kBadData,
               {"2 wide and 4 high", "4 and 2"});
}

}  // namespace
}  // namespace ripple
