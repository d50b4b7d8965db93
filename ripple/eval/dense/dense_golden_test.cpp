#include <gtest/gtest.h>

#include "ripple/eval/dense/dense.h"
#include "tests/golden.h"

namespace ripple {
namespace {

/// Share of the test images that the network classifies correctly, in per cent to one decimal.
double accuracy(Evaluator& evaluator) {
  const auto data = shared_images();
  std::vector<float> logits(std::size_t(evaluator.classes()));
  int correct = 0;
  for (std::int64_t i = 0; i < data->size(); ++i) {
    const Sample sample = data->sample(i);
    evaluator.logits_of(sample.image, logits);
    correct += argmax(logits) == sample.label;
  }
  return std::round(1000.0 * correct / static_cast<double>(data->size())) / 10.0;
}

/// All golden logits and edits, and the accuracy in per cent.
void expect_dense_golden(const std::string& network, double per_cent) {
  const Model model = shared_model(network);
  const auto evaluator = make_dense_evaluator(model);
  expect_golden(*evaluator, network, 32, 64);
  EXPECT_EQ(accuracy(*evaluator), per_cent);
}

TEST(DenseGolden, LeNet) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  expect_dense_golden("lenet", 74.9);
}

TEST(DenseGolden, ResNet32) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  expect_dense_golden("resnet32", 93.3);
}

TEST(DenseGolden, ResNet20FromPyTorch) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  const Model model = shared_model("resnet20_pytorch");
  const auto evaluator = make_dense_evaluator(model);
  const Array<float> logits =
      read_npy<float>(shared_folder() / "golden" / "resnet20_pytorch" / "logits_test.npy");
  const auto data = shared_images();
  std::vector<float> row(10);
  int correct = 0;
  for (std::int64_t i = 0; i < data->size(); ++i) {
    const Sample sample = data->sample(i);
    evaluator->logits_of(sample.image, row);
    expect_row(row, logits, i, 1e-3);
    correct += argmax(row) == sample.label;
  }
  EXPECT_EQ(correct, 932);  // 91.6 % of 1017
}

}  // namespace
}  // namespace ripple
