#include "ripple/model/graph_builder.h"

#include <algorithm>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/model/infer_shape.h"
#include "ripple/model/onnx_file.h"

namespace ripple {

GraphBuilder::GraphBuilder(Shape input, std::string where, std::string input_name)
    : where_(std::move(where)) {
  if (input.size() != 3 || *std::min_element(input.begin(), input.end()) < 1) {
    throw Error(ErrorCode::kBadModel, where_,
                fmt::format("the input is {}, not an image [C, H, W]", to_string(input)));
  }
  graph_.values.push_back({std::move(input_name), std::move(input)});
}

ValueId GraphBuilder::add(std::string name, Op op, std::vector<ValueId> inputs,
                          std::string value_name) {
  const std::string where = fmt::format("{}: node '{}' ({})", where_, name, op_name(op));
  if (!names_.insert(name).second) {
    throw Error(ErrorCode::kBadModel, where, "its name is used twice");
  }
  std::vector<Shape> shapes;
  for (const ValueId input : inputs) {
    if (input < 0 || static_cast<std::size_t>(input) >= graph_.values.size()) {
      throw Error(ErrorCode::kBadModel, where, "reads a value that does not exist");
    }
    shapes.push_back(graph_.shape(input));
  }
  Shape shape = infer_shape(op, shapes, where);
  const auto output = static_cast<ValueId>(graph_.values.size());
  graph_.values.push_back({value_name.empty() ? name : std::move(value_name), std::move(shape)});
  graph_.nodes.push_back({std::move(name), std::move(op), std::move(inputs), output});
  return output;
}

ValueId GraphBuilder::flatten(std::string name, ValueId input) {
  return add(std::move(name), Reshape{{element_count(shape(input))}}, {input});
}

void GraphBuilder::check_room(std::int64_t numbers) const {
  for (const Node& node : graph_.nodes) numbers += parameter_count(node.op);
  const std::int64_t bytes = numbers * static_cast<std::int64_t>(sizeof(float));
  if (bytes <= kMaxOnnxBytes) return;
  const Shape& image = shape(input());
  throw Error(ErrorCode::kBadArgument, where_,
              fmt::format("for {}x{} images has {} MB of weights, more than an ONNX file holds "
                          "(2 GiB); choose a smaller size (--size)",
                          image[2], image[1], bytes / 1'000'000));
}

Graph GraphBuilder::finish(ValueId output, std::string output_name) {
  if (output < 0 || static_cast<std::size_t>(output) >= graph_.values.size()) {
    throw Error(ErrorCode::kBadModel, where_, "the output is a value that does not exist");
  }
  Graph graph = graph_;
  std::vector<std::size_t> writers(graph.values.size(), graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) writers[graph.nodes[i].output] = i;
  const auto writer = [&](ValueId id) {
    return graph.nodes.begin() + static_cast<std::ptrdiff_t>(writers[id]);
  };
  graph.output_name = output_name.empty() ? graph.values[output].name : std::move(output_name);
  // A trailing Softmax is taken off, also where only reshapes follow it (Keras' MobileNet): the
  // softmax of the flat vector is the same as long as it ran over every class.
  auto last = writer(output);
  std::vector<std::size_t> reshapes;
  while (last != graph.nodes.end() && std::holds_alternative<Reshape>(last->op)) {
    reshapes.push_back(static_cast<std::size_t>(last - graph.nodes.begin()));
    last = writer(last->inputs[0]);
  }
  if (last != graph.nodes.end() && std::holds_alternative<Softmax>(last->op)) {
    const Shape& shape = graph.shape(last->output);
    const auto axis = static_cast<std::size_t>(std::get<Softmax>(last->op).axis);
    if (shape[axis] == element_count(shape)) {
      graph.ends_in_softmax = true;
      if (reshapes.empty()) {
        output = last->inputs[0];
      } else {
        graph.nodes[reshapes.back()].inputs[0] = last->inputs[0];
      }
    }
  }
  // Keep what the logits need, walking backwards: every reader stands behind its writer.
  std::vector<bool> needed(graph.values.size(), false);
  needed[output] = true;
  std::vector<Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!needed[node->output]) continue;
    for (const ValueId input : node->inputs) needed[input] = true;
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  if (!needed[graph.input]) {
    throw Error(ErrorCode::kBadModel, where_, "the output does not depend on the input image");
  }
  // Values without a writer go too, so that executors can allocate one buffer a value.
  std::vector<ValueId> renumbered(graph.values.size(), -1);
  std::vector<Value> values;
  for (std::size_t id = 0; id < graph.values.size(); ++id) {
    if (!needed[id]) continue;
    renumbered[id] = static_cast<ValueId>(values.size());
    values.push_back(std::move(graph.values[id]));
  }
  for (Node& node : kept) {
    node.output = renumbered[node.output];
    for (ValueId& input : node.inputs) input = renumbered[input];
  }
  graph.values = std::move(values);
  graph.nodes = std::move(kept);
  graph.input = renumbered[graph.input];
  graph.logits = renumbered[output];
  const Shape& logits = graph.shape(graph.logits);
  if (logits.size() != 1 || logits[0] < 2) {
    throw Error(
        ErrorCode::kBadModel, where_,
        fmt::format("the output is {}, not a vector of two or more class scores; is this an image "
                    "classifier?",
                    to_string(logits)));
  }
  return graph;
}

Window make_window(int kernel, int stride, int pad, int dilation) {
  return {.kernel = {kernel, kernel},
          .stride = {stride, stride},
          .dilation = {dilation, dilation},
          .pad_begin = {pad, pad},
          .pad_end = {pad, pad}};
}

Conv make_conv(int out_channels, int in_channels, int kernel, int stride, int pad, int groups,
               int dilation) {
  return {.window = make_window(kernel, stride, pad, dilation),
          .groups = groups,
          .weight = filled(Shape{out_channels, in_channels / groups, kernel, kernel}, 0.0f),
          .bias = filled(Shape{out_channels}, 0.0f)};
}

Gemm make_gemm(int out, int in) {
  return {filled(Shape{out, in}, 0.0f), filled(Shape{out}, 0.0f)};
}

BatchNormalization make_batch_normalization(int channels) {
  return {.scale = filled(Shape{channels}, 1.0f),
          .bias = filled(Shape{channels}, 0.0f),
          .mean = filled(Shape{channels}, 0.0f),
          .variance = filled(Shape{channels}, 1.0f),
          .epsilon = 1e-5f};
}

}  // namespace ripple
