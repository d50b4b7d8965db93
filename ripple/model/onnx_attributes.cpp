#include "ripple/model/onnx_attributes.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "ripple/base/error.h"
#include "ripple/model/onnx_names.h"

namespace ripple {

using onnx::AttributeProto;

AttributeReader::AttributeReader(const onnx::NodeProto& node, std::string where)
    : where_(std::move(where)) {
  for (const AttributeProto& attribute : node.attribute()) {
    if (!attribute.ref_attr_name().empty()) {
      throw Error(ErrorCode::kBadModel, where_, "refers to an attribute of a function");
    }
    if (!attributes_.emplace(attribute.name(), Entry{&attribute, false}).second) {
      throw Error(ErrorCode::kBadModel, where_,
                  fmt::format("attribute '{}' is given twice", display_name(attribute.name())));
    }
  }
}

const AttributeProto* AttributeReader::find(std::string_view name, int type) {
  const auto found = attributes_.find(std::string(name));
  if (found == attributes_.end()) return nullptr;
  found->second.read = true;
  const AttributeProto& attribute = *found->second.attribute;
  if (type >= 0 && attribute.type() != type) {
    throw Error(ErrorCode::kBadModel, where_,
                fmt::format("attribute {} is of another type than the operator's", name));
  }
  return &attribute;
}

std::int64_t AttributeReader::integer(std::string_view name, std::int64_t fallback,
                                      std::int64_t low, std::int64_t high) {
  const AttributeProto* attribute = find(name, AttributeProto::INT);
  if (attribute == nullptr) return fallback;
  if (attribute->i() < low || attribute->i() > high) {
    throw Error(
        ErrorCode::kBadModel, where_,
        fmt::format("attribute {} is {}, outside {} to {}", name, attribute->i(), low, high));
  }
  return attribute->i();
}

float AttributeReader::real(std::string_view name, float fallback) {
  const AttributeProto* attribute = find(name, AttributeProto::FLOAT);
  if (attribute == nullptr) return fallback;
  if (!std::isfinite(attribute->f())) {
    throw Error(ErrorCode::kBadModel, where_, fmt::format("attribute {} is not finite", name));
  }
  return attribute->f();
}

std::string AttributeReader::text(std::string_view name, std::string fallback) {
  const AttributeProto* attribute = find(name, AttributeProto::STRING);
  return attribute == nullptr ? std::move(fallback) : attribute->s();
}

std::optional<std::vector<std::int64_t>> AttributeReader::integers(std::string_view name) {
  const AttributeProto* attribute = find(name, AttributeProto::INTS);
  if (attribute == nullptr) return std::nullopt;
  return std::vector<std::int64_t>(attribute->ints().begin(), attribute->ints().end());
}

std::optional<std::vector<float>> AttributeReader::reals(std::string_view name) {
  const AttributeProto* attribute = find(name, AttributeProto::FLOATS);
  if (attribute == nullptr) return std::nullopt;
  return std::vector<float>(attribute->floats().begin(), attribute->floats().end());
}

const onnx::TensorProto* AttributeReader::tensor(std::string_view name) {
  const AttributeProto* attribute = find(name, AttributeProto::TENSOR);
  return attribute == nullptr ? nullptr : &attribute->t();
}

void AttributeReader::check_all_read() const {
  for (const auto& [name, entry] : attributes_) {
    if (!entry.read) {
      throw Error(ErrorCode::kUnsupportedOp, where_,
                  fmt::format("attribute '{}' is not known for this operator and opset",
                              display_name(name)));
    }
  }
}

}  // namespace ripple
