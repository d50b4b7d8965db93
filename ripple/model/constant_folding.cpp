#include <algorithm>
#include <cmath>
#include <functional>

#include "ripple/model/infer_shape.h"
#include "ripple/model/onnx_import.h"
#include "ripple/model/onnx_operators.h"

// Arithmetic on constants: shapes being computed, scales being prepared. Integers are checked for
// overflow; every result is charged before it is allocated.

namespace ripple {
namespace {

/// Calls body(flat index, offset into a, offset into b) for every element of a and b broadcast to
/// `out`.
template <typename Body>
void for_broadcast(const Shape& out, const Shape& a, const Shape& b, Body body) {
  const std::int64_t count = element_count(out);
  if (count == 0) return;
  const auto strides = [&](const Shape& in) {
    std::vector<std::int64_t> result(out.size(), 0);
    std::int64_t stride = 1;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::int64_t extent = in[in.size() - 1 - i];
      if (extent != 1) result[out.size() - 1 - i] = stride;
      stride *= extent;
    }
    return result;
  };
  const auto stride_a = strides(a);
  const auto stride_b = strides(b);
  std::vector<std::int64_t> at(out.size(), 0);
  std::int64_t in_a = 0;
  std::int64_t in_b = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    body(static_cast<std::size_t>(i), static_cast<std::size_t>(in_a),
         static_cast<std::size_t>(in_b));
    for (std::size_t axis = out.size(); axis-- > 0;) {
      in_a += stride_a[axis];
      in_b += stride_b[axis];
      if (++at[axis] < out[axis]) break;
      in_a -= stride_a[axis] * out[axis];
      in_b -= stride_b[axis] * out[axis];
      at[axis] = 0;
    }
  }
}

/// The broadcast shape, charged at the width of `kind`.
Shape charged_broadcast(NodeImport& node, const Shape& a, const Shape& b, const Constant& kind) {
  Shape out = broadcast_shape(a, b, node.where());
  node.charge_folding(out, kind.width());
  return out;
}

template <typename OnFloat, typename OnInt>
Constant combined(NodeImport& node, const Constant& a, const Constant& b, OnFloat on_float,
                  OnInt on_int) {
  if (a.is_float() != b.is_float()) node.bad("mixes floating-point numbers and integers");
  Constant out;
  out.shape = charged_broadcast(node, a.shape, b.shape, a);
  const auto count = static_cast<std::size_t>(element_count(out.shape));
  if (a.is_float()) {
    std::vector<float> data(count);
    for_broadcast(out.shape, a.shape, b.shape, [&](std::size_t i, std::size_t x, std::size_t y) {
      data[i] = on_float(a.floats()[x], b.floats()[y]);
    });
    out.data = std::move(data);
  } else {
    std::vector<std::int64_t> data(count);
    for_broadcast(out.shape, a.shape, b.shape, [&](std::size_t i, std::size_t x, std::size_t y) {
      data[i] = on_int(a.ints()[x], b.ints()[y]);
    });
    out.data = std::move(data);
  }
  return out;
}

template <typename OnFloat, typename OnInt>
void fold_binary(NodeImport& node, OnFloat on_float, OnInt on_int) {
  if (node.input_count() != 2) node.bad("needs two inputs, has {}", node.input_count());
  node.set_output(combined(node, node.constant(0), node.constant(1), on_float, on_int));
}

/// Min and Max: any number of inputs.
template <typename OnFloat, typename OnInt>
void fold_all(NodeImport& node, OnFloat on_float, OnInt on_int) {
  if (node.input_count() < 1) node.bad("has no inputs");
  Constant out = node.constant(0);
  node.charge_folding(out.count(), out.width());
  for (int i = 1; i < node.input_count(); ++i) {
    out = combined(node, out, node.constant(i), on_float, on_int);
  }
  node.set_output(std::move(out));
}

template <typename OnFloat, typename OnInt>
void fold_unary(NodeImport& node, OnFloat on_float, OnInt on_int) {
  Constant out = node.constant(0);
  node.charge_folding(out.count(), out.width());
  if (out.is_float()) {
    for (float& value : std::get<0>(out.data)) value = on_float(value);
  } else {
    for (std::int64_t& value : std::get<1>(out.data)) value = on_int(value);
  }
  node.set_output(std::move(out));
}

}  // namespace

void fold_add(NodeImport& node) {
  fold_binary(node, std::plus<float>{}, [&](std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    if (__builtin_add_overflow(a, b, &out)) node.bad("{} + {} does not fit 64 bits", a, b);
    return out;
  });
}

void fold_sub(NodeImport& node) {
  fold_binary(node, std::minus<float>{}, [&](std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    if (__builtin_sub_overflow(a, b, &out)) node.bad("{} - {} does not fit 64 bits", a, b);
    return out;
  });
}

void fold_mul(NodeImport& node) {
  fold_binary(node, std::multiplies<float>{}, [&](std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    if (__builtin_mul_overflow(a, b, &out)) node.bad("{} x {} does not fit 64 bits", a, b);
    return out;
  });
}

void fold_div(NodeImport& node) {
  fold_binary(node, std::divides<float>{}, [&](std::int64_t a, std::int64_t b) {
    if (b == 0 || (b == -1 && a == INT64_MIN)) node.bad("divides {} by {}", a, b);
    return a / b;
  });
}

void fold_min(NodeImport& node) {
  fold_all(
      node, [](float a, float b) { return std::min(a, b); },
      [](std::int64_t a, std::int64_t b) { return std::min(a, b); });
}

void fold_max(NodeImport& node) {
  fold_all(
      node, [](float a, float b) { return std::max(a, b); },
      [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
}

void fold_equal(NodeImport& node) {
  const Constant& a = node.constant(0);
  const Constant& b = node.constant(1);
  if (a.is_float() != b.is_float()) node.bad("compares floating-point numbers and integers");
  Constant out;
  out.shape = broadcast_shape(a.shape, b.shape, node.where());
  node.charge_folding(out.shape, 8);
  std::vector<std::int64_t> data(static_cast<std::size_t>(element_count(out.shape)));
  for_broadcast(out.shape, a.shape, b.shape, [&](std::size_t i, std::size_t x, std::size_t y) {
    data[i] = a.is_float() ? a.floats()[x] == b.floats()[y] : a.ints()[x] == b.ints()[y];
  });
  out.data = std::move(data);
  node.set_output(std::move(out));
}

void fold_where(NodeImport& node) {
  const Constant& condition = node.constant(0);
  const Constant& a = node.constant(1);
  const Constant& b = node.constant(2);
  if (condition.is_float()) node.bad("its condition is not boolean");
  // Twice a broadcast of two: first the choice against the condition, then against the other.
  const auto pick = [](auto wanted) {
    return [wanted](auto chosen, auto other) { return wanted ? chosen : other; };
  };
  Constant out = combined(node, a, b, pick(true), pick(true));
  const Constant other = combined(node, a, b, pick(false), pick(false));
  const Shape all = broadcast_shape(out.shape, condition.shape, node.where());
  node.charge_folding(all, out.width());
  const auto choose = [&](const auto& yes, const auto& no) {
    auto data = yes;
    data.resize(static_cast<std::size_t>(element_count(all)));
    for_broadcast(all, out.shape, condition.shape,
                  [&](std::size_t i, std::size_t x, std::size_t y) {
                    data[i] = condition.ints()[y] != 0 ? yes[x] : no[x];
                  });
    return data;
  };
  if (out.is_float()) {
    out.data = choose(out.floats(), other.floats());
  } else {
    out.data = choose(out.ints(), other.ints());
  }
  out.shape = all;
  node.set_output(std::move(out));
}

void fold_floor(NodeImport& node) {
  fold_unary(
      node, [](float value) { return std::floor(value); },
      [](std::int64_t value) { return value; });
}

void fold_ceil(NodeImport& node) {
  fold_unary(
      node, [](float value) { return std::ceil(value); }, [](std::int64_t value) { return value; });
}

void fold_neg(NodeImport& node) {
  fold_unary(
      node, [](float value) { return -value; },
      [&](std::int64_t value) {
        if (value == INT64_MIN) node.bad("-({}) does not fit 64 bits", value);
        return -value;
      });
}

void fold_sqrt(NodeImport& node) {
  if (!node.constant(0).is_float()) node.bad("of integers");
  fold_unary(
      node, [](float value) { return std::sqrt(value); }, [](std::int64_t value) { return value; });
}

}  // namespace ripple
