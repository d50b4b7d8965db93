// The networks in ../shared: golden logits and edits, updates against full passes.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/expect_update.h"
#include "tests/golden.h"

namespace ripple {
namespace {

using namespace delta_test;

class DeltaRealNetworks : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { RIPPLE_SKIP_WITHOUT_SHARED(); }
};

TEST_P(DeltaRealNetworks, AnswersAreTheGoldenOnes) {
  const Model model = shared_model(GetParam());
  ASSERT_EQ(delta_unsupported(model.graph), std::nullopt);
  const auto delta = make_delta_evaluator(model);
  if (GetParam() != std::string("resnet20_pytorch")) {
    expect_golden(*delta, GetParam(), 32, 64);
    return;
  }
  const Array<float> logits =
      read_npy<float>(shared_folder() / "golden" / GetParam() / "logits_test.npy");
  const auto data = shared_images();
  for (int i = 0; i < 50; ++i) {
    delta->refresh(data->sample(i).image);
    expect_row(delta->clean_logits(), logits, i, 2e-4);
  }
}

TEST_P(DeltaRealNetworks, UpdatesAgreeWithFullPasses) {
  const auto delta = make_delta_evaluator(shared_model(GetParam()));
  const auto data = shared_images();
  for (int i = 0; i < 3; ++i) {
    const Image image = data->sample(i).image;
    delta->refresh(image);
    Rng rng({std::uint64_t(i)});
    const CandidateBatch batch = random_candidates(rng, image, 1 + i, 60);
    std::vector<float> logits(600), whole(10);
    delta->score(batch, logits);
    for (int c = 0; c < 60; ++c) {
      Image edited = image;
      apply_edits(edited, batch.candidate(c));
      delta->logits_of(edited, whole);
      expect_close(std::span(logits).subspan(std::size_t(c) * 10, 10), whole, 1e-4,
                   fmt::format("candidate {}", c));
    }
  }
}

TEST_P(DeltaRealNetworks, AFewCandidatesAgreeWithTheReference) {
  const Model model = shared_model(GetParam());
  const auto delta = make_delta_evaluator(model);
  const auto reference = make_reference_evaluator(model);
  const Image image = shared_images()->sample(7).image;
  delta->refresh(image);
  reference->refresh(image);
  Rng rng({11});
  const CandidateBatch batch = random_candidates(rng, image, 1, 3);
  std::vector<float> got(30), want(30);
  delta->score(batch, got);
  reference->score(batch, want);
  expect_close(got, want, 1e-4, "reference");
}

INSTANTIATE_TEST_SUITE_P(Shared, DeltaRealNetworks,
                         testing::Values("lenet", "resnet32", "resnet20_pytorch"),
                         [](const auto& network) { return std::string(network.param); });

}  // namespace
}  // namespace ripple
