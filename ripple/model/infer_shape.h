#pragma once

#include <string>
#include <vector>

#include "ripple/model/graph.h"

namespace ripple {

/// Sizes, strides, dilations and pads above this are no image classifier's; the bound keeps int
/// arithmetic safe.
inline constexpr int kMaxGeometry = 1 << 16;

/// Shape of the operator's output, all shapes without the batch axis. This is also the one place
/// where the fields of an operator are validated: ranges, weight shapes against input shapes,
/// positive outputs. Arithmetic is checked; nothing is allocated. Errors: kBadModel naming `where`
/// (file and node) for inconsistent fields; kUnsupportedOp where the input's rank is one that no
/// executor here computes.
Shape infer_shape(const Op& op, const std::vector<Shape>& inputs, const std::string& where);

/// element_count() of a shape that a file asks for. Errors: kBadModel naming `where`.
std::int64_t checked_count(const Shape& shape, const std::string& where);

/// Shape of a and b broadcast together as in NumPy. Errors: kBadModel naming `where`.
Shape broadcast_shape(const Shape& a, const Shape& b, const std::string& where);

}  // namespace ripple
