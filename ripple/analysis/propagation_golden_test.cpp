#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ripple/analysis/propagation.h"
#include "tests/golden.h"

namespace ripple {
namespace {

/// The golden edits of a network: image, then the edit.
std::vector<std::pair<int, PixelEdit>> golden_edits(const std::string& network) {
  const Array<std::int32_t> list =
      read_npy<std::int32_t>(shared_folder() / "golden" / network / "edits.npy");
  std::vector<std::pair<int, PixelEdit>> edits;
  for (std::size_t i = 0; i + 5 < list.data.size(); i += 6) {
    const std::int32_t* e = &list.data[i];  // image, row, column, r, g, b
    const auto byte = [&](int k) { return static_cast<std::uint8_t>(e[k]); };
    edits.emplace_back(e[0], PixelEdit{e[2], e[1], byte(3), byte(4), byte(5)});
  }
  return edits;
}

void expect_map(const std::vector<float>& got, const nlohmann::json& entry,
                const Array<float>& golden) {
  const auto offset = entry.at("offset").get<std::size_t>();
  const auto shape = entry.at("shape").get<std::vector<std::size_t>>();
  ASSERT_EQ(got.size(), shape[0] * shape[1]);
  double worst = 0.0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double difference = std::abs(got[i] - golden.data[offset + i]);
    ASSERT_TRUE(difference <= 1e-4) << entry << ", cell " << i;
    worst = std::max(worst, difference);
  }
  EXPECT_TRUE(worst <= 1e-4);
}

/// Every map that PyTorch made of the network, in all four variants.
void expect_golden_maps(const std::string& network, std::size_t convolutions) {
  const auto folder = shared_folder() / "golden" / network;
  const Array<float> golden = read_npy<float>(folder / "propagation_maps.npy");
  const auto entries = nlohmann::json::parse(std::ifstream(folder / "propagation_maps.json"));
  const Model model = shared_model(network);
  const std::vector<Layer> layers = choose_layers(model.graph, "conv");
  ASSERT_EQ(layers.size(), convolutions);
  const auto absolute = make_dense_propagator(model, layers, Difference::kAbsolute);
  const auto with_sign = make_dense_propagator(model, layers, Difference::kSigned);
  const auto images = shared_images();
  const auto edits = golden_edits(network);
  std::map<std::string, std::size_t> place;
  for (std::size_t l = 0; l < layers.size(); ++l) place[layers[l].name] = l;
  int traced = -1;
  Trace plain, signs;
  for (const nlohmann::json& entry : entries) {
    const int edit = entry.at("edit");
    if (edit != traced) {
      const Image image = images->sample(edits[std::size_t(edit)].first).image;
      const std::vector<PixelEdit> one = {edits[std::size_t(edit)].second};
      plain = absolute->trace(image, one);
      signs = with_sign->trace(image, one);
      traced = edit;
    }
    ASSERT_TRUE(place.count(entry.at("layer"))) << entry;
    const std::size_t l = place[entry.at("layer")];
    const std::string kind = entry.at("kind");
    if (kind == "layer_max_abs") {
      EXPECT_NEAR(plain.layers[l].clean_max, entry.at("value").get<double>(), 1e-4) << entry;
      continue;
    }
    const LayerMaps& maps = kind.ends_with("_abs") ? plain.layers[l] : signs.layers[l];
    expect_map(kind.starts_with("max") ? maps.max : maps.average, entry, golden);
  }
  EXPECT_EQ(traced, 7);
  EXPECT_EQ(entries.size(), 8 * convolutions * 5);
}

TEST(PropagationGolden, LeNet) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  expect_golden_maps("lenet", 2);
}

TEST(PropagationGolden, ResNet32) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  expect_golden_maps("resnet32", 33);
}

/// Delta against dense: every convolution of ResNet-32.
TEST(PropagationGolden, DenseAndDeltaGiveTheSameMaps) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  const Model model = shared_model("resnet32");
  const std::vector<Layer> layers = choose_layers(model.graph, "conv");
  const auto dense = make_dense_propagator(model, layers, Difference::kAbsolute);
  const auto delta = DeltaPropagation(model, layers, Difference::kAbsolute).make();
  for (int i = 0; i < 3; ++i) {
    const Image image = shared_images()->sample(i).image;
    const std::vector<PixelEdit> edits = {{10 * i, 22, 51, 0, 0}, {3, 30 - i, 0, 255, 0}};
    const Trace a = dense->trace(image, edits);
    const Trace b = delta->trace(image, edits);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      for (std::size_t k = 0; k < a.layers[l].max.size(); ++k) {
        ASSERT_NEAR(a.layers[l].max[k], b.layers[l].max[k], 1e-4) << layers[l].name;
        ASSERT_NEAR(a.layers[l].average[k], b.layers[l].average[k], 1e-4) << layers[l].name;
      }
    }
  }
}

TEST(PropagationGolden, DenseMapsAreTheReferenceMaps) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  const Model model = shared_model("lenet");
  const std::vector<Layer> layers = choose_layers(model.graph, "all");
  const Image image = shared_images()->sample(3).image;
  const std::vector<PixelEdit> edits = {{10, 22, 51, 0, 0}, {3, 30, 0, 255, 0}};
  const Trace dense =
      make_dense_propagator(model, layers, Difference::kAbsolute)->trace(image, edits);
  const Trace oracle =
      make_reference_propagator(model, layers, Difference::kAbsolute)->trace(image, edits);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (std::size_t i = 0; i < oracle.layers[l].max.size(); ++i) {
      EXPECT_NEAR(dense.layers[l].max[i], oracle.layers[l].max[i], 1e-4) << layers[l].name;
      EXPECT_NEAR(dense.layers[l].average[i], oracle.layers[l].average[i], 1e-4);
    }
  }
}

}  // namespace
}  // namespace ripple
