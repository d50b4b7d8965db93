#include "ripple/analysis/layers.h"

#include <gtest/gtest.h>

#include "ripple/model/model.h"
#include "tests/expect_error.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

Graph lenet() {
  return read_onnx(source_folder() / "models/shapes/lenet.onnx").graph;
}

std::vector<std::string> names_of(const Graph& graph, const std::string& selection) {
  std::vector<std::string> names;
  for (const Layer& layer : choose_layers(graph, selection)) names.push_back(layer.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(Layers, KindsAndNamesInTheOrderOfTheGraph) {
  const Graph graph = lenet();
  EXPECT_EQ(names_of(graph, "conv"), (Names{"conv1", "conv2"}));
  EXPECT_EQ(names_of(graph, "activation"), (Names{"relu1", "relu2"}));  // relu3 is a vector
  EXPECT_EQ(names_of(graph, "all"), (Names{"conv1", "relu1", "pool1", "conv2", "relu2", "pool2"}));
  EXPECT_EQ(names_of(graph, "pool2,conv1"), (Names{"conv1", "pool2"}));
  const std::vector<Layer> layers = choose_layers(graph, "conv2");
  EXPECT_EQ(layers[0].channels, 16);
  EXPECT_EQ(layers[0].rows, 10);
  EXPECT_EQ(layers[0].field.size[0], 14);
}

TEST(Layers, UnknownNamesListTheLayersThereAre) {
  const Graph graph = lenet();
  expect_error([&] { choose_layers(graph, "conv3"); }, ErrorCode::kBadArgument,
               {"--layers", "'conv3' is no layer", "conv1, relu1, pool1, conv2"});
  expect_error([&] { choose_layers(graph, "conv1,fc1"); }, ErrorCode::kBadArgument, {"'fc1'"});
  expect_error([&] { choose_layers(graph, ""); }, ErrorCode::kBadArgument, {"''"});
}

TEST(Layers, AFieldHoldsThePixelsOfItsWindow) {
  ReceptiveField field;
  field.size = {3, 5};
  field.jump = {2, 1};
  field.start = {-1, -2};
  EXPECT_TRUE(field_holds(field, 0, 0, 0, 0));
  EXPECT_TRUE(field_holds(field, 0, 0, 2, 1));
  EXPECT_FALSE(field_holds(field, 0, 0, 3, 1));
  EXPECT_FALSE(field_holds(field, 0, 0, 2, 2));
  EXPECT_TRUE(field_holds(field, 1, 1, 3, 3));
  EXPECT_FALSE(field_holds(field, 1, 1, 3, 0));
  field.global = true;
  EXPECT_TRUE(field_holds(field, 0, 0, 31, 31));
}

}  // namespace
}  // namespace ripple
