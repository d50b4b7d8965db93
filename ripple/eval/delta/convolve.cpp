#include "ripple/eval/delta/convolve.h"

#include <algorithm>

namespace ripple::delta {

int output_chunks(const KernelTable& kernels, const Layout& out) {
  const int outputs = std::min(kScatterOutputs, kScatterVectors * kernels.lanes);
  const int most = std::max(1, outputs / kBlock);  // blocks
  return (out.blocks() + most - 1) / most;
}

int part_count(const KernelTable& kernels, const ConvStep& conv, const Layout& out) {
  if (conv.path == ConvPath::kSliding) return out.padded() / kernels.lanes;
  return output_chunks(kernels, out) * conv.window.kernel[0] * conv.window.kernel[1];
}

void convolve(const KernelTable& kernels, const ConvStep& conv, const Lists& lists,
              const Layout& out, float* const* results, int part) {
  const Window& w = conv.window;
  if (conv.path == ConvPath::kSliding) {
    SlidingArgs a;
    a.lists = &lists;
    a.kernel = w.kernel[0];
    a.weights = conv.weights.data() + part * conv.vector_weights;
    const std::ptrdiff_t channels = out.at(part * kernels.lanes, 0, 0);
    for (int k = 0; k < lists.group; ++k) a.out[k] = results[k] + channels;
    a.row = out.row();
    a.height = out.height;
    a.pad_y = w.pad_begin[0];
    a.pad_x = w.pad_begin[1];
    return kernels.sliding(a);
  }
  const int chunks = output_chunks(kernels, out);
  const int taps = w.kernel[0] * w.kernel[1];
  const int chunk = part / taps, tap = part % taps;
  ScatterArgs a;
  a.lists = &lists;
  a.shift_y = w.pad_begin[0] - tap / w.kernel[1] * w.dilation[0];
  a.shift_x = w.pad_begin[1] - tap % w.kernel[1] * w.dilation[1];
  a.stride_y = w.stride[0], a.stride_x = w.stride[1];
  a.weights = conv.weights.data() + tap * conv.tap_weights;
  a.blocks = {out.blocks() * chunk / chunks, out.blocks() * (chunk + 1) / chunks};
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
