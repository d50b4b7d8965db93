#include <algorithm>
#include <array>

#include "ripple/model/infer_shape.h"
#include "ripple/model/onnx_import.h"
#include "ripple/model/onnx_operators.h"
#include "ripple/model/onnx_shapes.h"

namespace ripple {
namespace {

/// Two numbers of an attribute, for rows and columns.
std::array<int, 2> pair_of(NodeImport& node, const char* name, int fallback, int low) {
  const auto values = node.attributes().integers(name);
  if (!values) return {fallback, fallback};
  if (values->size() != 2) node.bad("{} has {} numbers instead of 2", name, values->size());
  for (const std::int64_t value : *values) {
    if (value < low || value > kMaxGeometry) node.bad("{} {} is out of range", name, value);
  }
  return {static_cast<int>((*values)[0]), static_cast<int>((*values)[1])};
}

/// pads, or what auto_pad makes of an input of `in`.
void read_pads(NodeImport& node, const Shape& in, Window& window) {
  const std::string mode = node.attributes().text("auto_pad", "NOTSET");
  const auto pads = node.attributes().integers("pads");
  if (mode == "NOTSET") {
    if (!pads) return;
    if (pads->size() != 4) node.bad("pads has {} numbers instead of 4", pads->size());
    for (const std::int64_t pad : *pads) {
      if (pad < 0 || pad > kMaxGeometry) node.bad("pads {} is out of range", pad);
    }
    for (std::size_t i = 0; i < 2; ++i) {
      window.pad_begin[i] = static_cast<int>((*pads)[i]);
      window.pad_end[i] = static_cast<int>((*pads)[i + 2]);
    }
    return;
  }
  const bool zero_pads =
      !pads || std::all_of(pads->begin(), pads->end(), [](std::int64_t pad) { return pad == 0; });
  if (!zero_pads) node.bad("has both pads and auto_pad");
  if (mode == "VALID") return;
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER") node.bad("auto_pad is unknown");
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t extent = in[i + 1];
    const std::int64_t stride = window.stride[i];
    const std::int64_t reach = std::int64_t{window.kernel[i] - 1} * window.dilation[i] + 1;
    const std::int64_t cells = (extent - 1) / stride + 1;
    const std::int64_t total = std::max<std::int64_t>((cells - 1) * stride + reach - extent, 0);
    if (total > kMaxGeometry) node.bad("pads by {}", total);
    const auto small = static_cast<int>(total / 2);
    const int large = static_cast<int>(total) - small;
    window.pad_begin[i] = mode == "SAME_UPPER" ? small : large;
    window.pad_end[i] = mode == "SAME_UPPER" ? large : small;
  }
}

/// The input of an operator on images.
ValueId image(NodeImport& node) {
  const ValueId in = node.value(0);
  if (node.shape(in).size() != 3) {
    node.unsupported("works on an input of {} axes; only images [N, C, H, W] are supported",
                     node.shape(in).size() + 1);
  }
  return in;
}

Window pool_window(NodeImport& node, const Shape& in, bool dilations) {
  if (!node.attributes().has("kernel_shape")) node.bad("has no kernel_shape");
  Window window;
  window.kernel = pair_of(node, "kernel_shape", 1, 1);
  window.stride = pair_of(node, "strides", 1, 1);
  if (dilations) window.dilation = pair_of(node, "dilations", 1, 1);
  read_pads(node, in, window);
  return window;
}

bool flag(NodeImport& node, const char* name) {
  return node.attributes().integer(name, 0, 0, 1) == 1;
}

}  // namespace

void import_conv(NodeImport& node) {
  const Shape weights = node.constant(1).shape;
  if (weights.size() != 4) {
    node.unsupported("weights are {}; only convolutions over images (2-D) are supported",
                     to_string(weights));
  }
  const ValueId in = image(node);
  for (const std::int64_t extent : weights) {
    if (extent < 1 || extent > INT32_MAX) node.bad("weights are {}", to_string(weights));
  }
  if (weights[2] > kMaxGeometry || weights[3] > kMaxGeometry) {
    node.bad("kernel {}x{} is out of range", weights[2], weights[3]);
  }
  Conv conv;
  conv.window.kernel = {static_cast<int>(weights[2]), static_cast<int>(weights[3])};
  const std::array<int, 2> kernel = conv.window.kernel;
  if (node.attributes().has("kernel_shape") && pair_of(node, "kernel_shape", 1, 1) != kernel) {
    node.bad("kernel_shape differs from the weights {}", to_string(weights));
  }
  conv.window.stride = pair_of(node, "strides", 1, 1);
  conv.window.dilation = pair_of(node, "dilations", 1, 1);
  read_pads(node, node.shape(in), conv.window);
  conv.groups = static_cast<int>(node.attributes().integer("group", 1, 1, INT32_MAX));
  conv.weight = node.take_tensor(1);
  if (node.has_input(2)) {
    conv.bias = node.take_tensor(2);
  } else {
    node.charge_weights(weights[0]);
    conv.bias = filled(Shape{weights[0]}, 0.0f);
  }
  node.emit(std::move(conv), {in});
}

void import_max_pool(NodeImport& node) {
  const ValueId in = image(node);
  MaxPool pool;
  pool.window = pool_window(node, node.shape(in), node.opset() >= 10);
  pool.ceil_mode = node.opset() >= 10 && flag(node, "ceil_mode");
  node.attributes().ignore("storage_order");  // of the indices, which nobody may read
  node.emit(pool, {in});
}

void import_average_pool(NodeImport& node) {
  const ValueId in = image(node);
  AveragePool pool;
  pool.window = pool_window(node, node.shape(in), false);
  pool.ceil_mode = node.opset() >= 10 && flag(node, "ceil_mode");
  pool.count_include_pad = flag(node, "count_include_pad");
  node.emit(pool, {in});
}

void import_global_average_pool(NodeImport& node) {
  node.emit(GlobalAveragePool{}, {image(node)});
}

void import_reduce_mean(NodeImport& node) {
  const ValueId in = image(node);
  const auto axes = node.ints_of("axes", 1, 18);
  const bool keep = node.attributes().integer("keepdims", 1, 0, 1) == 1;
  if (node.opset() >= 18 && flag(node, "noop_with_empty_axes") && (!axes || axes->empty())) {
    node.set_output(in);
    return;
  }
  std::vector<int> over =
      normalised_axes(axes.value_or(std::vector<std::int64_t>{}), 4, node.where());
  std::sort(over.begin(), over.end());
  const bool nchw = over == std::vector<int>{2, 3};
  if (!nchw && over != std::vector<int>{1, 2}) {
    node.unsupported("only the mean over rows and columns is supported");
  }
  // The mean over axes 1 and 2 is that of an image [H, W, C]: turn it to [C, H, W] first.
  ValueId planes = in;
  if (!nchw) {
    const auto* behind = node.transpose_behind(in);
    const bool turned = behind != nullptr && behind->first == std::vector<int>{1, 2, 0};
    planes = turned ? behind->second : node.emit_part("nchw", Transpose{{2, 0, 1}}, {in});
  }
  const std::int64_t channels = node.shape(planes)[0];
  if (nchw && keep) {
    node.emit(GlobalAveragePool{}, {planes});
    return;
  }
  const ValueId mean = node.emit_part("mean", GlobalAveragePool{}, {planes});
  node.emit(Reshape{keep ? Shape{1, 1, channels} : Shape{channels}}, {mean});
}

void import_lrn(NodeImport& node) {
  Lrn lrn;
  if (!node.attributes().has("size")) node.bad("has no size");
  lrn.size = static_cast<int>(node.attributes().integer("size", 1, 1, kMaxGeometry));
  lrn.alpha = node.attributes().real("alpha", 1e-4f);
  lrn.beta = node.attributes().real("beta", 0.75f);
  lrn.bias = node.attributes().real("bias", 1.0f);
  node.emit(lrn, {image(node)});
}

}  // namespace ripple
