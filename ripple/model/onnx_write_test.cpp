#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "ripple/model/graph_builder.h"
#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

Tensor numbered(Shape shape) {
  Tensor out = filled(std::move(shape), 0.0f);
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    out.data[i] = 0.1f + 0.37f * static_cast<float>(i % 11);
  }
  return out;
}

void expect_same_window(const Window& a, const Window& b) {
  EXPECT_EQ(a.kernel, b.kernel);
  EXPECT_EQ(a.stride, b.stride);
  EXPECT_EQ(a.dilation, b.dilation);
  EXPECT_EQ(a.pad_begin, b.pad_begin);
  EXPECT_EQ(a.pad_end, b.pad_end);
}

/// Every field of every operator.
struct SameOp {
  const Op& other;
  template <typename T>
  const T& as() const {
    return std::get<T>(other);
  }
  void operator()(const Conv& a) const {
    expect_same_window(a.window, as<Conv>().window);
    EXPECT_EQ(a.groups, as<Conv>().groups);
    EXPECT_EQ(a.weight, as<Conv>().weight);
    EXPECT_EQ(a.bias, as<Conv>().bias);
  }
  void operator()(const BatchNormalization& a) const {
    const auto& b = as<BatchNormalization>();
    EXPECT_EQ(a.scale, b.scale);
    EXPECT_EQ(a.bias, b.bias);
    EXPECT_EQ(a.mean, b.mean);
    EXPECT_EQ(a.variance, b.variance);
    EXPECT_EQ(a.epsilon, b.epsilon);
  }
  void operator()(const Relu&) const {}
  void operator()(const LeakyRelu& a) const { EXPECT_EQ(a.alpha, as<LeakyRelu>().alpha); }
  void operator()(const Clip& a) const {
    EXPECT_EQ(a.low, as<Clip>().low);
    EXPECT_EQ(a.high, as<Clip>().high);
  }
  void operator()(const Sigmoid&) const {}
  void operator()(const Tanh&) const {}
  void operator()(const HardSigmoid& a) const {
    EXPECT_EQ(a.alpha, as<HardSigmoid>().alpha);
    EXPECT_EQ(a.beta, as<HardSigmoid>().beta);
  }
  void operator()(const HardSwish&) const {}
  void operator()(const Elu& a) const { EXPECT_EQ(a.alpha, as<Elu>().alpha); }
  void operator()(const PRelu& a) const { EXPECT_EQ(a.slope, as<PRelu>().slope); }
  void operator()(const Binary& a) const {
    const auto& b = as<Binary>();
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.has_constant, b.has_constant);
    EXPECT_EQ(a.constant_first, b.constant_first);
    EXPECT_EQ(a.constant, b.constant);
  }
  void operator()(const Concat& a) const { EXPECT_EQ(a.axis, as<Concat>().axis); }
  void operator()(const MaxPool& a) const {
    expect_same_window(a.window, as<MaxPool>().window);
    EXPECT_EQ(a.ceil_mode, as<MaxPool>().ceil_mode);
  }
  void operator()(const AveragePool& a) const {
    expect_same_window(a.window, as<AveragePool>().window);
    EXPECT_EQ(a.ceil_mode, as<AveragePool>().ceil_mode);
    EXPECT_EQ(a.count_include_pad, as<AveragePool>().count_include_pad);
  }
  void operator()(const GlobalAveragePool&) const {}
  void operator()(const Lrn& a) const {
    EXPECT_EQ(a.size, as<Lrn>().size);
    EXPECT_EQ(a.alpha, as<Lrn>().alpha);
    EXPECT_EQ(a.beta, as<Lrn>().beta);
    EXPECT_EQ(a.bias, as<Lrn>().bias);
  }
  void operator()(const Gemm& a) const {
    EXPECT_EQ(a.weight, as<Gemm>().weight);
    EXPECT_EQ(a.bias, as<Gemm>().bias);
  }
  void operator()(const Reshape& a) const { EXPECT_EQ(a.shape, as<Reshape>().shape); }
  void operator()(const Transpose& a) const {
    EXPECT_EQ(a.permutation, as<Transpose>().permutation);
  }
  void operator()(const Pad& a) const {
    const auto& b = as<Pad>();
    EXPECT_EQ(a.begin, b.begin);
    EXPECT_EQ(a.end, b.end);
    EXPECT_EQ(a.mode, b.mode);
    EXPECT_EQ(a.value, b.value);
  }
  void operator()(const Slice& a) const {
    EXPECT_EQ(a.start, as<Slice>().start);
    EXPECT_EQ(a.step, as<Slice>().step);
    EXPECT_EQ(a.shape, as<Slice>().shape);
  }
  void operator()(const Softmax& a) const { EXPECT_EQ(a.axis, as<Softmax>().axis); }
};

void expect_same(const Graph& a, const Graph& b) {
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  ASSERT_EQ(a.values.size(), b.values.size());
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    EXPECT_EQ(a.values[i].name, b.values[i].name);
    EXPECT_EQ(a.values[i].shape, b.values[i].shape);
  }
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    SCOPED_TRACE(a.nodes[i].name);
    EXPECT_EQ(a.nodes[i].name, b.nodes[i].name);
    EXPECT_EQ(a.nodes[i].inputs, b.nodes[i].inputs);
    EXPECT_EQ(a.nodes[i].output, b.nodes[i].output);
    ASSERT_EQ(a.nodes[i].op.index(), b.nodes[i].op.index());
    std::visit(SameOp{b.nodes[i].op}, a.nodes[i].op);
  }
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.logits, b.logits);
  EXPECT_EQ(a.ends_in_softmax, b.ends_in_softmax);
  EXPECT_EQ(a.output_name, b.output_name);
}

/// A graph in which every operator occurs, fields off their defaults.
Graph every_operator(bool softmax) {
  GraphBuilder b({3, 12, 10});
  ValueId x = b.input();
  const auto then = [&](const char* name, Op op) { x = b.add(name, std::move(op), {x}); };
  Conv conv = make_conv(6, 3, 3, 1, 2, 3, 2);
  conv.window.pad_end = {1, 2};
  conv.weight = numbered(conv.weight.shape);
  conv.bias = numbered(conv.bias.shape);
  then("conv", conv);
  BatchNormalization norm = make_batch_normalization(6);
  norm.scale = numbered({6});
  norm.mean = numbered({6});
  norm.variance = numbered({6});
  norm.epsilon = 0.001f;
  then("norm", norm);
  then("relu", Relu{});
  then("leaky", LeakyRelu{0.3f});
  then("clip", Clip{-1.0f, 6.0f});
  then("half_clip", Clip{0.0f, INFINITY});
  then("sigmoid", Sigmoid{});
  then("tanh", Tanh{});
  then("hard_sigmoid", HardSigmoid{0.3f, 0.4f});
  then("hard_swish", HardSwish{});
  then("elu", Elu{0.7f});
  then("prelu", PRelu{numbered({6})});
  then("add", Binary{BinaryKind::kAdd, true, false, numbered({6, 1, 1})});
  then("sub", Binary{BinaryKind::kSub, true, true, numbered({})});
  then("mul", Binary{BinaryKind::kMul, true, false, numbered({b.shape(x)[2]})});
  then("div", Binary{BinaryKind::kDiv, true, true, numbered({6, 1, 1})});
  then("lrn", Lrn{3, 0.01f, 0.5f, 2.0f});
  x = b.add("twice", Binary{BinaryKind::kMul}, {x, x});
  x = b.add("concat", Concat{0}, {x, x});
  MaxPool max_pool{make_window(3, 2, 1), true};
  then("max_pool", max_pool);
  then("average_pool", AveragePool{make_window(2, 1, 1), false, true});
  then("pad", Pad{{1, 0, 2}, {0, 3, -1}, PadMode::kConstant, 0.5f});
  then("reflect", Pad{{0, 1, 1}, {0, 1, 0}, PadMode::kReflect, 0.0f});
  then("edge", Pad{{0, 1, 1}, {0, 1, 0}, PadMode::kEdge, 0.0f});
  const Shape now = b.shape(x);
  then("slice", Slice{{now[0] - 1, 0, 1}, {-1, 1, 2}, {now[0], now[1] - 1, 2}});
  then("softmax_inside", Softmax{0});
  then("transpose", Transpose{{1, 2, 0}});
  then("back_differently", Transpose{{1, 0, 2}});
  then("pool", GlobalAveragePool{});
  const std::int64_t features = b.shape(x)[0];
  then("reshape", Reshape{{features}});
  Gemm gemm = make_gemm(5, static_cast<int>(features));
  gemm.weight = numbered(gemm.weight.shape);
  gemm.bias = numbered({5});
  then("fc", gemm);
  if (softmax) then("probabilities", Softmax{0});
  return b.finish(x);
}

TEST(WriteOnnx, EveryOperatorComesBack) {
  for (const bool softmax : {false, true}) {
    const Graph graph = every_operator(softmax);
    const Model back = TestModel::read_bytes(to_onnx({graph, {}, {}, "", ""}));
    expect_same(graph, back.graph);
  }
}

TEST(WriteOnnx, NoWeightTakesTheNameOfTheOutput) {
  for (const bool softmax : {false, true}) {
    GraphBuilder b({3, 2, 2});
    Gemm gemm = make_gemm(2, 12);
    const ValueId logits = b.add("fc", std::move(gemm), {b.flatten("flat", b.input())});
    const Graph graph =
        b.finish(softmax ? b.add("soft", Softmax{0}, {logits}) : logits, "fc.weight");
    const Model back = TestModel::read_bytes(to_onnx({graph, {}, {}, "", ""}));
    EXPECT_EQ(back.graph.output_name, "fc.weight");
    EXPECT_EQ(back.graph.classes(), 2);
  }
}

TEST(WriteOnnx, MetadataComesBackToTheBit) {
  Model model{every_operator(true),
              Preprocessing{{125.307f, 0.1f, 1e-7f}, {62.9932f, 1.0f / 3, 3e8f}},
              {"cat", "dog", "a, b", "\xc3\xa9t\xc3\xa9", "e"},
              "",
              ""};
  const Model back = TestModel::read_bytes(to_onnx(model));
  ASSERT_TRUE(back.preprocessing);
  EXPECT_EQ(back.preprocessing->mean, model.preprocessing->mean);
  EXPECT_EQ(back.preprocessing->std, model.preprocessing->std);
  EXPECT_EQ(back.labels, model.labels);
}

TEST(WriteOnnx, SameModelSameBytes) {
  const Model model{every_operator(true), {}, {}, "", ""};
  EXPECT_EQ(to_onnx(model), to_onnx(model));
}

TEST(WriteOnnx, FileIsReadableAndHashed) {
  const ScratchFolder folder;
  write_onnx(folder.path() / "m.onnx", {every_operator(false), {}, {}, "", ""});
  const Model back = read_onnx(folder.path() / "m.onnx");
  EXPECT_EQ(back.graph.classes(), 5);
  EXPECT_EQ(back.sha256.size(), 64u);
}

TEST(WriteOnnx, UnwritablePlaceIsAnError) {
  expect_error(
      [] {
        write_onnx("/nowhere/m.onnx", {every_operator(false), {}, {}, "", ""});
      },
      ErrorCode::kIo, {"/nowhere/m.onnx"});
}

TEST(RequirePreprocessing, SaysHowToGiveIt) {
  Model model{every_operator(false), {}, {}, "", "net.onnx"};
  expect_error([&] { require_preprocessing(model); }, ErrorCode::kBadModel,
               {"net.onnx", "--mean", "ripple annotate"});
  model.preprocessing = Preprocessing{{1}, {1}};
  expect_error([&] { require_preprocessing(model); }, ErrorCode::kBadModel, {"3 channels"});
  model.preprocessing = Preprocessing{{1, 1, 1}, {1, 1, 1}};
  EXPECT_EQ(require_preprocessing(model).mean.size(), 3u);
}

}  // namespace
}  // namespace ripple
