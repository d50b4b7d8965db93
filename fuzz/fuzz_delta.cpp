// Bytes -> a small network, an image and edits: what the delta engine updates must equal the
// reference executor's full pass on every instruction set, each candidate alone must get the bits
// that it gets beside others, and edits that change nothing the clean logits.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
    w.kernel[axis] = c.between(1, 7);
    w.stride[axis] = c.between(1, 3);
    w.dilation[axis] = c.between(1, 2);
    w.pad_begin[axis] = c.below(5);
    w.pad_end[axis] = c.below(5);
  }
  if (c.below(2) == 0) {  // the fast path wants squares
    w.kernel[0] = w.kernel[1] = 3 + 2 * c.below(3);
    w.stride = w.dilation = {1, 1};
  }
  return w;
}

/// A window of which every output sees a cell, but where `empty` allows for others: dilation can
/// leave a maximum without one.
Window any_pool(Choices& c, bool empty) {
  Window w = any_window(c);
  for (const std::size_t axis : {0u, 1u}) {
    const int reach = (w.kernel[axis] - 1) * w.dilation[axis];
    const int most = empty ? reach : reach / w.dilation[axis] / w.dilation[axis];
    w.pad_begin[axis] = std::min(w.pad_begin[axis], most);
    w.pad_end[axis] = std::min(w.pad_end[axis], most);
  }
  return w;
}

/// Of an axis of `extent` cells, forwards or backwards.
struct AxisSlice {
  std::int64_t start, step, count;
};
AxisSlice any_slice(Choices& c, std::int64_t extent) {
  const int step = c.between(1, 3);
  const std::int64_t start = c.below(int(extent));
  const bool back = c.below(3) == 0;
  const std::int64_t most = (back ? start : extent - 1 - start) / step + 1;
  return {start, back ? -step : step, 1 + c.below(int(most))};
}
Op any_slice_of(Choices& c, const Shape& in) {
  Slice slice;
  for (const std::int64_t extent : in) {
    const AxisSlice axis = c.below(2) == 0 ? AxisSlice{0, 1, extent} : any_slice(c, extent);
    slice.start.push_back(axis.start);
    slice.step.push_back(axis.step);
    slice.shape.push_back(axis.count);
  }
  return slice;
}

/// A constant that broadcasts to `in`: of a channel, a row, a cell, or one for all.
Op any_constant(Choices& c, Rng& rng, const Shape& in) {
  Shape shape = in;
  for (std::int64_t& extent : shape) extent = c.below(2) == 0 ? 1 : extent;
  shape.erase(shape.begin(), shape.begin() + c.below(int(shape.size()) + 1));
  Binary op{BinaryKind(c.below(4)), true, false, filled(shape, 0.0f)};
  for (float& value : op.constant.data) value = float(rng.uniform(0.5, 2.0));
  op.constant_first = op.kind != BinaryKind::kDiv && c.below(2) == 0;
  return op;
}

/// What takes an activation of any rank that has a layout.
Op any_pointwise(Choices& c, Rng& rng, int channels) {
  switch (c.below(10)) {
    case 0:
      return LeakyRelu{0.1f};
    case 1:
      return Clip{float(c.between(-1, 0)), float(c.between(0, 3))};
    case 2:
      return Sigmoid{};
    case 3:
      return Tanh{};
    case 4:
      return HardSwish{};
    case 5:
      return Elu{1.0f};
    case 6:
      return HardSigmoid{0.3f, 0.4f};
    case 7:
      return PRelu{random_tensor({channels}, rng)};
    case 8:
      return delta_test::random_normalization(rng, channels);
    default:
      return Relu{};
  }
}

Op any_image_op(Choices& c, Rng& rng, const Shape& in) {
  const int channels = int(in[0]);
  switch (c.below(18)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return any_pointwise(c, rng, channels);
    case 4:
      return MaxPool{any_pool(c, true), c.below(2) == 0};
    case 5:
      return AveragePool{any_pool(c, false), c.below(2) == 0, c.below(2) == 0};
    case 6:
      return Lrn{c.between(1, 5), 0.1f, 0.75f, 1.0f};
    case 7:
      return Pad{{c.between(-1, 2), c.between(-1, 2), c.between(-1, 2)},
                 {c.between(-1, 2), c.between(-1, 2), c.between(-1, 2)},
                 PadMode(c.below(3)),
                 0.5f};
    case 8:
      return c.below(2) == 0 ? Transpose{{0, 2, 1}} : Transpose{{2, 0, 1}};
    case 9:
      return any_slice_of(c, in);
    case 10:
      return any_constant(c, rng, in);
    case 11:
      return Reshape{{in[0] * in[1], in[2], 1}};
    case 12: {
      const int groups = channels % 2 == 0 ? c.between(1, 2) : 1;
      return delta_test::random_conv(rng, channels, channels, any_window(c),
                                     c.below(4) == 0 ? channels : groups);
    }
    case 13:  // the same size: what residual sums want
      return delta_test::random_conv(rng, channels, channels,
                                     make_window(3 + 2 * (channels % 3), 1, 1 + channels % 3));
    case 14:  // slices of the input channels, parts of the outputs
      return delta_test::random_conv(rng, c.between(1, 130), channels, any_window(c));
    default:
      return delta_test::random_conv(rng, c.between(1, 36), channels, any_window(c));
  }
}

Op any_op(Choices& c, Rng& rng, const Shape& in) {
  if (in.size() == 3) return any_image_op(c, rng, in);
  const int numbers = int(in[0]);
  switch (c.below(6)) {
    case 0:
    case 1:
      return any_pointwise(c, rng, numbers);
    case 2:
      return any_constant(c, rng, in);
    case 3:
      return Reshape{{numbers, 1, 1}};
    case 4:
      return any_slice_of(c, in);
    default:  // above 128 outputs several chunks, above 512 KB tile by tile
      return delta_test::random_gemm(rng, c.between(1, 200), numbers);
  }
}

/// A number for each channel, from the whole image, times the image.
ValueId add_gate(GraphBuilder& b, Choices& c, Rng& rng, const std::string& name, ValueId in) {
  const int channels = int(b.shape(in)[0]);
  ValueId gate = b.add(name + "mean", GlobalAveragePool{}, {in});
  if (c.below(2) == 0)
    gate = b.add(name + "mix", delta_test::random_conv(rng, channels, channels, Window{}), {gate});
  gate = b.add(name + "sigmoid", Sigmoid{}, {gate});
  std::vector<ValueId> inputs = {in, gate};
  if (c.below(2) == 0) std::swap(inputs[0], inputs[1]);
  return b.add(name, Binary{BinaryKind(c.below(3))}, inputs);
}

ValueId add_node(GraphBuilder& b, Choices& c, Rng& rng, const std::string& name, ValueId in,
                 ValueId other) {
  const Shape shape = b.shape(in);  // a copy: add() moves the values
  switch (c.below(7)) {
    case 0:
      if (shape == b.shape(other)) return b.add(name, Binary{BinaryKind(c.below(3))}, {in, other});
      break;
    case 1:
      if (shape == b.shape(other) && shape[0] < 40)
        return b.add(name, Concat{c.below(int(shape.size()))}, {in, other});
      break;
    case 2:
      if (shape.size() == 3 && c.below(2) == 0) return add_gate(b, c, rng, name, in);
      if (c.below(4) == 0) return b.flatten(name, in);
      break;
    case 3: {  // a residual sum
      const int k = c.below(3);
      if (shape.size() != 3 || shape[0] > 40) break;
      const int channels = int(shape[0]);
      const ValueId relu =
          c.below(2) == 0 ? b.add(name + "a", any_pointwise(c, rng, channels), {in}) : in;
      const ValueId conv =
          b.add(name + "c",
                delta_test::random_conv(rng, channels, channels, make_window(3 + 2 * k, 1, 1 + k)),
                {relu});
      return b.add(name, Binary{}, c.below(2) == 0 ? std::vector{in, conv} : std::vector{conv, in});
    }
    case 4: {  // a maximum that an update takes together with the Relu before it
      if (shape.size() != 3) break;
      const ValueId relu = b.add(name + "r", Relu{}, {in});
      const ValueId pool = b.add(name + "p", MaxPool{any_pool(c, true), c.below(2) == 0}, {relu});
      return b.add(name, Elu{1.0f}, {pool});  // -inf, of a window without a cell, becomes finite
    }
    default:
      break;
  }
  return b.add(name, any_op(c, rng, shape), {in});
}

Model any_network(Choices& c, Rng& rng) {
  GraphBuilder b({3, c.between(2, 14), c.between(2, 14)});
  std::vector<ValueId> values = {b.input()};
  const int nodes = c.between(1, 8);
  for (int i = 0; i < nodes; ++i) {
    // Mostly the last value, so that networks are deep.
    const auto any = [&] { return values[std::size_t(c.below(int(values.size())))]; };
    const ValueId in = c.below(3) == 0 ? any() : values.back();
    const ValueId other = any();
    try {
      values.push_back(add_node(b, c, rng, "n" + std::to_string(i), in, other));
    } catch (const Error& error) {  // a combination that is no operator: the others stay
      require(error.code() == ErrorCode::kBadModel, error.what());
      continue;
    }
    require(element_count(b.shape(values.back())) < (1 << 20), "small networks stay small");
    if (element_count(b.shape(values.back())) > 20000) values.pop_back();
  }
  return delta_test::finish(b, rng, values.back(), 3);
}

void compare(std::span<const float> got, std::span<const float> want) {
  double largest = 1.0;
  for (const float w : want) {
    if (std::isnan(w)) return;  // two infinities met
    largest = std::max(largest, std::fabs(double(w)));
  }
  if (!(largest < 1e5)) return;  // such networks amplify rounding beyond any limit
  for (std::size_t i = 0; i < want.size(); ++i) {
    require(std::fabs(double(got[i]) - double(want[i])) <= 1e-3 * largest, "delta == reference");
  }
}

CandidateBatch any_candidates(Choices& c, const Image& image) {
  CandidateBatch batch;
  batch.edits_per_candidate = c.between(1, 5);
  const int count = c.between(1, 30);
  const bool near = c.below(2) == 0;  // candidates that share lists from the start
  for (int i = 0; i < count * batch.edits_per_candidate; ++i) {
    PixelEdit e{c.below(near ? std::min(3, image.width) : image.width),
                c.below(near ? std::min(2, image.height) : image.height), c.next(), c.next(),
                c.next()};
    if (c.below(6) == 0) {
      const std::uint8_t* clean = image.at(e.x, e.y);
      e.r = clean[0], e.g = clean[1], e.b = clean[2];
    }
    batch.edits.push_back(e);
  }
  return batch;
}

/// Every instruction set, small mini-batches, and each row alone: the same bits as together.
void check_rows(Choices& c, const Model& model, const Image& image, const CandidateBatch& batch,
                std::span<const float> want) {
  const std::vector<std::string> targets = delta_targets();
  const DeltaOptions options{.target = targets[std::size_t(c.below(int(targets.size())))],
                             .thread_bytes = std::size_t{1} << c.between(12, 26)};
  const auto delta = make_delta_evaluator(model, options);
  delta->refresh(image);
  std::vector<float> got(want.size()), alone(3);
  delta->score(batch, got);
  compare(got, want);
  for (int i = 0; i < batch.size(); ++i) {
    const auto row = std::span(got).subspan(std::size_t(i) * 3, 3);
    CandidateBatch one{batch.edits_per_candidate, {}};
    one.edits.assign(batch.candidate(i).begin(), batch.candidate(i).end());
    delta->score(one, alone);
    for (std::size_t k = 0; k < 3; ++k)
      require(alone[k] == row[k] || (std::isnan(alone[k]) && std::isnan(row[k])),
              "rows stand alone");
    if (!effective_edits(image, one.edits).empty()) continue;
    for (std::size_t k = 0; k < 3; ++k) {
      require(row[k] == delta->clean_logits()[k] || std::isnan(row[k]), "no change, clean logits");
    }
  }
}

void check(Choices& c) {
  Rng rng({c.next(), c.next()});
  const Model model = any_network(c, rng);
  if (delta_unsupported(model.graph)) return;
  const Image image = random_image(model.graph.width(), model.graph.height(), rng);
  const CandidateBatch batch = any_candidates(c, image);
  const auto reference = make_reference_evaluator(model);
  reference->refresh(image);
  std::vector<float> want(std::size_t(batch.size()) * 3);
  reference->score(batch, want);
  check_rows(c, model, image, batch, want);
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
