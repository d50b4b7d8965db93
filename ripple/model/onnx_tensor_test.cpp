#include "ripple/model/onnx_tensor.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

using onnx::TensorProto;

Constant decode(const TensorProto& tensor, std::int64_t limit = 1 << 20) {
  MemoryBudget memory(limit, "the weights", "");
  return decode_tensor(tensor, {{}, memory}, "here");
}

template <typename T>
TensorProto raw(int type, const std::vector<T>& values) {
  TensorProto tensor;
  tensor.set_data_type(type);
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
  return tensor;
}

template <typename T>
std::vector<std::int64_t> ints_of(int type, const std::vector<T>& values) {
  return decode(raw(type, values)).ints();
}

TEST(OnnxTensor, FloatingTypesBecomeFloats) {
  EXPECT_EQ(decode(raw<float>(TensorProto::FLOAT, {1.5f, -0.0f})).floats(),
            (std::vector<float>{1.5f, -0.0f}));
  EXPECT_EQ(decode(raw<double>(TensorProto::DOUBLE, {0.1, 1e300})).floats(),
            (std::vector<float>{0.1f, INFINITY}));
  // 1, -2, the largest, the smallest normal and the smallest of all half numbers, infinity.
  EXPECT_EQ(decode(raw<std::uint16_t>(TensorProto::FLOAT16,
                                      {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x7c00}))
                .floats(),
            (std::vector<float>{1, -2, 65504, 0x1p-14f, 0x1p-24f, INFINITY}));
  EXPECT_TRUE(std::isnan(decode(raw<std::uint16_t>(TensorProto::FLOAT16, {0x7e00})).floats()[0]));
  EXPECT_EQ(decode(raw<std::uint16_t>(TensorProto::BFLOAT16, {0x3f80, 0xc040, 0x0001})).floats(),
            (std::vector<float>{1, -3, 0x1p-133f}));
}

TEST(OnnxTensor, IntegersKeepTheirSign) {
  using Ints = std::vector<std::int64_t>;
  EXPECT_EQ(ints_of<std::int64_t>(TensorProto::INT64, {INT64_MIN, 7}), (Ints{INT64_MIN, 7}));
  EXPECT_EQ(ints_of<std::int32_t>(TensorProto::INT32, {-5}), Ints{-5});
  EXPECT_EQ(ints_of<std::uint32_t>(TensorProto::UINT32, {0xffffffffu}), Ints{0xffffffff});
  EXPECT_EQ(ints_of<std::int16_t>(TensorProto::INT16, {-5}), Ints{-5});
  EXPECT_EQ(ints_of<std::uint16_t>(TensorProto::UINT16, {0xfffb}), Ints{0xfffb});
  EXPECT_EQ(ints_of<std::int8_t>(TensorProto::INT8, {-5}), Ints{-5});
  EXPECT_EQ(ints_of<std::uint8_t>(TensorProto::UINT8, {251}), Ints{251});
  EXPECT_EQ(ints_of<std::uint8_t>(TensorProto::BOOL, {1, 0}), (Ints{1, 0}));
}

TEST(OnnxTensor, TypedFieldsSayTheSame) {
  TensorProto half;
  half.set_data_type(TensorProto::FLOAT16);
  half.add_dims(1);
  half.add_int32_data(0x3c00);
  EXPECT_EQ(decode(half).floats(), std::vector<float>{1});
  TensorProto wide;
  wide.set_data_type(TensorProto::UINT32);
  wide.add_dims(1);
  wide.add_uint64_data(0xffffffffu);
  EXPECT_EQ(decode(wide).ints(), std::vector<std::int64_t>{0xffffffff});
  TensorProto scalar;  // no axes: one number
  scalar.set_data_type(TensorProto::INT8);
  scalar.add_int32_data(-3);
  EXPECT_EQ(decode(scalar).ints(), std::vector<std::int64_t>{-3});
  EXPECT_TRUE(decode(scalar).shape.empty());
}

TEST(OnnxTensor, NumbersMustFitTheShapeBeforeTheyAreTaken) {
  TensorProto tensor = raw<float>(TensorProto::FLOAT, {1, 2, 3});
  tensor.set_dims(0, 4);
  expect_error([&] { decode(tensor); }, ErrorCode::kBadModel, {"here", "12"});
  tensor.set_dims(0, -3);
  expect_error([&] { decode(tensor); }, ErrorCode::kBadModel, {"negative extent"});
  tensor.set_dims(0, std::int64_t{1} << 40);
  tensor.add_dims(std::int64_t{1} << 40);
  expect_error([&] { decode(tensor); }, ErrorCode::kBadModel, {"64 bits"});
}

TEST(OnnxTensor, IsChargedAsItIsKept) {
  // Two bytes each in the file, four in memory.
  const TensorProto half = raw<std::uint16_t>(TensorProto::FLOAT16, {0, 0, 0});
  EXPECT_NO_THROW(decode(half, 12));
  expect_error([&] { decode(half, 11); }, ErrorCode::kBadModel, {"the weights"});
  const TensorProto bytes = raw<std::uint8_t>(TensorProto::UINT8, {0});
  EXPECT_NO_THROW(decode(bytes, 8));
  expect_error([&] { decode(bytes, 7); }, ErrorCode::kBadModel, {"the weights"});
}

TEST(OnnxTensor, OtherTypesAreNamed) {
  for (const int type : {TensorProto::STRING, TensorProto::COMPLEX64, TensorProto::UINT64}) {
    TensorProto tensor;
    tensor.set_data_type(type);
    expect_error([&] { decode(tensor); }, ErrorCode::kUnsupportedOp, {"here"});
    EXPECT_FALSE(is_float_type(type));
    EXPECT_FALSE(is_int_type(type));
  }
  EXPECT_TRUE(is_float_type(TensorProto::BFLOAT16));
  EXPECT_TRUE(is_int_type(TensorProto::BOOL));
  for (const std::int64_t type : {-1, 0, 99})
    EXPECT_FALSE(is_float_type(type) || is_int_type(type));
}

}  // namespace
}  // namespace ripple
