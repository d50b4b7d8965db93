#include "ripple/model/model.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "ripple/model/graph_builder.h"
#include "tests/expect_error.h"
#include "tests/scratch_folder.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

std::filesystem::path shared_model(const char* name) {
  return shared_folder() / "models" / name;
}

/// A network of four scores that ends in `op`, and in a reshape behind it where asked for.
Graph ending_in(Op op, bool reshape = false) {
  GraphBuilder b({3, 2, 2});
  ValueId x = b.add("pool", GlobalAveragePool{}, {b.input()});
  if (!reshape) x = b.flatten("early", x);
  x = b.add("last", std::move(op), {x});
  return b.finish(reshape ? b.flatten("flat", x) : x);
}

TEST(ScoreCaution, NamesTheLastOperatorWhereItPressesScoresIntoARange) {
  for (const bool reshape : {false, true}) {
    const auto caution = score_caution(ending_in(Sigmoid{}, reshape));
    ASSERT_TRUE(caution.has_value());
    EXPECT_NE(caution->find("its last operator is a Sigmoid ('last')"), std::string::npos);
    EXPECT_NE(caution->find("from 0 to 1"), std::string::npos);
  }
  EXPECT_TRUE(score_caution(ending_in(HardSigmoid{})).has_value());
  EXPECT_NE(score_caution(ending_in(Tanh{})).value_or("").find("from -1 to 1"), std::string::npos);
}

TEST(ScoreCaution, IsSilentOnLogitsAndProbabilities) {
  EXPECT_EQ(score_caution(ending_in(Relu{})), std::nullopt);
  EXPECT_EQ(score_caution(ending_in(Softmax{0})), std::nullopt);
  GraphBuilder b({3, 2, 2});
  ValueId x = b.add("inside", Sigmoid{}, {b.flatten("flat", b.input())});
  EXPECT_EQ(score_caution(b.finish(b.add("fc", make_gemm(4, 12), {x}))), std::nullopt);
  // The file's own Softmax behind a Sigmoid: its probabilities are what Ripple shows.
  GraphBuilder c({3, 2, 2});
  x = c.add("sigmoid", Sigmoid{}, {c.flatten("flat", c.input())});
  EXPECT_EQ(score_caution(c.finish(c.add("softmax", Softmax{0}, {x}))), std::nullopt);
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
