#include <algorithm>
#include <cmath>
#include <span>

#include <onnx/onnx_pb.h>

#include "ripple/model/infer_shape.h"
#include "ripple/model/onnx_import.h"
#include "ripple/model/onnx_operators.h"
#include "ripple/model/onnx_shapes.h"

// Constants made and moved: what exporters write around Reshape, Pad and Slice.

namespace ripple {
namespace {

/// Copies in[start + sum of index * stride] for every index of `out`.
Constant strided_copy(NodeImport& node, const Constant& in, const Shape& out, std::int64_t start,
                      const std::vector<std::int64_t>& strides) {
  node.charge_folding(out, in.width());
  const std::int64_t count = element_count(out);
  const auto copy = [&](const auto& source) {
    std::decay_t<decltype(source)> data;
    data.reserve(static_cast<std::size_t>(count));
    std::vector<std::int64_t> at(out.size(), 0);
    std::int64_t from = start;
    for (std::int64_t i = 0; i < count; ++i) {
      data.push_back(source[static_cast<std::size_t>(from)]);
      for (std::size_t axis = out.size(); axis-- > 0;) {
        from += strides[axis];
        if (++at[axis] < out[axis]) break;
        from -= strides[axis] * out[axis];
        at[axis] = 0;
      }
    }
    return data;
  };
  Constant result{out, {}};
  if (in.is_float()) {
    result.data = copy(in.floats());
  } else {
    result.data = copy(in.ints());
  }
  return result;
}

/// Row-major strides; of an empty tensor, whose extents may multiply to anything, all 1.
std::vector<std::int64_t> strides_of(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  if (element_count(shape) == 0) return strides;
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

/// The same numbers under another shape.
void set_reshaped(NodeImport& node, Shape shape) {
  Constant out = node.constant(0);
  node.charge_folding(out.count(), out.width());
  out.shape = std::move(shape);
  node.set_output(std::move(out));
}

std::int64_t to_integer(NodeImport& node, float value) {
  // 2^63 is a float; everything below it in magnitude fits.
  if (!(std::fabs(value) < 9223372036854775808.0f)) node.bad("{} does not fit 64 bits", value);
  return static_cast<std::int64_t>(value);
}

}  // namespace

void fold_constant(NodeImport& node) {
  AttributeReader& attributes = node.attributes();
  if (const auto* tensor = attributes.tensor("value")) {
    node.set_output(node.decode(*tensor));
  } else if (attributes.has("value_float")) {
    node.set_output(Constant{{}, std::vector<float>{attributes.real("value_float", 0.0f)}});
  } else if (attributes.has("value_int")) {
    node.set_output(Constant{
        {}, std::vector<std::int64_t>{attributes.integer("value_int", 0, INT64_MIN, INT64_MAX)}});
  } else if (auto reals = attributes.reals("value_floats")) {
    const auto count = static_cast<std::int64_t>(reals->size());
    node.charge_folding(count, 4);
    node.set_output(Constant{{count}, std::move(*reals)});
  } else if (auto integers = attributes.integers("value_ints")) {
    const auto count = static_cast<std::int64_t>(integers->size());
    node.charge_folding(count, 8);
    node.set_output(Constant{{count}, std::move(*integers)});
  } else {
    node.bad("has no numeric value");
  }
}

void fold_constant_of_shape(NodeImport& node) {
  const Shape shape = node.ints(0);
  if (shape.size() > kMaxRank) node.bad("asks for {} axes", shape.size());
  Constant value{{1}, std::vector<float>{0.0f}};
  if (const auto* tensor = node.attributes().tensor("value")) value = node.decode(*tensor);
  if (value.count() != 1) node.bad("its value is not one number");
  node.set_output(strided_copy(node, value, shape, 0, std::vector<std::int64_t>(shape.size(), 0)));
}

void fold_identity(NodeImport& node) {
  set_reshaped(node, node.constant(0).shape);
}

/// Integers are kept in 64 bits; what a smaller type would cut off is refused.
void check_fits(const NodeImport& node, const std::vector<std::int64_t>& values,
                std::int64_t type) {
  std::int64_t low = INT64_MIN;
  std::int64_t high = INT64_MAX;
  const auto bits = [&](int count, bool has_sign) {
    low = has_sign ? -(std::int64_t{1} << (count - 1)) : 0;
    high = (std::int64_t{1} << (has_sign ? count - 1 : count)) - 1;
  };
  if (type == onnx::TensorProto::INT8) bits(8, true);
  if (type == onnx::TensorProto::UINT8) bits(8, false);
  if (type == onnx::TensorProto::INT16) bits(16, true);
  if (type == onnx::TensorProto::UINT16) bits(16, false);
  if (type == onnx::TensorProto::INT32) bits(32, true);
  if (type == onnx::TensorProto::UINT32) bits(32, false);
  for (const std::int64_t value : values) {
    if (value < low || value > high) node.bad("{} does not fit element type {}", value, type);
  }
}

void fold_cast(NodeImport& node) {
  const std::int64_t to = node.attributes().integer("to", 0, 1, INT32_MAX);
  const Constant& in = node.constant(0);
  if (!is_float_type(to) && !is_int_type(to)) {
    node.unsupported("to element type {} is not supported", to);
  }
  node.charge_folding(in.count(), 8);
  if (in.is_float() == is_float_type(to) && to != onnx::TensorProto::BOOL) {
    if (!in.is_float()) check_fits(node, in.ints(), to);
    node.set_output(in);
  } else if (is_float_type(to)) {
    std::vector<float> data(in.ints().begin(), in.ints().end());
    node.set_output(Constant{in.shape, std::move(data)});
  } else {
    std::vector<std::int64_t> data;
    data.reserve(static_cast<std::size_t>(in.count()));
    const bool boolean = to == onnx::TensorProto::BOOL;
    if (in.is_float()) {
      for (const float value : in.floats()) {
        data.push_back(boolean ? std::int64_t{value != 0.0f} : to_integer(node, value));
      }
    } else {
      for (const std::int64_t value : in.ints()) data.push_back(value != 0);
    }
    check_fits(node, data, to);
    node.set_output(Constant{in.shape, std::move(data)});
  }
}

void fold_shape(NodeImport& node) {
  const Shape& shape = node.constant(0).shape;
  if (node.attributes().has("start") || node.attributes().has("end")) {
    node.unsupported("start and end are not supported on constants");
  }
  const auto rank = static_cast<std::int64_t>(shape.size());
  node.charge_folding(rank, 8);
  node.set_output(Constant{{rank}, std::vector<std::int64_t>(shape.begin(), shape.end())});
}

void fold_reshape(NodeImport& node) {
  const bool allow_zero =
      node.opset() >= 14 && node.attributes().integer("allowzero", 0, 0, 1) == 1;
  set_reshaped(node, reshaped(node.constant(0).shape, node.ints(1), allow_zero, node.where()));
}

void fold_flatten(NodeImport& node) {
  const Shape& shape = node.constant(0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::int64_t axis =
      node.attributes().integer("axis", std::min<std::int64_t>(1, rank), -rank, rank);
  if (axis < 0) axis += rank;
  const std::span<const std::int64_t> all = shape;
  set_reshaped(node, {element_count(all.first(static_cast<std::size_t>(axis))),
                      element_count(all.subspan(static_cast<std::size_t>(axis)))});
}

void fold_squeeze(NodeImport& node) {
  set_reshaped(node, squeezed(node.constant(0).shape, node.ints_of("axes", 1, 13), node.where()));
}

void fold_unsqueeze(NodeImport& node) {
  const auto axes = node.ints_of("axes", 1, 13);
  if (!axes) node.bad("has no axes");
  set_reshaped(node, unsqueezed(node.constant(0).shape, *axes, node.where()));
}

void fold_transpose(NodeImport& node) {
  const Constant& in = node.constant(0);
  const auto axes =
      permutation_of(node.attributes().integers("perm"), in.shape.size(), node.where());
  const auto in_strides = strides_of(in.shape);
  Shape out;
  std::vector<std::int64_t> strides;
  for (const int axis : axes) {
    out.push_back(in.shape[static_cast<std::size_t>(axis)]);
    strides.push_back(in_strides[static_cast<std::size_t>(axis)]);
  }
  node.set_output(strided_copy(node, in, out, 0, strides));
}

void fold_concat(NodeImport& node) {
  if (node.input_count() < 1) node.bad("has no inputs");
  if (!node.attributes().has("axis")) node.bad("has no axis");
  const Constant& first = node.constant(0);
  const auto axis = static_cast<std::size_t>(
      normalised_axis(node.attributes().integer("axis", 0, INT32_MIN, INT32_MAX),
                      first.shape.size(), node.where()));
  Constant out{first.shape, {}};
  out.shape[axis] = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const Constant& part = node.constant(i);
    Shape rest = part.shape;
    if (part.is_float() != first.is_float() || rest.size() != out.shape.size()) {
      node.bad("joins tensors that differ in type or axes");
    }
    const std::int64_t extent = rest[axis];
    rest[axis] = out.shape[axis];
    if (rest != out.shape) node.bad("joins {} along axis {}", to_string(part.shape), axis);
    out.shape[axis] = checked_add(out.shape[axis], extent, node.where().c_str());
  }
  node.charge_folding(out.shape, first.width());
  const std::span<const std::int64_t> all = out.shape;
  // An empty tensor may have any number of empty rows.
  const std::int64_t outer = element_count(all) == 0 ? 0 : element_count(all.first(axis));
  const auto join = [&](auto data, const auto& data_of) {
    // Only what adds to each row is visited there: the output is charged for, empty parts are not.
    std::vector<const decltype(data)*> parts;
    for (int i = 0; i < node.input_count(); ++i) {
      const auto& part = data_of(node.constant(i));
      if (!part.empty()) parts.push_back(&part);
    }
    data.reserve(static_cast<std::size_t>(element_count(out.shape)));
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const auto* part : parts) {
        const auto chunk = static_cast<std::ptrdiff_t>(part->size()) / outer;
        data.insert(data.end(), part->begin() + o * chunk, part->begin() + (o + 1) * chunk);
      }
    }
    return data;
  };
  if (first.is_float()) {
    out.data = join(
        std::vector<float>{}, [](const Constant& c) -> const auto& { return c.floats(); });
  } else {
    out.data = join(
        std::vector<std::int64_t>{}, [](const Constant& c) -> const auto& { return c.ints(); });
  }
  node.set_output(std::move(out));
}

void fold_slice(NodeImport& node) {
  const Constant& in = node.constant(0);
  const auto starts = node.ints_of("starts", 1, 10);
  const auto ends = node.ints_of("ends", 2, 10);
  if (!starts || !ends) node.bad("has no starts or ends");
  const auto axes = node.ints_of("axes", 3, 10);
  const auto steps =
      node.opset() >= 10 && node.has_input(4) ? std::optional(node.ints(4)) : std::nullopt;
  const auto ranges = sliced(in.shape, *starts, *ends, axes, steps, node.where());
  std::vector<std::int64_t> strides = strides_of(in.shape);
  Shape out;
  for (const SliceRange& range : ranges) out.push_back(range.count);
  // Where nothing is read, the starts may add up to anything: an empty tensor's axes have no limit.
  const bool reads = element_count(out) > 0;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (reads) start += ranges[i].start * strides[i];
    strides[i] *= ranges[i].step;
  }
  node.set_output(strided_copy(node, in, out, start, strides));
}

void fold_gather(NodeImport& node) {
  const Constant& in = node.constant(0);
  const Constant& indices = node.constant(1);
  if (indices.is_float()) node.bad("its indices are not integers");
  const auto axis = static_cast<std::size_t>(normalised_axis(
      node.attributes().integer("axis", 0, INT32_MIN, INT32_MAX), in.shape.size(), node.where()));
  const std::span<const std::int64_t> all = in.shape;
  const std::int64_t rows = element_count(all.first(axis));
  const std::int64_t inner = element_count(all.subspan(axis + 1));
  const std::int64_t extent = in.shape[axis];
  Shape out(in.shape.begin(), in.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  out.insert(out.end(), indices.shape.begin(), indices.shape.end());
  out.insert(out.end(), in.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, in.shape.end());
  if (out.size() > kMaxRank) node.bad("asks for {} axes", out.size());
  node.charge_folding(out, in.width());
  // An empty tensor may have any number of empty rows.
  const std::int64_t outer = element_count(out) == 0 ? 0 : rows;
  const auto gather = [&](const auto& source) {
    std::decay_t<decltype(source)> data;
    data.reserve(static_cast<std::size_t>(element_count(out)));
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t index : indices.ints()) {
        if (index < -extent || index >= extent) node.bad("index {} of {}", index, extent);
        const auto from =
            source.begin() + (o * extent + (index < 0 ? index + extent : index)) * inner;
        data.insert(data.end(), from, from + inner);
      }
    }
    return data;
  };
  Constant result{out, {}};
  if (in.is_float()) {
    result.data = gather(in.floats());
  } else {
    result.data = gather(in.ints());
  }
  node.set_output(std::move(result));
}

void fold_expand(NodeImport& node) {
  const Constant& in = node.constant(0);
  const Shape target = node.ints(1);
  if (target.size() > kMaxRank) node.bad("asks for {} axes", target.size());
  if (std::any_of(target.begin(), target.end(), [](std::int64_t extent) { return extent < 0; })) {
    node.bad("asks for a negative extent");
  }
  const Shape out = broadcast_shape(in.shape, target, node.where());
  const auto in_strides = strides_of(in.shape);
  std::vector<std::int64_t> strides(out.size(), 0);
  for (std::size_t i = 0; i < in.shape.size(); ++i) {
    if (in.shape[i] != 1) strides[out.size() - in.shape.size() + i] = in_strides[i];
  }
  node.set_output(strided_copy(node, in, out, 0, strides));
}

void fold_range(NodeImport& node) {
  std::vector<std::int64_t> given;
  for (int i = 0; i < 3; ++i) {
    const Constant& in = node.constant(i);
    if (in.is_float() || in.count() != 1) node.unsupported("only ranges of integers are supported");
    given.push_back(in.ints()[0]);
  }
  constexpr std::int64_t kLimit = std::int64_t{1} << 31;
  for (const std::int64_t value : given) {
    if (value < -kLimit || value > kLimit) node.bad("{} is out of range", value);
  }
  const std::int64_t step = given[2];
  if (step == 0) node.bad("steps by 0");
  const std::int64_t distance = step > 0 ? given[1] - given[0] : given[0] - given[1];
  const std::int64_t width = step > 0 ? step : -step;
  const std::int64_t count = distance <= 0 ? 0 : (distance - 1) / width + 1;
  node.charge_folding(count, 8);
  std::vector<std::int64_t> data(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) data[static_cast<std::size_t>(i)] = given[0] + i * step;
  node.set_output(Constant{{count}, std::move(data)});
}

}  // namespace ripple
