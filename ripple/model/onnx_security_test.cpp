#include <ctime>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

// Attacks that have been seen on readers of model files, each by its number, and their relatives;
// those with external data are in external_data_test.cpp.

namespace ripple {
namespace {

void expect_bad(const TestModel& model, const char* part, const ModelLimits& limits = {}) {
  expect_error([&] { model.read("", limits); }, ErrorCode::kBadModel, {"test.onnx", part});
}

TEST(MaliciousModel, Cve2026_34445_HugeDeclaredTensor) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  model.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 40);
  expect_bad(model, "the file has 288");
}

TEST(MaliciousModel, DimensionsWhoseProductWraps) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  auto* tensor = model.graph().mutable_initializer(0);
  tensor->set_dims(0, std::int64_t{1} << 33);
  tensor->set_dims(1, std::int64_t{1} << 33);
  expect_bad(model, "does not fit 64 bits");
}

TEST(MaliciousModel, NegativeAndEmptyDimensions) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  model.graph().mutable_initializer(0)->set_dims(0, -18);
  expect_bad(model, "negative extent");
  model.graph().mutable_initializer(0)->set_dims(0, 0);
  expect_bad(model, "needs 0 bytes");
  model.graph().mutable_initializer(0)->clear_raw_data();
  expect_bad(model, "do not fit");
}

TEST(MaliciousModel, HugeInputPassesTheMemoryCap) {
  TestModel model(13, {3, 1 << 20, 1 << 20});
  model.classify("x", 18);
  expect_bad(model, "--max-memory");
}

TEST(MaliciousModel, ActivationsCountTogether) {
  TestModel model(13, {2, 3, 3});
  std::string last = "x";
  for (int i = 0; i < 20; ++i) {
    const std::string next = "r" + std::to_string(i);
    model.node("Relu", {last}, next);
    last = next;
  }
  model.classify(last, 18);
  expect_bad(model, "the activations", ModelLimits{1000});
  EXPECT_EQ(model.read("", ModelLimits{4000}).graph.classes(), 4);
}

TEST(MaliciousModel, SharedWeightsCountForEveryCopy) {
  TestModel model(13, {2, 3, 3});
  model.weights("k", {2, 2, 3, 3});
  std::string last = "x";
  for (int i = 0; i < 100; ++i) {
    const std::string next = "c" + std::to_string(i);
    set_ints(model.node("Conv", {last, "k"}, next), "pads", {1, 1, 1, 1});
    last = next;
  }
  model.classify(last, 18);
  expect_bad(model, "the weights", ModelLimits{1500});
}

TEST(MaliciousModel, ConstantSubgraphGrowsFromNothing) {
  TestModel model(13, {2, 3, 3});
  model.ints("big", {1 << 20, 1 << 20});
  model.node("ConstantOfShape", {"big"}, "zeros");
  model.node("Add", {"x", "zeros"}, "sum");
  model.classify("sum", 18);
  expect_bad(model, "constant subgraphs");
}

TEST(MaliciousModel, EmptyTensorsOfManyRowsTakeNoTime) {
  for (const char* op : {"Concat", "Gather"}) {
    TestModel model(13, {2, 3, 3});
    if (op == std::string("Concat")) {
      model.numbers("empty", {std::int64_t{1} << 62, 0}, {});
      set_int(model.node("Concat", {"empty", "empty"}, "none"), "axis", 1);
    } else {
      model.numbers("empty", {std::int64_t{1} << 62, 1, 0}, {});
      model.ints("first", {0});
      set_int(model.node("Gather", {"empty", "first"}, "none"), "axis", 1);
    }
    model.classify("x", 18);
    EXPECT_EQ(model.read().graph.classes(), 4);
  }
  // Nothing beside something: 5e9 visits of the empty ones, were they looked at in every row.
  TestModel model(13, {2, 3, 3});
  model.ints("column", {1 << 18, 1});
  model.node("ConstantOfShape", {"column"}, "some");
  model.numbers("empty", {1 << 18, 0}, {});
  std::vector<std::string> parts(20000, "empty");
  parts[1] = "some";
  set_int(model.node("Concat", parts, "joined"), "axis", 1);
  model.classify("x", 18);
  const std::clock_t begin = std::clock();  // of this process: the machine may be busy
  EXPECT_EQ(model.read().graph.classes(), 4);
  EXPECT_LT(std::clock() - begin, 20 * CLOCKS_PER_SEC);
}

TEST(MaliciousModel, StartsInAnEmptyTensorDoNotAddUp) {
  TestModel model(13, {2, 3, 3});
  add_slice_of_nothing(model);
  model.classify("x", 18);
  EXPECT_EQ(model.read().graph.classes(), 4);  // the undefined-behaviour sanitizer watches the sum
}

TEST(MaliciousModel, ManyReshapesBehindTheLogitsAreNotQuadratic) {
  TestModel model(13, {2, 3, 3});
  model.node("Flatten", {"x"}, "flat");
  model.weights("fc.w", {18, 4});
  model.node("Gemm", {"flat", "fc.w"}, "r0");
  constexpr int kMany = 50000;
  for (int i = 0; i < kMany; ++i) {
    model.node("Flatten", {"r" + std::to_string(i)},
               i + 1 == kMany ? "y" : "r" + std::to_string(i + 1));
  }
  const std::clock_t begin = std::clock();
  EXPECT_EQ(model.read().graph.classes(), 4);
  // 2.5e9 visits took a minute.
  EXPECT_LT(std::clock() - begin, 20 * CLOCKS_PER_SEC);
}

TEST(MaliciousModel, CycleNamesANode) {
  TestModel model(13, {2, 3, 3});
  model.node("Add", {"x", "b"}, "a");
  model.node("Relu", {"a"}, "b");
  model.classify("b", 18);
  expect_bad(model, "node 'n_a' is part of a cycle");
}

TEST(MaliciousModel, DeepNestingIsRefusedWithoutBuildingIt) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  onnx::GraphProto* graph = model.proto.mutable_graph();
  for (int i = 0; i < 60; ++i) {
    auto* node = graph->add_node();
    node->set_op_type("If");
    auto* attribute = node->add_attribute();
    attribute->set_name("then_branch");
    attribute->set_type(onnx::AttributeProto::GRAPH);
    graph = attribute->mutable_g();
  }
  expect_error([&] { model.read(); }, ErrorCode::kUnsupportedOp, {"subgraphs"});
}

TEST(MaliciousModel, TooManyFields) {
  const std::string node_of_nothing("\x0a\x00", 2);
  std::string graph;
  for (int i = 0; i < 1100000; ++i) graph += node_of_nothing;
  std::string bytes = "\x3a";
  for (std::size_t rest = graph.size();; rest >>= 7) {
    bytes.push_back(static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
    if (rest <= 0x7f) break;
  }
  expect_error([&] { TestModel::read_bytes(bytes + graph); }, ErrorCode::kBadModel, {"fields"});
}

TEST(MaliciousModel, ControlCharactersOfNamesDoNotReachATerminal) {
  TestModel model(13, {2, 3, 3});
  model.node("GRU", {"x"}, "g").set_name("\x1b[2Jred");
  model.classify("g", 18);
  expect_error([&] { model.read(); }, ErrorCode::kUnsupportedOp, {"node '\\x1b[2Jred'"});
}

TEST(MaliciousModel, ManyEqualNamesAreNotQuadratic) {
  TestModel model(13, {2, 3, 3});
  std::string last = "x";
  for (int i = 0; i < 20000; ++i) {
    const std::string next = "v" + std::to_string(i);
    model.node("Relu", {last}, next).set_name("same");
    last = next;
  }
  model.classify(last, 18);
  EXPECT_EQ(model.read().graph.nodes.size(), 20002u);
}

TEST(MaliciousModel, EveryTruncationIsAnError) {
  TestModel model(13, {2, 3, 3});
  const std::string bytes = model.classify("x", 18).bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(TestModel::read_bytes(bytes.substr(0, length)), Error) << length;
  }
}

TEST(MaliciousModel, TrailingGarbageIsAnError) {
  TestModel model(13, {2, 3, 3});
  const std::string bytes = model.classify("x", 18).bytes();
  expect_error([&] { TestModel::read_bytes(bytes + "garbage"); }, ErrorCode::kBadModel,
               {"truncated, damaged or no ONNX file"});
}

}  // namespace
}  // namespace ripple
