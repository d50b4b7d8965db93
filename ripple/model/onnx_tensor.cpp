#include "ripple/model/onnx_tensor.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "ripple/base/error.h"
#include "ripple/base/hash.h"
#include "ripple/model/external_data.h"
#include "ripple/model/onnx_shapes.h"

static_assert(std::endian::native == std::endian::little, "ONNX stores little-endian numbers");

namespace ripple {
namespace {

using onnx::TensorProto;

[[noreturn]] void bad(const std::string& where, const std::string& problem) {
  throw Error(ErrorCode::kBadModel, where, problem);
}

float from_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu;
  const std::uint32_t fraction = half & 0x3ffu;
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255u : exponent + 112u;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float from_bfloat(std::uint16_t bits) {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

/// Bytes of one element in raw_data; 0 for types that are not read.
std::int64_t element_width(int type) {
  switch (type) {
    case TensorProto::DOUBLE:
    case TensorProto::INT64:
      return 8;
    case TensorProto::FLOAT:
    case TensorProto::INT32:
    case TensorProto::UINT32:
      return 4;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::INT16:
    case TensorProto::UINT16:
      return 2;
    case TensorProto::INT8:
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      return 1;
    default:
      return 0;
  }
}

template <typename Stored, typename Out, typename Convert>
std::vector<Out> from_bytes(std::span<const char> bytes, Convert convert) {
  std::vector<Out> out(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = convert(stored);
  }
  return out;
}

template <typename Stored>
std::vector<std::int64_t> ints_from(std::span<const char> bytes) {
  return from_bytes<Stored, std::int64_t>(
      bytes, [](Stored value) { return static_cast<std::int64_t>(value); });
}

/// Assumes bytes.size() == elements * element_width(type).
void decode_bytes(int type, std::span<const char> bytes, Constant& out) {
  const auto narrowed = [](double value) { return static_cast<float>(value); };
  switch (type) {
    case TensorProto::FLOAT:
      out.data = from_bytes<float, float>(bytes, [](float value) { return value; });
      break;
    case TensorProto::DOUBLE:
      out.data = from_bytes<double, float>(bytes, narrowed);
      break;
    case TensorProto::FLOAT16:
      out.data = from_bytes<std::uint16_t, float>(bytes, from_half);
      break;
    case TensorProto::BFLOAT16:
      out.data = from_bytes<std::uint16_t, float>(bytes, from_bfloat);
      break;
    case TensorProto::INT64:
      out.data = ints_from<std::int64_t>(bytes);
      break;
    case TensorProto::INT32:
      out.data = ints_from<std::int32_t>(bytes);
      break;
    case TensorProto::UINT32:
      out.data = ints_from<std::uint32_t>(bytes);
      break;
    case TensorProto::INT16:
      out.data = ints_from<std::int16_t>(bytes);
      break;
    case TensorProto::UINT16:
      out.data = ints_from<std::uint16_t>(bytes);
      break;
    case TensorProto::INT8:
      out.data = ints_from<std::int8_t>(bytes);
      break;
    default:  // UINT8 and BOOL
      out.data = ints_from<std::uint8_t>(bytes);
      break;
  }
}

template <typename Field, typename Out, typename Convert>
std::vector<Out> from_field(const Field& field, Convert convert) {
  std::vector<Out> out;
  out.reserve(static_cast<std::size_t>(field.size()));
  for (const auto value : field) out.push_back(convert(value));
  return out;
}

/// The typed field that ONNX assigns to the element type.
void decode_field(const TensorProto& tensor, Constant& out) {
  const auto same = [](std::int64_t value) { return value; };
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      out.data = std::vector<float>(tensor.float_data().begin(), tensor.float_data().end());
      break;
    case TensorProto::DOUBLE:
      out.data = from_field<decltype(tensor.double_data()), float>(
          tensor.double_data(), [](double value) { return static_cast<float>(value); });
      break;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16: {
      const bool half = tensor.data_type() == TensorProto::FLOAT16;
      out.data =
          from_field<decltype(tensor.int32_data()), float>(tensor.int32_data(), [&](int value) {
            const auto bits = static_cast<std::uint16_t>(value);
            return half ? from_half(bits) : from_bfloat(bits);
          });
      break;
    }
    case TensorProto::INT64:
      out.data = std::vector<std::int64_t>(tensor.int64_data().begin(), tensor.int64_data().end());
      break;
    case TensorProto::UINT32:
      out.data = from_field<decltype(tensor.uint64_data()), std::int64_t>(
          tensor.uint64_data(),
          [](std::uint64_t value) { return static_cast<std::int64_t>(value & 0xffffffffu); });
      break;
    default:
      out.data = from_field<decltype(tensor.int32_data()), std::int64_t>(tensor.int32_data(), same);
      break;
  }
}

std::int64_t field_size(const TensorProto& tensor) {
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return tensor.float_data_size();
    case TensorProto::DOUBLE:
      return tensor.double_data_size();
    case TensorProto::INT64:
      return tensor.int64_data_size();
    case TensorProto::UINT32:
      return tensor.uint64_data_size();
    default:
      return tensor.int32_data_size();
  }
}

std::int64_t parse_size(const std::string& key, const std::string& text, const std::string& where) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) {
    bad(where, fmt::format("the {} of its external data is no size", key));
  }
  return value;
}

ExternalData external_of(const TensorProto& tensor, const std::string& where) {
  ExternalData data;
  std::set<std::string_view> seen;
  for (const auto& entry : tensor.external_data()) {
    if (!seen.insert(entry.key()).second) bad(where, "gives a key of its external data twice");
    if (entry.key() == "location") {
      data.location = entry.value();
    } else if (entry.key() == "offset") {
      data.offset = parse_size("offset", entry.value(), where);
    } else if (entry.key() == "length") {
      data.length = parse_size("length", entry.value(), where);
    } else if (entry.key() != "checksum") {
      bad(where, "its external data has an unknown key; only location, offset, length, checksum");
    }
  }
  return data;
}

}  // namespace

bool is_float_type(std::int64_t data_type) {
  return data_type == TensorProto::FLOAT || data_type == TensorProto::DOUBLE ||
         data_type == TensorProto::FLOAT16 || data_type == TensorProto::BFLOAT16;
}

bool is_int_type(std::int64_t data_type) {
  return data_type > 0 && data_type <= TensorProto::BFLOAT16 && !is_float_type(data_type) &&
         element_width(static_cast<int>(data_type)) != 0;
}

Constant decode_tensor(const TensorProto& tensor, const TensorSource& source,
                       const std::string& where) {
  const std::int64_t width = element_width(tensor.data_type());
  if (width == 0) {
    throw Error(ErrorCode::kUnsupportedOp, where,
                fmt::format("element type {} is not supported", tensor.data_type()));
  }
  if (static_cast<std::size_t>(tensor.dims_size()) > kMaxRank)
    bad(where, fmt::format("has {} axes", tensor.dims_size()));
  if (tensor.has_segment()) bad(where, "is a segment of a tensor, which is not supported");
  Constant out;
  out.shape.assign(tensor.dims().begin(), tensor.dims().end());
  std::int64_t count = 1;
  for (const std::int64_t extent : out.shape) {
    if (extent < 0) bad(where, fmt::format("has the negative extent {}", extent));
    count = checked_mul(count, extent, where.c_str());
  }
  const std::int64_t bytes = checked_mul(count, width, where.c_str());
  const std::int64_t out_width = is_float_type(tensor.data_type()) ? 4 : 8;
  const auto mismatch = [&](std::int64_t present, const char* unit) {
    bad(where, fmt::format("{} needs {} {}, the file has {}", to_string(out.shape),
                           unit[0] == 'b' ? bytes : count, unit, present));
  };
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    if (tensor.has_raw_data()) bad(where, "has both external and inline data");
    source.memory.charge(
        checked_add(bytes, checked_mul(count, out_width, where.c_str()), where.c_str()), where);
    const auto data = read_external_data(source.folder, external_of(tensor, where), bytes, where);
    if (source.external != nullptr) *source.external += sha256_hex(data);
    decode_bytes(tensor.data_type(), {reinterpret_cast<const char*>(data.data()), data.size()},
                 out);
    return out;
  }
  if (tensor.has_raw_data()) {
    const auto present = static_cast<std::int64_t>(tensor.raw_data().size());
    if (present != bytes) mismatch(present, "bytes");
    source.memory.charge(count, out_width, where);
    decode_bytes(tensor.data_type(), tensor.raw_data(), out);
    return out;
  }
  if (field_size(tensor) != count) mismatch(field_size(tensor), "numbers");
  source.memory.charge(count, out_width, where);
  decode_field(tensor, out);
  return out;
}

}  // namespace ripple
