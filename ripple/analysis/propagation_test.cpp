#include "ripple/analysis/propagation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "ripple/base/rng.h"
#include "tests/delta_networks.h"
#include "tests/expect_error.h"
#include "tests/expect_update.h"
#include "tests/random_graph.h"

namespace ripple {
namespace {

Model random_model(std::uint64_t seed) {
  Model model;
  model.graph = random_graph(seed);
  model.preprocessing = Preprocessing{{120, 125, 110}, {60, 65, 70}};
  return model;
}

Image random_image(const Graph& graph, Rng& rng) {
  Image image = make_image(graph.width(), graph.height());
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(rng.below(256));
  return image;
}

/// On all layers, those that leave zeros where nothing changed.
std::vector<std::unique_ptr<Propagator>> exact_propagators(const Model& model) {
  const std::vector<Layer> layers = choose_layers(model.graph, "all");
  std::vector<std::unique_ptr<Propagator>> all;
  all.push_back(make_reference_propagator(model, layers, Difference::kAbsolute));
  if (!delta_unsupported(model.graph))
    all.push_back(DeltaPropagation(model, layers, Difference::kAbsolute).make());
  return all;
}

Layer layer_of(int channels, int rows, int columns) {
  Layer layer;
  layer.channels = channels;
  layer.rows = rows;
  layer.columns = columns;
  return layer;
}

TEST(Propagation, AnOverflowIsNoMap) {
  const float infinite = std::numeric_limits<float>::infinity();
  Layer layer = layer_of(1, 1, 2);
  layer.name = "conv2";
  for (const Difference difference : {Difference::kAbsolute, Difference::kSigned}) {
    for (const float edited : {infinite, std::nanf(""), 0.0f}) {
      expect_error(
          [&] {
            compare_feature_maps(std::vector{1.0f, infinite}, std::vector{1.0f, edited}, layer,
                                 difference);
          },
          ErrorCode::kBadModel, {"conv2", "overflow"});
    }
  }
}

TEST(Propagation, MapsByHand) {
  // Two channels of 1 x 2: differences (clean - edited) are 1, -3 and -2, 0.5.
  const std::vector<float> clean = {1, -4, 0, 2};
  const std::vector<float> edited = {0, -1, 2, 1.5f};
  const LayerMaps absolute =
      compare_feature_maps(clean, edited, layer_of(2, 1, 2), Difference::kAbsolute);
  EXPECT_EQ(absolute.max, (std::vector<float>{2, 3}));
  EXPECT_EQ(absolute.average, (std::vector<float>{1.5f, 1.75f}));
  EXPECT_EQ(absolute.clean_max, 4.0f);
  EXPECT_DOUBLE_EQ(absolute.clean_mean, 7.0 / 4.0);
  const LayerMaps with_sign =
      compare_feature_maps(clean, edited, layer_of(2, 1, 2), Difference::kSigned);
  EXPECT_EQ(with_sign.max, (std::vector<float>{1, 0.5f}));
  EXPECT_EQ(with_sign.average, (std::vector<float>{-0.5f, -1.25f}));
  EXPECT_EQ(with_sign.clean_max, 4.0f);
  EXPECT_DOUBLE_EQ(with_sign.clean_mean, -1.0 / 4.0);
}

TEST(Propagation, NumbersByHand) {
  LayerMaps maps;
  maps.rows = 1;
  maps.columns = 4;
  maps.max = {0.0f, 0.06f, 0.5f, 2.0f};
  maps.average = {0.0f, 0.02f, 0.02f, 0.04f};
  maps.clean_max = 1.0f;
  Layer layer = layer_of(1, 1, 4);
  layer.field.size = {1, 3};
  layer.field.jump = {1, 2};
  layer.field.start = {0, -1};  // centres at columns 0, 2, 4, 6
  const std::vector<PixelEdit> edits = {{6, 0, 1, 2, 3}};
  const LayerNumbers numbers = layer_numbers(maps, layer, edits);
  EXPECT_EQ(numbers.max, 2.0);
  EXPECT_EQ(numbers.peak, 2.0);
  EXPECT_NEAR(numbers.mean, 0.02, 1e-8);
  EXPECT_EQ(numbers.spread, (std::array<double, 3>{0.75, 0.75, 0.5}));
  EXPECT_NEAR(numbers.radius, (0.02 * 4 + 0.02 * 2) / 0.08, 1e-6);
  EXPECT_EQ(numbers.reachable, 0.25);
  // Of several edits the nearest one counts.
  const std::vector<PixelEdit> both = {{6, 0, 1, 2, 3}, {2, 0, 1, 2, 3}};
  EXPECT_NEAR(layer_numbers(maps, layer, both).radius, 0.02 * 2 / 0.08, 1e-6);
  EXPECT_EQ(layer_numbers(maps, layer, both).reachable, 0.5);
}

TEST(Propagation, NumbersOfWhatHasNone) {
  LayerMaps maps;
  maps.rows = maps.columns = 1;
  maps.max = maps.average = {0.0f};
  const LayerNumbers numbers = layer_numbers(maps, layer_of(1, 1, 1), {});
  EXPECT_TRUE(std::isnan(numbers.peak));
  EXPECT_TRUE(std::isnan(numbers.radius));
  EXPECT_EQ(numbers.spread[0], 0.0);
}

TEST(Propagation, TheCleanColourGivesMapsOfZeros) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Model model = random_model(seed);
    Rng rng{seed, 5};
    const Image image = random_image(model.graph, rng);
    const std::uint8_t* colour = image.at(3, 4);
    const std::vector<PixelEdit> edits = {{3, 4, colour[0], colour[1], colour[2]}};
    const Trace trace =
        make_reference_propagator(model, choose_layers(model.graph, "all"), Difference::kAbsolute)
            ->trace(image, edits);
    EXPECT_EQ(trace.clean_logits, trace.edited_logits);
    for (const LayerMaps& maps : trace.layers) {
      for (const float value : maps.max) EXPECT_EQ(value, 0.0f);
      for (const float value : maps.average) EXPECT_EQ(value, 0.0f);
    }
  }
}

/// Cells that no edit reaches, all of them checked to be zero.
int expect_zeros_outside(const Trace& trace, const std::vector<Layer>& layers,
                         std::span<const PixelEdit> edits) {
  int outside = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerMaps& maps = trace.layers[l];
    for (int i = 0; i < maps.rows * maps.columns; ++i) {
      const auto cell = static_cast<std::size_t>(i);
      EXPECT_TRUE(maps.max[cell] >= maps.average[cell]) << layers[l].name;
      const bool holds = std::any_of(edits.begin(), edits.end(), [&](const PixelEdit& edit) {
        return field_holds(layers[l].field, i / maps.columns, i % maps.columns, edit.x, edit.y);
      });
      if (holds) continue;
      ++outside;
      EXPECT_EQ(maps.max[cell], 0.0f) << layers[l].name;
    }
  }
  return outside;
}

TEST(Propagation, NothingLiesOutsideTheReceptiveFieldAndTheMaximumIsNoLessThanTheMean) {
  int outside = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    const Model model = random_model(seed);
    const std::vector<Layer> layers = choose_layers(model.graph, "all");
    Rng rng{seed, 6};
    const Image image = random_image(model.graph, rng);
    const CandidateBatch edits = delta_test::random_candidates(rng, image, 2, 1);
    for (const auto& propagator : exact_propagators(model))
      outside += expect_zeros_outside(propagator->trace(image, edits.edits), layers, edits.edits);
  }
  EXPECT_GT(outside, 2000);
}

TEST(Propagation, DeltaMapsAreTheReferenceMaps) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Model model = random_model(seed);
    if (delta_unsupported(model.graph)) continue;
    const std::vector<Layer> layers = choose_layers(model.graph, "all");
    Rng rng{seed, 7};
    const Image image = random_image(model.graph, rng);
    for (const Difference difference : {Difference::kAbsolute, Difference::kSigned}) {
      const auto delta = DeltaPropagation(model, layers, difference).make();
      const auto oracle = make_reference_propagator(model, layers, difference);
      for (int edits = 1; edits < 4; ++edits) {
        const CandidateBatch batch = delta_test::random_candidates(rng, image, edits, 1);
        const Trace got = delta->trace(image, batch.edits);
        const Trace want = oracle->trace(image, batch.edits);
        delta_test::expect_close(got.clean_logits, want.clean_logits, 2e-5, "clean");
        delta_test::expect_close(got.edited_logits, want.edited_logits, 2e-5, "edited");
        for (std::size_t l = 0; l < layers.size(); ++l) {
          const double limit = 2e-5 * (1.0 + want.layers[l].clean_max);
          delta_test::expect_close(got.layers[l].max, want.layers[l].max, limit, layers[l].name);
          delta_test::expect_close(got.layers[l].average, want.layers[l].average, limit,
                                   layers[l].name);
          EXPECT_NEAR(got.layers[l].clean_max, want.layers[l].clean_max, limit);
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 300);
}

TEST(Propagation, DeltaFollowsLayersOfMoreNumbersThanAListHolds) {
  GraphBuilder b({3, 64, 64});
  Rng rng({5});
  Conv wide = make_conv(16, 3, 3, 1, 1);  // 65,536 numbers
  wide.weight = random_tensor(wide.weight.shape, rng, 0.0, 0.3);
  Conv narrow = make_conv(2, 16, 3, 4, 1);
  narrow.weight = random_tensor(narrow.weight.shape, rng, 0.0, 0.1);
  const ValueId rectified = b.add("relu", Relu{}, {b.add("wide", wide, {b.input()})});
  Gemm last = make_gemm(3, 2 * 16 * 16);
  last.weight = random_tensor(last.weight.shape, rng, 0.0, 0.1);
  Model model;
  model.graph =
      b.finish(b.add("fc", last, {b.flatten("flat", b.add("narrow", narrow, {rectified}))}));
  model.preprocessing = Preprocessing{{120, 125, 110}, {60, 65, 70}};
  const std::vector<Layer> layers = choose_layers(model.graph, "conv");
  ASSERT_EQ(layers.size(), 2u);
  const Image image = random_image(model.graph, rng);
  const std::vector<PixelEdit> edits{{40, 20, 255, 0, 255}};
  const Trace got =
      DeltaPropagation(model, layers, Difference::kAbsolute).make()->trace(image, edits);
  const Trace want =
      make_reference_propagator(model, layers, Difference::kAbsolute)->trace(image, edits);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const double limit = 2e-5 * (1.0 + want.layers[l].clean_max);
    delta_test::expect_close(got.layers[l].max, want.layers[l].max, limit, layers[l].name);
  }
}

TEST(Propagation, RefusesImagesAndEditsThatDoNotFit) {
  const Model model = random_model(1);
  const auto propagator =
      make_reference_propagator(model, choose_layers(model.graph, "conv"), Difference::kAbsolute);
  expect_error([&] { propagator->trace(make_image(5, 5), {}); }, ErrorCode::kBadData, {"5"});
  const std::vector<PixelEdit> edits = {{10, 0, 1, 2, 3}};
  expect_error([&] { propagator->trace(make_image(10, 13), edits); }, ErrorCode::kBadArgument,
               {"column 10"});
}

TEST(Propagation, DifferencesHaveNames) {
  EXPECT_EQ(to_string(Difference::kSigned), "signed");
  EXPECT_EQ(parse_difference("absolute"), Difference::kAbsolute);
  expect_error([] { parse_difference("squared"); }, ErrorCode::kBadArgument, {"absolute, signed"});
}

}  // namespace
}  // namespace ripple
