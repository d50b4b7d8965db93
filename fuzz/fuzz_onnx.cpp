#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "ripple/base/error.h"
#include "ripple/model/model.h"

// Any bytes are an Error or a valid graph, and a graph that was read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr ripple::ModelLimits kLimits{.max_memory = 1 << 22};
  ripple::Model model;
  try {
    model = ripple::read_onnx({data, size}, "", "fuzz", kLimits);
  } catch (const ripple::Error&) {
    return 0;
  }
  ripple::receptive_fields(ripple::fold_batch_normalization(model.graph));
  const std::string bytes = ripple::to_onnx(model);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const ripple::Model again =
      ripple::read_onnx({begin, bytes.size()}, "", "again", {.max_memory = 1 << 24});
  const ripple::Graph& a = model.graph;
  const ripple::Graph& b = again.graph;
  require(a.shape(a.input) == b.shape(b.input), "the same input");
  require(a.classes() == b.classes() && a.ends_in_softmax == b.ends_in_softmax, "the same output");
  return 0;
}
