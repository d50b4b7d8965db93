#include <gtest/gtest.h>

#include "ripple/eval/reference/reference.h"
#include "tests/golden.h"

namespace ripple {
namespace {

TEST(ReferenceGolden, LeNet) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  const Model model = shared_model("lenet");
  expect_golden(*make_reference_evaluator(model), "lenet", 32, 64);
}

TEST(ReferenceGolden, ResNet32) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  const Model model = shared_model("resnet32");
  expect_golden(*make_reference_evaluator(model), "resnet32", 2, 2);
}

TEST(ReferenceGolden, ResNet20FromPyTorch) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  const Model model = shared_model("resnet20_pytorch");
  const auto evaluator = make_reference_evaluator(model);
  const Array<float> logits =
      read_npy<float>(shared_folder() / "golden" / "resnet20_pytorch" / "logits_test.npy");
  std::vector<float> row(10);
  evaluator->logits_of(shared_images()->sample(1016).image, row);
  expect_row(row, logits, 1016, 1e-3);
}

}  // namespace
}  // namespace ripple
