#include "ripple/model/model.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/scratch_folder.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

std::filesystem::path shared_model(const char* name) {
  return shared_folder() / "models" / name;
}

struct Expected {
  const char* file;
  std::int64_t parameters;
  std::int64_t multiply_adds;
  bool softmax;
};

class RealModel : public testing::TestWithParam<Expected> {};

TEST_P(RealModel, LoadsWithItsShapesAndParameters) {
  const auto path = shared_model(GetParam().file);
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const Model model = read_onnx(path);
  std::int64_t parameters = 0;
  std::int64_t work = 0;
  for (const Node& node : model.graph.nodes) {
    parameters += parameter_count(node.op);
    work += multiply_adds(model.graph, node);
  }
  EXPECT_EQ(model.graph.shape(model.graph.input), (Shape{3, 32, 32}));
  EXPECT_EQ(model.graph.shape(model.graph.logits), (Shape{10}));
  EXPECT_EQ(parameters, GetParam().parameters);
  EXPECT_EQ(work, GetParam().multiply_adds);
  EXPECT_EQ(model.graph.ends_in_softmax, GetParam().softmax);
  EXPECT_EQ(model.sha256.size(), 64u);
  EXPECT_FALSE(model.preprocessing);
}

INSTANTIATE_TEST_SUITE_P(Shared, RealModel,
                         testing::Values(Expected{"lenet.onnx", 62006, 651720, true},
                                         Expected{"resnet32.onnx", 470218, 69124736, true},
                                         Expected{"resnet20_pytorch.onnx", 269034, 40551040,
                                                  false}));

}  // namespace
}  // namespace ripple
