#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/eval/delta/layout.h"

namespace ripple::delta {

// What the SIMD kernels take. One source (kernels.cpp and the -inl.h files) is compiled once for
// every instruction set; KernelTable holds the functions of one of them. Plain pointers and sizes
// in floats, so that nothing here depends on the target. All kernels: differences of zero in give
// differences of exactly zero out; padded channels stay zero; nothing is allocated; no errors.

enum class ActivationKind {
  kNone,
  kRelu,
  kLeakyRelu,
  kClip,
  kSigmoid,
  kTanh,
  kHardSigmoid,
  kHardSwish,
  kElu,
  kPRelu,
};

/// An elementwise function; what a and b are depends on the kind (slope, low and high, alpha,
/// beta).
struct Activation {
  ActivationKind kind = ActivationKind::kNone;
  float a = 0.0f;
  float b = 0.0f;
  const float* slope = nullptr;  ///< kPRelu: [padded channels]
};

/// A run of pixels with changed values in one row: columns [x0, x1), the first and last not empty.
struct RowList {
  int y = 0;
  int x0 = 0;
  int x1 = 0;
};

/// The changed values of up to kMaxGroup candidates, pixel after pixel, channels ascending: an
/// entry is a channel in which any of them changed, as the byte offset of its weights and a value
/// for each candidate (zero where that one did not change, which adds nothing, bit for bit).
struct Lists {
  int group = 1;                    ///< candidates
  int row_count = 0;                ///< rows that hold something
  RowList* rows = nullptr;          ///< [height]
  std::uint16_t* counts = nullptr;  ///< entries of each pixel of each row, in order
  std::int32_t* offsets = nullptr;  ///< [capacity + kBlock]
  float* values[kMaxGroup] = {};    ///< [capacity + kBlock] each
  std::int64_t entries = 0;
};

/// Blocks [begin, end) of channels; by default all.
struct BlockRange {
  int begin = 0;
  int end = std::numeric_limits<int>::max();
};

/// Builds lists from differences, on the way passing them through a channel scale and an
/// activation.
struct PrepareArgs {
  Region region;
  Layout layout;                                  ///< of the differences
  Layout clean_layout;                            ///< same extents
  const float* difference[kMaxGroup] = {};        ///< from the origin
  const float* clean = nullptr;                   ///< argument of the activation; null for kNone
  const float* scale = nullptr;                   ///< [padded channels] or null
  Activation activation;                          ///< kNone, kRelu or kClip
  float threshold = 0.0f;                         ///< drops |value| <= threshold
  const std::int32_t* channel_offsets = nullptr;  ///< [padded channels], bytes
  std::int32_t pixel_offset = 0;  ///< bytes added for each pixel, (y * width + x) * this
  BlockRange blocks;              ///< of channels: what is listed
};

/// Adds lists x weights of one vector of output channels: stride 1, dilation 1, kernel 3, 5 or 7.
struct SlidingArgs {
  const Lists* lists = nullptr;
  int kernel = 3;
  const float* weights = nullptr;  ///< [in channel][kernel][kernel][KernelTable::lanes]
  float* out[kMaxGroup] = {};      ///< the vector's place in the cell at the origin
  std::ptrdiff_t row = 0;          ///< floats between rows of the output
  int pad_y = 0;
  int pad_x = 0;
  int height = 0;  ///< rows of the output
};

/// The same for one tap of any kernel, for some output blocks: a pixel (y, x) adds to the output
/// ((y + shift_y) / stride_y, (x + shift_x) / stride_x) where that is whole and exists.
struct ScatterArgs {
  const Lists* lists = nullptr;
  int shift_y = 0, shift_x = 0;  ///< pad - place of the tap * dilation
  int stride_y = 1, stride_x = 1;
  const float* weights = nullptr;  ///< [in channel][out channels padded] of the tap
  BlockRange blocks;               ///< of the output
  float* out[kMaxGroup] = {};      ///< from the origin
  Layout layout;                   ///< of the output
};

/// out = start + entries [begin, end) of the lists x weights, for one chunk of the outputs of a
/// fully connected layer.
struct FlatArgs {
  const Lists* lists = nullptr;
  std::int64_t begin = 0, end = 0;
  const float* weights = nullptr;  ///< [in element][as many floats a row as the offsets say]
  const float* start = nullptr;    ///< [outputs] or null: zeros
  bool continues = false;          ///< starts from what `out` holds instead
  int outputs = 0;                 ///< a multiple of kBlock
  float* out[kMaxGroup] = {};
};

/// A window over single channels: depthwise convolution, pooling.
struct WindowArgs {
  Region in_region;   ///< cells of `difference` that are valid (all others count as zero)
  Region out_region;  ///< cells to compute
  Layout in, out;
  int kernel_y = 1, kernel_x = 1, stride_y = 1, stride_x = 1, dilation_y = 1, dilation_x = 1;
  int pad_y = 0, pad_x = 0;
  const float* difference = nullptr;  ///< null: a full pass over `clean`
  const float* clean = nullptr;       ///< input activation; null where the operator is linear
  const float* clean_out = nullptr;
  const float* weights = nullptr;                         ///< depthwise: [blocks][tap][16]
  const float* bias = nullptr;                            ///< depthwise full pass: [padded]
  const float* divisor = nullptr;                         ///< average: [out height * out width]
  float floor = -std::numeric_limits<float>::infinity();  ///< max: smallest answer; 0 for a Relu
  float* result = nullptr;
};

/// Zeros into the cells of `wanted` that are not in `region`.
struct ClearArgs {
  Region region;
  Region wanted;
  Layout layout;
  float* data = nullptr;
};

struct PointwiseArgs {
  Region region;
  Layout in, out;                     ///< same extents; margins may differ
  const float* difference = nullptr;  ///< null: a full pass
  const float* clean = nullptr;       ///< argument of the activation, or the input of a full pass
  const float* scale = nullptr;       ///< [padded] or null
  const float* shift = nullptr;       ///< full pass: [padded] or null
  Activation activation;
  Layout clean_layout;
  float* result = nullptr;
};

enum class Arithmetic { kAdd, kSub, kMul, kDiv };

/// a op b of two activations; either may be one cell for the whole plane ([C, 1, 1]).
struct ArithmeticArgs {
  Region region;
  Arithmetic kind = Arithmetic::kAdd;
  Layout a_layout, b_layout, out;
  bool a_single = false, b_single = false;
  const float* a_difference = nullptr;  ///< both null: a full pass; one null: that one is constant
  const float* b_difference = nullptr;
  const float* a = nullptr;
  const float* b = nullptr;
  float* result = nullptr;
};

struct LrnArgs {
  Region region;
  Layout in, out;
  int size = 5;
  float alpha = 0, beta = 0, bias = 1;
  const float* difference = nullptr;
  const float* clean = nullptr;
  const float* clean_out = nullptr;
  float* scratch = nullptr;  ///< [3 * padded channels]
  float* result = nullptr;
};

/// Vectors that multiply_add_loop() works on.
inline constexpr int kLoopVectors = 10;

/// The functions of one instruction set.
struct KernelTable {
  const char* target = "";  ///< "AVX3", "AVX2", "SSE4", "SCALAR" or "EMU128"
  int lanes = 1;            ///< floats in a vector
  void (*prepare)(const PrepareArgs&, Lists&) = nullptr;
  void (*sliding)(const SlidingArgs&) = nullptr;
  void (*scatter)(const ScatterArgs&) = nullptr;
  void (*flat)(const FlatArgs&) = nullptr;
  void (*clear)(const ClearArgs&) = nullptr;
  void (*depthwise)(const WindowArgs&) = nullptr;
  void (*max_pool)(const WindowArgs&) = nullptr;
  void (*average_pool)(const WindowArgs&) = nullptr;
  /// Mean over `in_region`'s cells divided by all cells of the input.
  void (*global_average)(const WindowArgs&) = nullptr;
  void (*pointwise)(const PointwiseArgs&) = nullptr;
  void (*arithmetic)(const ArithmeticArgs&) = nullptr;
  void (*lrn)(const LrnArgs&) = nullptr;
  /// `rounds` multiply-adds on each of kLoopVectors registers: the rate that no kernel can pass.
  float (*multiply_add_loop)(std::int64_t rounds) = nullptr;
};

/// The tables that this CPU runs, best first.
std::vector<const KernelTable*> kernel_tables();

/// The kernels compiled for `target` (upper or lower case), or the best that this CPU runs where it
/// is empty. Errors: kBadArgument naming the targets that this CPU has.
const KernelTable& kernel_table(std::string_view target);

}  // namespace ripple::delta
