// Bytes -> a small network, an image and edits: what the delta engine updates must equal the
// reference executor's full pass, and edits that change nothing must give the clean logits.

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "fuzz/require.h"
#include "ripple/base/error.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/reference/reference.h"
#include "tests/delta_networks.h"

namespace ripple {
namespace {

/// Takes choices from the input; zeros where it has ended.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  /// In [0, n).
  int below(int n) { return next() % n; }
  int between(int low, int high) { return low + below(high - low + 1); }
  std::uint8_t next() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

Window any_window(Choices& c) {
  Window w;
  for (const std::size_t axis : {0u, 1u}) {
    w.kernel[axis] = c.between(1, 5);
    w.stride[axis] = c.between(1, 3);
    w.dilation[axis] = c.between(1, 2);
    w.pad_begin[axis] = c.below(3);
    w.pad_end[axis] = c.below(3);
  }
  if (c.below(2) == 0) {  // the fast path wants squares
    w.kernel = {3, 3};
    w.stride = w.dilation = {1, 1};
  }
  return w;
}

Op any_op(Choices& c, Rng& rng, const Shape& in) {
  const int channels = int(in[0]);
  switch (c.below(16)) {
    case 0:
      return Relu{};
    case 1:
      return LeakyRelu{0.1f};
    case 2:
      return Clip{-1.0f, float(c.below(4))};
    case 3:
      return Sigmoid{};
    case 4:
      return Tanh{};
    case 5:
      return HardSwish{};
    case 6:
      return Elu{1.0f};
    case 7:
      return delta_test::random_normalization(rng, channels);
    case 8: {
      Window w = any_window(c);
      for (const std::size_t axis : {0u, 1u}) {  // a window inside the padding has no maximum
        w.pad_begin[axis] = std::min(w.pad_begin[axis], w.kernel[axis] - 1) / w.dilation[axis];
        w.pad_end[axis] = std::min(w.pad_end[axis], w.kernel[axis] - 1) / w.dilation[axis];
      }
      if (c.below(2) == 0) return MaxPool{w, c.below(2) == 0};
      return AveragePool{w, c.below(2) == 0, c.below(2) == 0};
    }
    case 9:
      return Lrn{c.between(1, 5), 0.1f, 0.75f, 1.0f};
    case 10:
      return Pad{{c.between(-1, 2), c.between(-1, 2), c.between(-1, 2)},
                 {c.between(-1, 2), c.between(-1, 2), c.between(-1, 2)},
                 PadMode(c.below(3)),
                 0.5f};
    case 11:
      return Transpose{{0, 2, 1}};
    case 12: {
      const int groups = channels % 2 == 0 ? c.between(1, 2) : 1;
      return delta_test::random_conv(rng, channels, channels, any_window(c),
                                     c.below(4) == 0 ? channels : groups);
    }
    default:
      return delta_test::random_conv(rng, c.between(1, 36), channels, any_window(c));
  }
}

Model any_network(Choices& c, Rng& rng) {
  GraphBuilder b({3, c.between(2, 10), c.between(2, 10)});
  std::vector<ValueId> values = {b.input()};
  const int nodes = c.between(1, 6);
  for (int i = 0; i < nodes; ++i) {
    const ValueId in = values[std::size_t(c.below(int(values.size())))];
    const ValueId other = values[std::size_t(c.below(int(values.size())))];
    const std::string name = "n" + std::to_string(i);
    const int join = c.below(4);
    if (join == 0 && b.shape(in) == b.shape(other)) {
      values.push_back(b.add(name, Binary{BinaryKind(c.below(3))}, {in, other}));
    } else if (join == 1 && b.shape(in) == b.shape(other) && b.shape(in)[0] < 40) {
      values.push_back(b.add(name, Concat{c.below(3)}, {in, other}));
    } else {
      values.push_back(b.add(name, any_op(c, rng, b.shape(in)), {in}));
    }
    require(element_count(b.shape(values.back())) < (1 << 20), "small networks stay small");
  }
  return delta_test::finish(b, rng, values.back(), 3);
}

void compare(std::span<const float> got, std::span<const float> want) {
  double largest = 1.0;
  for (const float w : want) largest = std::max(largest, std::fabs(double(w)));
  if (!(largest < 1e5)) return;  // such networks amplify rounding beyond any limit
  for (std::size_t i = 0; i < want.size(); ++i) {
    require(std::fabs(double(got[i]) - double(want[i])) <= 1e-3 * largest, "delta == reference");
  }
}

void check(Choices& c) {
  Rng rng({c.next(), c.next()});
  const Model model = any_network(c, rng);
  if (delta_unsupported(model.graph)) return;
  const Image image = random_image(model.graph.width(), model.graph.height(), rng);
  CandidateBatch batch;
  batch.edits_per_candidate = c.between(1, 5);
  const int count = c.between(1, 8);
  for (int i = 0; i < count * batch.edits_per_candidate; ++i) {
    PixelEdit e{c.below(image.width), c.below(image.height), c.next(), c.next(), c.next()};
    if (c.below(4) == 0) {
      const std::uint8_t* clean = image.at(e.x, e.y);
      e.r = clean[0], e.g = clean[1], e.b = clean[2];
    }
    batch.edits.push_back(e);
  }
  const auto delta = make_delta_evaluator(model);
  const auto reference = make_reference_evaluator(model);
  delta->refresh(image);
  reference->refresh(image);
  std::vector<float> got(std::size_t(count) * 3), want(got.size());
  delta->score(batch, got);
  reference->score(batch, want);
  compare(got, want);
  for (int i = 0; i < count; ++i) {
    if (!effective_edits(image, batch.candidate(i)).empty()) continue;
    for (std::size_t k = 0; k < 3; ++k) {
      require(got[std::size_t(i) * 3 + k] == delta->clean_logits()[k], "no change, clean logits");
    }
  }
}

}  // namespace
}  // namespace ripple

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ripple::Choices choices(data, size);
  try {
    ripple::check(choices);
  } catch (const ripple::Error& error) {
    // A combination that is no network.
    require(error.code() == ripple::ErrorCode::kBadModel, error.what());
  }
  return 0;
}
