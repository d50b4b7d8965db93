#pragma once

#include <memory>
#include <vector>

#include "ripple/eval/delta/plan.h"
#include "ripple/image/image.h"

namespace ripple::delta {

/// The clean image's activations as updates read them. Immutable; shared by all threads that attack
/// the image.
class BaseState {
 public:
  /// A full pass with the kernels of `plan`. Cost: about the dense multiply-adds times the share of
  /// activations that are not zero. Errors: kBadData where the image has another size.
  BaseState(std::shared_ptr<const DeltaPlan> plan, const Image& image);

  const DeltaPlan& plan() const { return *plan_; }
  const Image& image() const { return image_; }
  /// From the origin of the value's layout. Assumes plan().keeps_clean(id).
  const float* clean(ValueId id) const { return kept_.data() + offsets_[std::size_t(id)]; }
  /// The largest |activation| of the value: what a tolerance is relative to.
  float largest(ValueId id) const { return largest_[std::size_t(id)]; }
  /// [classes]
  const std::vector<float>& logits() const { return logits_; }
  std::size_t bytes() const { return kept_.bytes(); }

 private:
  friend class FullPass;
  std::shared_ptr<const DeltaPlan> plan_;
  Image image_;
  AlignedArray<float> kept_;
  std::vector<std::ptrdiff_t> offsets_;  ///< by root
  std::vector<float> largest_;           ///< by root
  std::vector<float> logits_;
};

}  // namespace ripple::delta
