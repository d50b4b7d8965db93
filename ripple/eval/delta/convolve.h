#pragma once

#include "ripple/eval/delta/plan.h"

namespace ripple::delta {

/// Outputs that a part of a kScatter convolution does at most, and in vectors what the registers of
/// one candidate hold. With more a part's weights are cut into more slices of the input channels:
/// an output then goes to memory more often, and the lists between are shorter.
inline constexpr int kScatterOutputs = 96;
inline constexpr int kScatterVectors = 12;

/// Chunks of whole output blocks, of nearly equal size, within both limits where that is a block or
/// more.
int output_chunks(const KernelTable& kernels, const Layout& out);

/// Parts of a convolution, each with weights of its own: vectors of outputs (kSliding), or the taps
/// of each chunk of outputs (kScatter).
int part_count(const KernelTable& kernels, const ConvStep& conv, const Layout& out);

/// Adds lists x weights to results[k] [of lists.group candidates, from the origins], for one part
/// of a convolution.
void convolve(const KernelTable& kernels, const ConvStep& conv, const Lists& lists,
              const Layout& out, float* const* results, int part);

/// Entries [begin, end) of lists.
struct EntryRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The same for a chunk of a fully connected layer's outputs. It overwrites, beginning at `bias`
/// (null: zeros), where the entries are the first ones, and goes on from the results behind them:
/// the sums are the same bits however the entries are cut.
void multiply(const KernelTable& kernels, const ConvStep& conv, const Lists& lists,
              const Layout& out, float* const* results, int chunk, const EntryRange& entries,
              const float* bias);

/// Chunks of a fully connected layer of that output.
int chunk_count(const ConvStep& conv, const Layout& out);

}  // namespace ripple::delta
