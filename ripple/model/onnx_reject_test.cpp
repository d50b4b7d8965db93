#include <cctype>
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

// One fault a case, on a model that is valid without it.

namespace ripple {
namespace {

constexpr ErrorCode kBad = ErrorCode::kBadModel;
constexpr ErrorCode kUnsupported = ErrorCode::kUnsupportedOp;

struct Fault {
  const char* name;
  ErrorCode code;
  const char* part;
  std::function<void(TestModel&)> make;
  int opset = 13;
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

class Rejects : public testing::TestWithParam<Fault> {};

TEST_P(Rejects, WithAClearError) {
  TestModel model(GetParam().opset);
  GetParam().make(model);
  if (model.graph().node_size() == 0 ||
      model.graph().node(model.graph().node_size() - 1).output(0) != "y") {
    model.classify("t", 144);
  }
  expect_error([&] { model.read(); }, GetParam().code, {"test.onnx", GetParam().part});
}

onnx::NodeProto& put(TestModel& m, const char* op, const std::vector<std::string>& inputs = {"x"}) {
  return m.node(op, inputs, "t");
}
onnx::NodeProto& conv(TestModel& m) {
  m.weights("k", {3, 3, 3, 3});
  return put(m, "Conv", {"x", "k"});
}

std::string fault_name(const testing::TestParamInfo<Fault>& fault) {
  std::string name = fault.param.name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Envelope, Rejects,
    testing::Values(
        Fault{"no opset", kBad, "no operator set",
              [](TestModel& m) { m.proto.clear_opset_import(); }},
        Fault{"old opset", kUnsupported, "operator set 6",
              [](TestModel& m) { m.proto.mutable_opset_import(0)->set_version(6); }},
        Fault{"new opset", kUnsupported, "operator set 19",
              [](TestModel& m) { m.proto.mutable_opset_import(0)->set_version(19); }},
        Fault{"two opsets", kBad, "twice",
              [](TestModel& m) { m.proto.add_opset_import()->set_version(13); }},
        Fault{"ir version", kUnsupported, "IR version 2",
              [](TestModel& m) { m.proto.set_ir_version(2); }},
        Fault{"function", kUnsupported, "functions", [](TestModel& m) { m.proto.add_functions(); }},
        Fault{"training", kUnsupported, "training",
              [](TestModel& m) { m.proto.add_training_info(); }},
        Fault{"sparse", kUnsupported, "sparse",
              [](TestModel& m) { m.graph().add_sparse_initializer(); }},
        Fault{"domain", kUnsupported, "ai.onnx.ml.Relu",
              [](TestModel& m) { put(m, "Relu").set_domain("ai.onnx.ml"); }},
        Fault{"operator", kUnsupported,
              "node 'n_t': operator GRU is not supported; docs/operators.md",
              [](TestModel& m) { put(m, "GRU"); }},
        Fault{"operator too new", kUnsupported, "operator HardSwish",
              [](TestModel& m) { put(m, "HardSwish"); }},
        Fault{"unknown attribute", kUnsupported, "attribute 'beta'",
              [](TestModel& m) { set_int(put(m, "Relu"), "beta", 1); }},
        Fault{"attribute twice", kBad, "given twice",
              [](TestModel& m) {
                auto& node = put(m, "Elu");
                set_float(node, "alpha", 1);
                set_float(node, "alpha", 2);
              }},
        Fault{"attribute type", kBad, "another type",
              [](TestModel& m) { set_int(put(m, "Elu"), "alpha", 1); }},
        Fault{"attribute nan", kBad, "not finite",
              [](TestModel& m) { set_float(put(m, "Elu"), "alpha", std::nanf("")); }},
        Fault{"two inputs", kUnsupported, "more than one input",
              [](TestModel& m) { m.graph().add_input()->set_name("z"); }},
        Fault{"two outputs", kUnsupported, "2 outputs",
              [](TestModel& m) { m.graph().add_output()->set_name("z"); }},
        Fault{"no output", kBad, "nothing writes",
              [](TestModel& m) {
                m.graph().mutable_output(0)->set_name("z");
                put(m, "Relu");
              }},
        Fault{"undefined input", kBad, "'gone', which nothing writes",
              [](TestModel& m) { put(m, "Relu", {"gone"}); }},
        Fault{"nameless", kBad, "node 'unnamed' reads 'gone'",
              [](TestModel& m) {
                m.graph().add_node()->add_input("gone");
                m.classify("x", 144);
              }},
        Fault{"written twice", kBad, "two tensors are named 't'",
              [](TestModel& m) {
                put(m, "Relu");
                put(m, "Relu");
              }},
        Fault{"fixed batch", kUnsupported, "batch of 8",
              [](TestModel& m) { m.input_shape().mutable_dim(0)->set_dim_value(8); }},
        Fault{"free height", kBad, "no fixed size",
              [](TestModel& m) { m.input_shape().mutable_dim(2)->set_dim_param("H"); }},
        Fault{"zero height", kBad, "no fixed size",
              [](TestModel& m) { m.input_shape().mutable_dim(2)->set_dim_value(0); }},
        Fault{"rank 3", kBad, "3 axes",
              [](TestModel& m) { m.input_shape().mutable_dim()->RemoveLast(); }},
        Fault{"integer input", kUnsupported, "8 bits",
              [](TestModel& m) {
                m.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(2);
              }},
        Fault{"declared output", kBad, "declared with another shape",
              [](TestModel& m) {
                auto* shape = m.graph()
                                  .mutable_output(0)
                                  ->mutable_type()
                                  ->mutable_tensor_type()
                                  ->mutable_shape();
                shape->add_dim()->set_dim_param("N");
                shape->add_dim()->set_dim_value(5);
                put(m, "Relu");
              }},
        Fault{"constant output", kBad, "does not depend",
              [](TestModel& m) {
                m.weights("w", {1, 4});
                m.node("Identity", {"w"}, "y");
              }},
        Fault{"image output", kBad, "is this an image classifier",
              [](TestModel& m) { m.node("Relu", {"x"}, "y"); }}),
    fault_name);

INSTANTIATE_TEST_SUITE_P(
    Operators, Rejects,
    testing::Values(
        Fault{"conv 1-D", kUnsupported, "2-D",
              [](TestModel& m) {
                m.weights("k", {3, 3, 3});
                put(m, "Conv", {"x", "k"});
              }},
        Fault{"conv kernel", kBad, "kernel_shape differs",
              [](TestModel& m) {
                set_ints(conv(m), "kernel_shape", {5, 5});
              }},
        Fault{"conv channels", kBad, "channels",
              [](TestModel& m) {
                m.weights("k", {3, 2, 3, 3});
                put(m, "Conv", {"x", "k"});
              }},
        Fault{"conv groups", kBad, "group", [](TestModel& m) { set_int(conv(m), "group", 0); }},
        Fault{"conv stride", kBad, "strides 0",
              [](TestModel& m) {
                set_ints(conv(m), "strides", {0, 1});
              }},
        Fault{"conv pads", kBad, "pads -1",
              [](TestModel& m) {
                set_ints(conv(m), "pads", {-1, 0, 0, 0});
              }},
        Fault{"conv pads count", kBad, "2 numbers",
              [](TestModel& m) {
                set_ints(conv(m), "pads", {1, 1});
              }},
        Fault{"conv dilation", kBad, "out of range",
              [](TestModel& m) {
                set_ints(conv(m), "dilations", {1 << 20, 1});
              }},
        Fault{"conv auto_pad", kBad, "auto_pad",
              [](TestModel& m) { set_text(conv(m), "auto_pad", "OTHER"); }},
        Fault{"conv not finite", kBad, "hold",
              [](TestModel& m) {
                m.numbers("k", {1, 3, 1, 1}, {1, std::numeric_limits<float>::infinity(), 1});
                put(m, "Conv", {"x", "k"});
              }},
        Fault{"conv computed weights", kUnsupported, "computed from the image",
              [](TestModel& m) {
                put(m, "Conv", {"x", "x"});
              }},
        Fault{"conv without weights", kBad, "input 1 is missing",
              [](TestModel& m) { put(m, "Conv"); }},
        Fault{"pool without kernel", kBad, "no kernel_shape",
              [](TestModel& m) { put(m, "MaxPool"); }},
        Fault{"pool 3-D kernel", kBad, "3 numbers",
              [](TestModel& m) {
                set_ints(put(m, "MaxPool"), "kernel_shape", {2, 2, 2});
              }},
        Fault{"max pool indices", kUnsupported, "output 1 is used",
              [](TestModel& m) {
                auto& node = put(m, "MaxPool");
                set_ints(node, "kernel_shape", {1, 1});
                node.add_output("i");
                m.node("Relu", {"i"}, "u");
              }},
        Fault{
            "batch norm training", kUnsupported, "training mode",
            [](TestModel& m) {
              m.weights("v", {3});
              set_int(put(m, "BatchNormalization", {"x", "v", "v", "v", "v"}), "training_mode", 1);
            },
            14},
        Fault{"batch norm training by outputs", kUnsupported, "training mode",
              [](TestModel& m) {
                m.weights("v", {3});
                auto& node = put(m, "BatchNormalization", {"x", "v", "v", "v", "v"});
                for (const char* name : {"rm", "rv", "sm", "sv"}) node.add_output(name);
              },
              9},
        Fault{"input too many", kBad, "has 2 inputs, Relu takes 1 at most",
              [](TestModel& m) {
                m.numbers("a", {}, {2});
                put(m, "Relu", {"x", "a"});
              }},
        Fault{"clip limits before opset 11", kBad, "came with opset 11",
              [](TestModel& m) {
                m.numbers("a", {}, {0});
                m.numbers("b", {}, {6});
                put(m, "Clip", {"x", "a", "b"});
              },
              10},
        Fault{"dropout ratio before opset 12", kBad, "came with opset 12",
              [](TestModel& m) {
                m.numbers("a", {}, {0.5f});
                put(m, "Dropout", {"x", "a"});
              },
              11},
        Fault{"dropout training", kUnsupported, "training mode",
              [](TestModel& m) {
                m.numbers("r", {}, {0.5f});
                auto& flag = m.ints("on", {1});
                flag.clear_dims();
                put(m, "Dropout", {"x", "r", "on"});
              }},
        Fault{"clip order", kBad, "lower limit",
              [](TestModel& m) {
                m.numbers("a", {}, {2});
                m.numbers("b", {}, {1});
                put(m, "Clip", {"x", "a", "b"});
              }},
        Fault{"reshape drops batch", kUnsupported, "batch axis",
              [](TestModel& m) {
                m.ints("s", {-1});
                put(m, "Reshape", {"x", "s"});
              }},
        Fault{"reshape count", kBad, "do not divide",
              [](TestModel& m) {
                m.ints("s", {1, 7, -1});
                put(m, "Reshape", {"x", "s"});
              }},
        Fault{"reshape two open", kBad, "two axes open",
              [](TestModel& m) {
                m.ints("s", {1, -1, -1});
                put(m, "Reshape", {"x", "s"});
              }},
        Fault{"transpose batch", kUnsupported, "moves the batch axis",
              [](TestModel& m) {
                set_ints(put(m, "Transpose"), "perm", {1, 0, 2, 3});
              }},
        Fault{"transpose twice", kBad, "twice",
              [](TestModel& m) {
                set_ints(put(m, "Transpose"), "perm", {0, 1, 1, 3});
              }},
        Fault{"concat batch", kUnsupported, "along the batch axis",
              [](TestModel& m) {
                set_int(put(m, "Concat", {"x", "x"}), "axis", 0);
              }},
        Fault{"softmax batch", kUnsupported, "batch axis",
              [](TestModel& m) { set_int(put(m, "Softmax"), "axis", -4); }},
        Fault{"squeeze all", kUnsupported, "drops the batch axis",
              [](TestModel& m) { put(m, "Squeeze"); }},
        Fault{"flatten batch", kUnsupported, "batch axis",
              [](TestModel& m) { set_int(put(m, "Flatten"), "axis", 0); }},
        Fault{"slice nothing", kBad, "takes nothing",
              [](TestModel& m) {
                m.ints("s", {9});
                m.ints("a", {2});
                put(m, "Slice", {"x", "s", "s", "a"});
              }},
        Fault{"slice step 0", kBad, "steps by 0",
              [](TestModel& m) {
                m.ints("s", {0});
                m.ints("a", {2});
                put(m, "Slice", {"x", "s", "a", "a", "s"});
              }},
        Fault{"pad wrap", kUnsupported, "mode 'wrap'",
              [](TestModel& m) {
                m.ints("p", std::vector<std::int64_t>(8, 0));
                set_text(put(m, "Pad", {"x", "p"}), "mode", "wrap");
              }},
        Fault{"pad batch", kUnsupported, "pads the batch axis",
              [](TestModel& m) {
                m.ints("p", {1, 0, 0, 0, 0, 0, 0, 0});
                put(m, "Pad", {"x", "p"});
              }},
        Fault{"reduce batch", kUnsupported, "rows and columns",
              [](TestModel& m) {
                set_ints(put(m, "ReduceMean"), "axes", {0, 1});
              }},
        Fault{"matmul left", kUnsupported, "on the left",
              [](TestModel& m) {
                m.weights("w", {4, 4});
                put(m, "MatMul", {"w", "x"});
              }},
        Fault{"gemm transA", kUnsupported, "transA",
              [](TestModel& m) {
                m.classify("x", 144);
                set_int(*m.graph().mutable_node(1), "transA", 1);
              }},
        Fault{"broadcast batch", kUnsupported, "for every image",
              [](TestModel& m) {
                m.weights("w", {2, 3, 1, 1});
                put(m, "Add", {"x", "w"});
              }},
        Fault{"divide by zero", kBad, "divides 1 by 0",
              [](TestModel& m) {
                m.ints("one", {1});
                m.ints("zero", {0});
                put(m, "Div", {"one", "zero"});
              }},
        Fault{"integer overflow", kBad, "does not fit",
              [](TestModel& m) {
                m.ints("big", {INT64_MAX});
                put(m, "Add", {"big", "big"});
              }}),
    fault_name);

}  // namespace
}  // namespace ripple
