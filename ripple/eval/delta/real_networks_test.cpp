// The networks in ../shared: clean logits, golden edits, updates against full passes.

#include <filesystem>

#include <gtest/gtest.h>

#include "ripple/base/npy.h"
#include "ripple/eval/delta/expect_update.h"
#include "ripple/image/dataset.h"

namespace ripple {
namespace {

using namespace delta_test;
const std::filesystem::path kShared = RIPPLE_SOURCE_DIR "/../shared";

struct RealNetwork {
  const char* file;
  const char* logits;
  Preprocessing preprocessing;
};
const RealNetwork kNetworks[] = {
    {"lenet.onnx",
     "lenet/logits.npy",
     {{125.307f, 122.95f, 113.865f}, {62.9932f, 62.0887f, 66.7048f}}},
    {"resnet32.onnx",
     "resnet32/logits.npy",
     {{125.307f, 122.95f, 113.865f}, {62.9932f, 62.0887f, 66.7048f}}},
    {"resnet20_pytorch.onnx",
     "resnet20_pytorch/logits_test.npy",
     {{123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}}},
};

class DeltaRealNetworks : public testing::TestWithParam<RealNetwork> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kShared / "models" / GetParam().file)) {
      GTEST_SKIP() << "../shared is absent: no " << GetParam().file;
    }
    model_ = read_onnx(kShared / "models" / GetParam().file);
    model_.preprocessing = GetParam().preprocessing;
    data_ = open_dataset("cifar10:" + (kShared / "data/cifar10").string());
  }
  Model model_;
  std::unique_ptr<Dataset> data_;
};

/// Softmax of a row, in double.
std::vector<double> probabilities(std::span<const float> logits) {
  double largest = logits[0], sum = 0.0;
  for (const float l : logits) largest = std::max(largest, double(l));
  std::vector<double> p;
  for (const float l : logits) sum += p.emplace_back(std::exp(l - largest));
  for (double& x : p) x /= sum;
  return p;
}

TEST_P(DeltaRealNetworks, CleanLogitsAreTheGoldenOnes) {
  ASSERT_EQ(delta_unsupported(model_.graph), std::nullopt);
  const Tensor golden = read_npy_f32(kShared / "golden" / GetParam().logits);
  const auto delta = make_delta_evaluator(model_);
  for (int i = 0; i < 32; ++i) {
    delta->refresh(data_->sample(i).image);
    expect_close(delta->clean_logits(), std::span(golden.data).subspan(std::size_t(i) * 10, 10),
                 2e-4, "image " + std::to_string(i));
  }
}

TEST_P(DeltaRealNetworks, UpdatesAgreeWithFullPasses) {
  const auto delta = make_delta_evaluator(model_);
  for (int i = 0; i < 3; ++i) {
    const Image image = data_->sample(i).image;
    delta->refresh(image);
    Rng rng({std::uint64_t(i)});
    const CandidateBatch batch = random_candidates(rng, image, 1 + i, 60);
    std::vector<float> logits(600), whole(10);
    delta->score(batch, logits);
    for (int c = 0; c < 60; ++c) {
      Image edited = image;
      apply_edits(edited, batch.candidate(c));
      delta->logits_of(edited, whole);
      const auto got = probabilities(std::span(logits).subspan(std::size_t(c) * 10, 10));
      const auto want = probabilities(whole);
      for (std::size_t k = 0; k < 10; ++k) ASSERT_TRUE(std::fabs(got[k] - want[k]) <= 1e-5) << c;
    }
  }
}

TEST_P(DeltaRealNetworks, AFewCandidatesAgreeWithTheReference) {
  const auto delta = make_delta_evaluator(model_);
  const auto reference = make_reference_evaluator(model_);
  const Image image = data_->sample(7).image;
  delta->refresh(image);
  reference->refresh(image);
  Rng rng({11});
  const CandidateBatch batch = random_candidates(rng, image, 1, 3);
  std::vector<float> got(30), want(30);
  delta->score(batch, got);
  reference->score(batch, want);
  expect_close(got, want, 1e-4, "reference");
}

INSTANTIATE_TEST_SUITE_P(Shared, DeltaRealNetworks, testing::ValuesIn(kNetworks),
                         [](const auto& network) {
                           const std::string file = network.param.file;
                           return file.substr(0, file.find('.'));
                         });

}  // namespace
}  // namespace ripple
