#include "ripple/model/onnx_scan.h"

#include <functional>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

namespace ripple {
namespace {

void scan(const std::string& bytes) {
  scan_onnx({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, "here");
}

/// Field `number` of a message: that many bytes behind it.
std::string field(int number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  for (std::size_t rest = content.size();; rest >>= 7) {
    out.push_back(static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
    if (rest <= 0x7f) return out + content;
  }
}

TEST(OnnxScan, APlainModelPasses) {
  TestModel model;
  EXPECT_NO_THROW(scan(model.classify("x", 144).bytes()));
}

TEST(OnnxScan, WhatNoImageClassifierHoldsIsNamed) {
  using Change = std::function<void(TestModel&)>;
  const auto attribute = [](TestModel& m) { return m.node("Relu", {"x"}).add_attribute(); };
  const auto type = [](TestModel& m) { return m.graph().add_input()->mutable_type(); };
  const std::pair<const char*, Change> cases[] = {
      {"training information", [](TestModel& m) { m.proto.add_training_info(); }},
      {"functions", [](TestModel& m) { m.proto.add_functions(); }},
      {"quantization", [](TestModel& m) { m.graph().add_quantization_annotation(); }},
      {"sparse initializers", [](TestModel& m) { m.graph().add_sparse_initializer(); }},
      {"subgraphs", [&](TestModel& m) { attribute(m)->mutable_g(); }},
      {"subgraphs", [&](TestModel& m) { attribute(m)->add_graphs(); }},
      {"type attributes", [&](TestModel& m) { attribute(m)->mutable_tp(); }},
      {"sparse tensors", [&](TestModel& m) { attribute(m)->mutable_sparse_tensor(); }},
      {"sequence types", [&](TestModel& m) { type(m)->mutable_sequence_type(); }},
      {"map types", [&](TestModel& m) { type(m)->mutable_map_type(); }},
      {"optional types", [&](TestModel& m) { type(m)->mutable_optional_type(); }},
  };
  for (const auto& [name, change] : cases) {
    TestModel model;
    change(model);
    expect_error([&] { scan(model.bytes()); }, ErrorCode::kUnsupportedOp, {"here", name});
  }
}

TEST(OnnxScan, DamageIsSaidWithItsPlace) {
  expect_error([] { scan(""); }, ErrorCode::kBadModel, {"here", "is empty"});
  // A graph of ten bytes, of which three are there.
  expect_error(
      [] {
        scan(
            "\x3a\x0a"
            "abc");
      },
      ErrorCode::kBadModel, {"truncated", "at byte"});
  // A number that never ends, a group, and a field number of 0.
  for (const std::string& bytes :
       {std::string(12, '\xff'), std::string("\x0b", 1), std::string("\x02\x00", 2)}) {
    expect_error([&] { scan(bytes); }, ErrorCode::kBadModel, {"no ONNX file"});
  }
}

TEST(OnnxScan, FieldsAreCountedToTheLimit) {
  const std::string empty_node = field(1, "");
  const auto graph_of = [&](int nodes) {
    std::string graph;
    for (int i = 0; i < nodes; ++i) graph += empty_node;
    return field(7, graph);
  };
  EXPECT_NO_THROW(scan(graph_of((1 << 20) - 1)));  // and the graph itself
  expect_error([&] { scan(graph_of(1 << 20)); }, ErrorCode::kBadModel, {"fields"});
}

}  // namespace
}  // namespace ripple
