#include "ripple/eval/dense/candidate_images.h"

#include <algorithm>
#include <vector>

namespace ripple::dense {

CandidateImages::CandidateImages(const PixelNormalizer& normalizer, int count, int height,
                                 int width, const at::Device& device)
    : normalizer_(normalizer),
      width_(width),
      images_(at::zeros({count, 3, height, width}, at::TensorOptions(device).dtype(at::kFloat))),
      clean_(images_.select(0, 0).reshape({-1}).clone()) {}

void CandidateImages::refresh(const Tensor& clean) {
  const at::Tensor flat = at::from_blob(const_cast<float*>(clean.data.data()),  // only read
                                        {clean_.numel()}, at::kFloat);
  clean_.copy_(flat);
  images_.copy_(clean_.view(images_.sizes().slice(1)));
}

at::Tensor CandidateImages::write(const CandidateBatch& batch, int first, int count) {
  const std::int64_t each = clean_.numel();
  const std::int64_t plane = each / 3;
  std::vector<std::int64_t> positions;
  std::vector<float> values;
  for (int i = 0; i < count; ++i) {
    const std::span<const PixelEdit> edits = batch.candidate(first + i);
    for (auto edit = edits.begin(); edit != edits.end(); ++edit) {
      // A device writes in any order.
      const bool is_overwritten = std::any_of(edit + 1, edits.end(), [&](const PixelEdit& later) {
        return later.x == edit->x && later.y == edit->y;
      });
      if (is_overwritten) continue;
      const std::int64_t red = i * each + edit->y * width_ + edit->x;
      for (const std::int64_t channel : {0, 1, 2}) positions.push_back(red + channel * plane);
      values.insert(values.end(),
                    {normalizer_(0, edit->r), normalizer_(1, edit->g), normalizer_(2, edit->b)});
    }
  }
  const at::Device device = images_.device();
  positions_ = at::tensor(positions, at::TensorOptions(at::kLong)).to(device);
  const at::Tensor there = at::tensor(values, at::TensorOptions(at::kFloat)).to(device);
  images_.view({-1}).scatter_(0, positions_, there);
  return images_.narrow(0, 0, count);
}

void CandidateImages::restore() {
  const at::Tensor clean = clean_.index_select(0, positions_.remainder(clean_.numel()));
  images_.view({-1}).scatter_(0, positions_, clean);
}

}  // namespace ripple::dense
