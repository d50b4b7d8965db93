#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ripple/eval/delta/kernels.h"
#include "ripple/eval/delta/layout.h"
#include "ripple/eval/preprocess.h"
#include "ripple/model/graph.h"
#include "ripple/model/model.h"

namespace ripple::delta {

enum class ConvPath {
  kSliding,  ///< stride 1, dilation 1, square kernel of 3, 5 or 7: all taps in registers
  kScatter,  ///< any other geometry: a pass a tap
  kFlat,     ///< fully connected: one list, all outputs
};

/// Outputs of a fully connected layer whose weights lie together, and rows of them that stay in L1
/// while a mini-batch is taken through them.
inline constexpr int kChunkOutputs = 128;
inline constexpr int kTileRows = 64;

/// A convolution or a fully connected layer: linear, driven by lists of changed values.
///
/// A full pass reads value `input` and writes `output`. An update may do more in one step: read the
/// differences of `source` and pass them through `scale` and `activation` (clean argument:
/// `clean`) while the lists are built, and add its result to the differences of `residual`, in
/// place where that value is not needed again.
struct ConvStep {
  ConvPath path = ConvPath::kScatter;
  Window window;
  AlignedArray<float> weights;                 ///< order by path, see kernels.h
  AlignedArray<float> bias;                    ///< [padded output channels]
  std::ptrdiff_t vector_weights = 0;           ///< kSliding: floats of one vector of outputs
  std::ptrdiff_t tap_weights = 0;              ///< kScatter: floats of one tap
  AlignedArray<std::int32_t> channel_offsets;  ///< [padded input channels], bytes into weights
  std::int32_t pixel_offset = 0;               ///< kFlat: bytes a pixel
  int chunk_outputs = 0;                       ///< kFlat: outputs of a chunk (the last: fewer)
  std::ptrdiff_t chunk_weights = 0;            ///< kFlat: floats of a chunk
  std::int64_t work = 0;  ///< multiply-adds of one entry: taps x output channels
  /// Weights do not fit the cache: parts (kFlat: chunks, in them tiles of rows) outermost over a
  /// mini-batch.
  bool weights_outside = false;
  /// Cuts through the input channels, so that the weights of a part and a slice stay in L1 while
  /// they go over the pixels of a mini-batch. Each slice has lists of its own.
  int slices = 1;

  ValueId source = -1;
  ValueId clean = -1;
  const AlignedArray<float>* scale = nullptr;
  Activation activation;
  ValueId result = -1;  ///< what an update writes: the output, or the sum with the residual
  ValueId residual = -1;
  /// The only reader of the network's input: an update writes the changed pixels into a plane that
  /// all candidates share, just before it lists them.
  bool takes_edits = false;
};

struct DepthwiseStep {
  Window window;
  AlignedArray<float> weights;  ///< [blocks][tap][16]
  AlignedArray<float> bias;
};

/// activation(scale * in + shift), per channel. An update reads the differences of `source` and
/// multiplies them by `update_scale`; `clean` is the argument of the activation.
struct PointwiseStep {
  AlignedArray<float> scale, shift;  ///< empty: 1, 0
  AlignedArray<float> slope;         ///< of a PRelu
  Activation activation;
  ValueId source = -1;
  const AlignedArray<float>* update_scale = nullptr;
};

/// Two activations.
struct ArithmeticStep {
  Arithmetic kind = Arithmetic::kAdd;
};

/// An activation and a constant that differs from cell to cell (or that divides the wrong way).
struct ConstantStep {
  Arithmetic kind = Arithmetic::kAdd;
  bool constant_first = false;
  AlignedArray<float> constant;  ///< in the layout `layout`
  Layout layout;
};

enum class PoolKind { kMax, kAverage, kGlobalAverage };
/// The update of a kMax may take over a Relu before it: it then reads the differences of the Relu's
/// input `source`, whose clean activation is `source` too, and no answer is below `floor`.
struct PoolStep {
  PoolKind kind = PoolKind::kMax;
  Window window;
  AlignedArray<float> divisor;  ///< kAverage: [output cells]
  ValueId source = -1;
  float floor = -std::numeric_limits<float>::infinity();
};

struct LrnStep {
  Lrn op;
};

/// out(c, y, x) = in(channels[c], y * step_y + start_y, x * step_x + start_x) where that exists:
/// Slice, Pad with a constant, Concat (a part an input).
struct RemapStep {
  struct Part {
    std::vector<int> channels;  ///< [out channels]: channel of the input, or -1
    int start_y = 0, start_x = 0, step_y = 1, step_x = 1;
  };
  std::vector<Part> parts;  ///< an input
  float fill = 0.0f;        ///< what a full pass writes elsewhere
};

/// Every other static rearrangement: the number at place to[i] of the output is the one at place
/// from[i] of the input (from the origins). Everything counts as dirty behind it.
struct TableStep {
  std::vector<std::int32_t> from;
  std::vector<std::int32_t> to{};
};

using StepBody = std::variant<ConvStep, DepthwiseStep, PointwiseStep, ArithmeticStep, ConstantStep,
                              PoolStep, LrnStep, RemapStep, TableStep>;

struct Step {
  const Node* node = nullptr;
  std::string_view op;  ///< "Conv", ...: what times are reported by
  StepBody body;
  std::vector<ValueId> inputs;
  ValueId output = -1;
  bool in_update = true;        ///< false: another step of the update does it
  std::vector<ValueId> live{};  ///< values whose differences an update still holds when it begins
};

/// Most rows, counts and entries of a candidate's lists in a layer, over all slices: rows, pixels
/// and one more, pixels x padded channels and what kernels write behind them.
struct ListRoom {
  std::size_t rows = 0;
  std::size_t counts = 0;
  std::size_t entries = 0;

  void raise(const Layout& layout, int slices);
};

/// A network, ready to be updated: layouts, packed weights, fused steps, places of the differences.
/// Immutable; shared by all threads.
class DeltaPlan {
 public:
  /// Errors: kUnsupportedOp naming node and operator (see unsupported()); kBadModel where the model
  /// has no preprocessing. `thread_bytes`: see DeltaOptions.
  DeltaPlan(const Model& model, const KernelTable& kernels, std::size_t thread_bytes);
  DeltaPlan(const DeltaPlan&) = delete;
  DeltaPlan& operator=(const DeltaPlan&) = delete;

  const Graph& graph() const { return graph_; }
  const KernelTable& kernels() const { return kernels_; }
  const PixelNormalizer& normalizer() const { return normalizer_; }
  const std::vector<Step>& steps() const { return steps_; }
  const Layout& layout(ValueId id) const { return layouts_[std::size_t(id)]; }
  /// The value that holds the numbers of `id`: itself, or what it is another shape of.
  ValueId root(ValueId id) const { return roots_[std::size_t(id)]; }
  /// Floats from the start of a candidate's arena to the value's differences; -1 where an update
  /// does not hold it (nor the input, where a step takes the edits).
  std::ptrdiff_t slot(ValueId id) const { return slots_[std::size_t(id)]; }
  std::size_t arena_floats() const { return arena_floats_; }
  /// Whether an update reads the clean activation.
  bool keeps_clean(ValueId id) const { return keeps_clean_[std::size_t(id)]; }
  /// Room for the lists of one candidate in any layer, and in those layers that need the lists of a
  /// whole mini-batch at a time (ConvStep::weights_outside).
  const ListRoom& list_room() const { return list_room_; }
  const ListRoom& outside_list_room() const { return outside_list_room_; }
  std::int64_t dense_multiply_adds() const { return dense_multiply_adds_; }
  /// Candidates taken through the network together.
  int mini_batch() const { return mini_batch_; }
  std::size_t weight_bytes() const;

 private:
  friend class PlanBuilder;
  Graph graph_;
  const KernelTable& kernels_;
  PixelNormalizer normalizer_;
  std::vector<Step> steps_;
  std::vector<Layout> layouts_;
  std::vector<ValueId> roots_;
  std::vector<std::ptrdiff_t> slots_;
  std::vector<bool> keeps_clean_;
  std::size_t arena_floats_ = 0;
  ListRoom list_room_, outside_list_room_;
  std::int64_t dense_multiply_adds_ = 0;
  int mini_batch_ = 1;
};

/// "<node> (<operator>): why" of the first node that an update cannot carry a difference through.
std::optional<std::string> unsupported(const Graph& graph);

}  // namespace ripple::delta
