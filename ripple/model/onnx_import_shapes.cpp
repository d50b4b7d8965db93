#include <algorithm>
#include <cmath>
#include <span>

#include "ripple/model/onnx_import.h"
#include "ripple/model/onnx_operators.h"
#include "ripple/model/onnx_shapes.h"

namespace ripple {
namespace {

/// Emits a Reshape to `out`, an ONNX shape; its first axis must still be the batch.
void emit_reshape(NodeImport& node, ValueId in, const Shape& out) {
  if (out.empty() || out[0] != 1) {
    node.unsupported("{} becomes {}, which merges or drops the batch axis",
                     to_string(node.onnx_shape(in)), to_string(out));
  }
  node.emit(Reshape{Shape(out.begin() + 1, out.end())}, {in});
}

void check_keeps_batch(NodeImport& node, const std::vector<int>& axes, const char* what) {
  if (std::find(axes.begin(), axes.end(), 0) != axes.end()) {
    node.unsupported("{} the batch axis", what);
  }
}

std::vector<std::int64_t> required(NodeImport& node,
                                   std::optional<std::vector<std::int64_t>> values,
                                   const char* what) {
  if (!values) node.bad("has no {}", what);
  return std::move(*values);
}

}  // namespace

void import_flatten(NodeImport& node) {
  const ValueId in = node.value(0);
  const Shape shape = node.onnx_shape(in);
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::int64_t axis = node.attributes().integer("axis", 1, -rank, rank);
  if (axis < 0) axis += rank;
  if (axis == 0) node.unsupported("merges the batch axis into the features");
  const std::span<const std::int64_t> all = shape;
  emit_reshape(node, in,
               {element_count(all.first(static_cast<std::size_t>(axis))),
                element_count(all.subspan(static_cast<std::size_t>(axis)))});
}

void import_reshape(NodeImport& node) {
  const ValueId in = node.value(0);
  const bool allow_zero =
      node.opset() >= 14 && node.attributes().integer("allowzero", 0, 0, 1) == 1;
  emit_reshape(node, in, reshaped(node.onnx_shape(in), node.ints(1), allow_zero, node.where()));
}

void import_squeeze(NodeImport& node) {
  const ValueId in = node.value(0);
  const Shape shape = node.onnx_shape(in);
  const auto axes = node.ints_of("axes", 1, 13);
  if (!axes) node.unsupported("without axes also drops the batch axis; name the axes");
  check_keeps_batch(node, normalised_axes(*axes, shape.size(), node.where()), "drops");
  emit_reshape(node, in, squeezed(shape, axes, node.where()));
}

void import_unsqueeze(NodeImport& node) {
  const ValueId in = node.value(0);
  const Shape shape = node.onnx_shape(in);
  const auto axes = required(node, node.ints_of("axes", 1, 13), "axes");
  check_keeps_batch(node, normalised_axes(axes, shape.size() + axes.size(), node.where()),
                    "puts an axis before");
  emit_reshape(node, in, unsqueezed(shape, axes, node.where()));
}

void import_transpose(NodeImport& node) {
  const ValueId in = node.value(0);
  const std::size_t rank = node.shape(in).size() + 1;
  std::vector<int> axes = permutation_of(node.attributes().integers("perm"), rank, node.where());
  if (axes[0] != 0) node.unsupported("moves the batch axis");
  axes.erase(axes.begin());
  for (int& axis : axes) --axis;
  // Two that undo each other are none: networks written for [N, H, W, C] are full of them.
  if (const auto* behind = node.transpose_behind(in)) {
    bool cancels = true;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      cancels &= behind->first[static_cast<std::size_t>(axes[i])] == static_cast<int>(i);
    }
    if (cancels) {
      node.set_output(behind->second);
      return;
    }
  }
  node.emit(Transpose{std::move(axes)}, {in});
}

void import_concat(NodeImport& node) {
  if (!node.attributes().has("axis")) node.bad("has no axis");
  std::vector<ValueId> inputs;
  for (int i = 0; i < node.input_count(); ++i) inputs.push_back(node.value(i));
  const std::int64_t given = node.attributes().integer("axis", 0, INT32_MIN, INT32_MAX);
  const int axis = normalised_axis(given, node.shape(inputs[0]).size() + 1, node.where());
  if (axis == 0) node.unsupported("joins along the batch axis");
  node.emit(Concat{axis - 1}, std::move(inputs));
}

void import_slice(NodeImport& node) {
  const ValueId in = node.value(0);
  const Shape shape = node.onnx_shape(in);
  const auto starts = required(node, node.ints_of("starts", 1, 10), "starts");
  const auto ends = required(node, node.ints_of("ends", 2, 10), "ends");
  const auto axes = node.ints_of("axes", 3, 10);
  const auto steps =
      node.opset() >= 10 && node.has_input(4) ? std::optional(node.ints(4)) : std::nullopt;
  const auto ranges = sliced(shape, starts, ends, axes, steps, node.where());
  if (ranges[0].count != 1) node.unsupported("takes nothing of the batch axis");
  const auto is_one = [](std::int64_t step) { return step == 1; };
  Slice slice;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].count < 1) node.bad("takes nothing along axis {} of {}", i, to_string(shape));
    slice.start.push_back(ranges[i].start);
    slice.step.push_back(ranges[i].step);
    slice.shape.push_back(ranges[i].count);
  }
  if (slice.shape == node.shape(in) && std::all_of(slice.step.begin(), slice.step.end(), is_one)) {
    node.set_output(in);  // takes everything
    return;
  }
  node.emit(std::move(slice), {in});
}

void import_pad(NodeImport& node) {
  const ValueId in = node.value(0);
  const std::size_t rank = node.shape(in).size() + 1;
  const auto pads = required(node, node.ints_of("pads", 1, 11), "pads");
  std::vector<int> axes(rank);
  for (std::size_t i = 0; i < rank; ++i) axes[i] = static_cast<int>(i);
  if (node.opset() >= 18 && node.has_input(3)) {
    axes = normalised_axes(node.ints(3), rank, node.where());
  }
  if (pads.size() != 2 * axes.size()) {
    node.bad("has {} pads for {} axes", pads.size(), axes.size());
  }
  Pad pad;
  const std::string mode = node.attributes().text("mode", "constant");
  if (mode == "reflect") {
    pad.mode = PadMode::kReflect;
  } else if (mode == "edge") {
    pad.mode = PadMode::kEdge;
  } else if (mode != "constant") {
    node.unsupported("mode '{}' is not supported; only constant, reflect and edge",
                     display_name(mode));
  }
  if (node.opset() < 11) {
    pad.value = node.attributes().real("value", 0.0f);
  } else if (node.has_input(2)) {
    pad.value = node.scalar(2);
  }
  if (!std::isfinite(pad.value)) node.unsupported("pads with a value that is not finite");
  pad.begin.assign(rank - 1, 0);
  pad.end.assign(rank - 1, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t begin = pads[i];
    const std::int64_t end = pads[i + axes.size()];
    if (axes[i] == 0) {
      if (begin != 0 || end != 0) node.unsupported("pads the batch axis");
      continue;
    }
    pad.begin[static_cast<std::size_t>(axes[i]) - 1] = begin;
    pad.end[static_cast<std::size_t>(axes[i]) - 1] = end;
  }
  if (std::all_of(pads.begin(), pads.end(), [](std::int64_t amount) { return amount == 0; })) {
    node.set_output(in);  // PyTorch writes one before every average pooling
    return;
  }
  node.emit(std::move(pad), {in});
}

void import_shape(NodeImport& node) {
  const Shape shape = node.onnx_shape(node.value(0));
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::int64_t start = 0;
  std::int64_t end = rank;
  if (node.opset() >= 15) {
    start = node.attributes().integer("start", 0, INT32_MIN, INT32_MAX);
    end = node.attributes().integer("end", rank, INT32_MIN, INT32_MAX);
    start = std::clamp<std::int64_t>(start < 0 ? start + rank : start, 0, rank);
    end = std::clamp<std::int64_t>(end < 0 ? end + rank : end, start, rank);
  }
  const std::vector<std::int64_t> extents(shape.begin() + start, shape.begin() + end);
  node.charge_folding(end - start, 8);
  node.set_output(Constant{{end - start}, extents});
}

}  // namespace ripple
