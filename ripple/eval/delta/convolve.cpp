#include "ripple/eval/delta/convolve.h"

#include <algorithm>

namespace ripple::delta {

void convolve(const KernelTable& kernels, const ConvStep& conv, const Lists& lists,
              const Layout& out, float* const* results, int block) {
  const Window& w = conv.window;
  if (conv.path == ConvPath::kSliding) {
    SlidingArgs a;
    a.lists = &lists;
    a.kernel = w.kernel[0];
    a.weights = conv.weights.data() + block * conv.block_weights;
    for (int k = 0; k < lists.group; ++k) a.out[k] = results[k] + block * out.plane();
    a.row = out.row();
    a.pad_y = w.pad_begin[0];
    a.pad_x = w.pad_begin[1];
    return kernels.sliding(a);
  }
  if (block != 0) return;
  ScatterArgs a;
  a.lists = &lists;
  a.kernel_y = w.kernel[0], a.kernel_x = w.kernel[1];
  a.stride_y = w.stride[0], a.stride_x = w.stride[1];
  a.dilation_y = w.dilation[0], a.dilation_x = w.dilation[1];
  a.pad_y = w.pad_begin[0], a.pad_x = w.pad_begin[1];
  a.weights = conv.weights.data();
  a.tap = conv.tap_weights;
  std::copy_n(results, lists.group, a.out);
  a.layout = out;
  kernels.scatter(a);
}

int chunk_count(const ConvStep& conv, const Layout& out) {
  return (out.padded() + conv.chunk_outputs - 1) / conv.chunk_outputs;
}

void multiply(const KernelTable& kernels, const ConvStep& conv, const Lists& lists,
              const Layout& out, float* const* results, int chunk, const EntryRange& entries,
              const float* bias) {
  FlatArgs a;
  a.lists = &lists;
  a.begin = entries.begin;
  a.end = entries.end;
  a.weights = conv.weights.data() + chunk * conv.chunk_weights;
  const int first = chunk * conv.chunk_outputs;
  a.start = bias != nullptr ? bias + first : nullptr;
  a.continues = entries.begin > 0;
  a.outputs = std::min(conv.chunk_outputs, out.padded() - first);
  for (int k = 0; k < lists.group; ++k) a.out[k] = results[k] + first;
  kernels.flat(a);
}

}  // namespace ripple::delta
