#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "ripple/base/file.h"
#include "tests/onnx_test_model.h"

// Writes the seeds of fuzz_onnx: make_onnx_seeds FOLDER. Valid models of every operator family,
// and malicious ones; the files are committed, so this runs only when seeds are added.

namespace {

using ripple::TestModel;
using Make = std::function<void(TestModel&)>;

void convolutions(TestModel& m) {
  m.weights("k", {3, 3, 3, 3});
  auto& conv = m.node("Conv", {"x", "k"}, "c");
  ripple::set_ints(conv, "pads", {1, 1, 1, 1});
  ripple::set_int(conv, "group", 1);
  m.numbers("v", {3}, {1, 2, 3});
  m.node("BatchNormalization", {"c", "v", "v", "v", "v"}, "b");
  m.node("Relu", {"b"}, "r");
  auto& pool = m.node("MaxPool", {"r"}, "p");
  ripple::set_ints(pool, "kernel_shape", {2, 2});
  ripple::set_ints(pool, "strides", {2, 2});
  m.classify("p", 36);
}

void shape_arithmetic(TestModel& m) {
  m.node("Shape", {"x"}, "s");
  m.ints("zero", {0});
  m.ints("rest", {-1});
  m.node("Gather", {"s", "zero"}, "n");
  ripple::set_int(m.node("Concat", {"n", "rest"}, "t"), "axis", 0);
  m.node("Reshape", {"x", "t"}, "flat");
  m.weights("w", {144, 4});
  m.node("MatMul", {"flat", "w"}, "mm");
  m.numbers("b", {4}, {1, 2, 3, 4});
  m.node("Add", {"mm", "b"}, "a");
  m.node("Softmax", {"a"}, "y");
}

void pad_and_slice(TestModel& m) {
  m.ints("size", {8});
  m.node("ConstantOfShape", {"size"}, "zeros");
  ripple::set_int(m.node("Cast", {"zeros"}, "pads"), "to", 7);
  m.node("Pad", {"x", "pads"}, "p");
  m.ints("starts", {0, -1});
  m.ints("ends", {INT64_MAX, INT64_MIN});
  m.ints("axes", {2, 3});
  m.ints("steps", {2, -1});
  m.node("Slice", {"p", "starts", "ends", "axes", "steps"}, "s");
  m.classify("s", 72);
}

void channels_last(TestModel& m) {
  ripple::set_ints(m.node("Transpose", {"x"}, "t"), "perm", {0, 3, 1, 2});
  m.node("Sigmoid", {"t"}, "s");
  ripple::set_ints(m.node("Transpose", {"s"}, "u"), "perm", {0, 2, 3, 1});
  auto& mean = m.node("ReduceMean", {"u"}, "m");
  ripple::set_ints(mean, "axes", {1, 2});
  ripple::set_int(mean, "keepdims", 0);
  m.classify("m", 3);
}

void activations(TestModel& m) {
  m.numbers("low", {}, {0});
  m.numbers("slope", {3, 1, 1}, {1, 2, 3});
  m.node("Clip", {"x", "low"}, "a");
  m.node("PRelu", {"a", "slope"}, "b");
  ripple::set_int(m.node("LRN", {"b"}, "c"), "size", 3);
  m.node("Mul", {"c", "a"}, "d");
  m.node("Div", {"low", "d"}, "e");
  ripple::set_int(m.node("Concat", {"e", "x"}, "f"), "axis", 1);
  m.node("GlobalAveragePool", {"f"}, "g");
  m.node("HardSwish", {"g"}, "h");
  m.node("Elu", {"h"}, "i");
  m.classify("i", 6);
}

void huge_tensor(TestModel& m) {
  m.classify("x", 144);
  m.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 40);
}

void external(TestModel& m) {
  m.classify("x", 144);
  auto* tensor = m.graph().mutable_initializer(0);
  tensor->clear_raw_data();
  tensor->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = tensor->add_external_data();
  entry->set_key("location");
  entry->set_value("../../etc/passwd");
}

/// Hung once: every row visited every part.
void concat_of_nothing(TestModel& m) {
  m.ints("column", {1 << 18, 1});
  m.node("ConstantOfShape", {"column"}, "some");
  m.numbers("e", {1 << 18, 0}, {});
  std::vector<std::string> parts(4000, "e");
  parts[0] = "some";
  ripple::set_int(m.node("Concat", parts, "joined"), "axis", 1);
  m.classify("x", 144);
}

/// Overflowed once: the starts added up.
void slice_of_nothing(TestModel& m) {
  ripple::add_slice_of_nothing(m);
  m.classify("x", 144);
}

void ends_in_sigmoid(TestModel& m) {
  m.classify("x", 144);
  m.graph().mutable_node(1)->set_output(0, "scores");
  m.node("Sigmoid", {"scores"});
}

void cycle(TestModel& m) {
  m.node("Add", {"x", "b"}, "a");
  m.node("Relu", {"a"}, "b");
  m.classify("b", 144);
}

void nested(TestModel& m) {
  onnx::GraphProto* graph = &m.graph();
  for (int i = 0; i < 50; ++i) {
    auto* attribute = graph->add_node()->add_attribute();
    attribute->set_name("g");
    graph = attribute->mutable_g();
  }
}

void metadata(TestModel& m) {
  m.classify("x", 144);
  for (const auto& [key, value] : {std::pair{"ripple.mean", "1,2,3"},
                                   {"ripple.std", "4,5,6"},
                                   {"ripple.labels", "a\nb\nc\nd"}}) {
    auto* entry = m.proto.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_onnx_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const auto write = [&](const char* name, TestModel model, const Make& make) {
    make(model);
    ripple::write_file(folder / name, model.bytes());
  };
  write("convolutions", TestModel(13), convolutions);
  write("shape_arithmetic", TestModel(13), shape_arithmetic);
  write("pad_and_slice", TestModel(13), pad_and_slice);
  write("channels_last", TestModel(13, {8, 6, 3}), channels_last);
  write("activations", TestModel(14), activations);
  write("metadata", TestModel(7), metadata);
  write("huge_tensor", TestModel(13), huge_tensor);
  write("external", TestModel(13), external);
  write("concat_of_nothing", TestModel(13), concat_of_nothing);
  write("slice_of_nothing", TestModel(13), slice_of_nothing);
  write("ends_in_sigmoid", TestModel(13), ends_in_sigmoid);
  write("one_channel", TestModel(13, {1, 8, 6}), [](TestModel& m) { m.classify("x", 48); });
  write("cycle", TestModel(13), cycle);
  write("nested", TestModel(13), nested);
  ripple::write_file(folder / "empty", "");
  return 0;
}
