#include "ripple/eval/dense/candidate_images.h"

#include <gtest/gtest.h>

#include "ripple/eval/dense/torch_ops.h"
#include "tests/random_graph.h"

namespace ripple::dense {
namespace {

constexpr int kWidth = 5;
constexpr int kHeight = 7;

class CandidateImagesTest : public ::testing::Test {
 protected:
  Rng rng{{11}};
  PixelNormalizer normalizer{Preprocessing{{120, 130, 110}, {60, 70, 50}}};
  CandidateImages images{normalizer, 6, kHeight, kWidth, at::kCPU};

  std::vector<float> preprocessed(const Image& image) const {
    return preprocess(normalizer, image).data;
  }
};

TEST_F(CandidateImagesTest, AreWhatPreprocessingMakesOfTheEditedImage) {
  // Few pixels and many edits: some candidates name a pixel twice.
  const Image image = random_image(kWidth, kHeight, rng);
  images.refresh(preprocess(normalizer, image));
  const CandidateBatch batch = random_candidates(9, 5, kWidth, kHeight, rng);
  for (const auto& [first, count] : {std::pair{0, 6}, std::pair{6, 3}}) {
    const at::Tensor written = images.write(batch, first, count);
    ASSERT_EQ(written.sizes(), (at::IntArrayRef{count, 3, kHeight, kWidth}));
    for (int i = 0; i < count; ++i) {
      SCOPED_TRACE(first + i);
      Image edited = image;
      apply_edits(edited, batch.candidate(first + i));
      EXPECT_EQ(from_torch(written.select(0, i)).data, preprocessed(edited));
    }
    images.restore();
  }
}

TEST_F(CandidateImagesTest, AreTheCleanImageAgainAfterRestore) {
  const Image image = random_image(kWidth, kHeight, rng);
  images.refresh(preprocess(normalizer, image));
  const at::Tensor written = images.write(random_candidates(6, 3, kWidth, kHeight, rng), 0, 6);
  images.restore();
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(from_torch(written.select(0, i)).data, preprocessed(image)) << i;
  }
}

TEST_F(CandidateImagesTest, ShowAnotherCleanImageAfterRefresh) {
  images.refresh(preprocess(normalizer, random_image(kWidth, kHeight, rng)));
  const Image image = random_image(kWidth, kHeight, rng);
  images.refresh(preprocess(normalizer, image));
  const CandidateBatch batch{1,
                             {PixelEdit{0, 0, image.pixels[0], image.pixels[1], image.pixels[2]}}};
  EXPECT_EQ(from_torch(images.write(batch, 0, 1).select(0, 0)).data, preprocessed(image));
}

}  // namespace
}  // namespace ripple::dense
