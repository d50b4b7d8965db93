#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "ripple/model/graph.h"

namespace ripple {

/// Builds a valid Graph node by node; the only way besides read_onnx(). Used by the architectures
/// that `train` knows, and by tests.
///
///   GraphBuilder b({3, 32, 32});
///   ValueId x = b.add("conv1", make_conv(6, 3, 5), {b.input()});
///   Graph g = b.finish(b.add("fc", make_gemm(10, 6 * 28 * 28), {b.add("flat", flatten, {x})}));
///
/// Errors: add() and finish() throw what infer_shape() throws; a name used twice is kBadModel.
class GraphBuilder {
 public:
  /// `where` begins every error message: the file being read, or the architecture's name.
  explicit GraphBuilder(Shape input, std::string where = "graph", std::string input_name = "input");

  ValueId input() const { return graph_.input; }
  const Shape& shape(ValueId id) const { return graph_.shape(id); }

  /// Appends a node and returns its output, named `value_name` (by default as the node).
  ValueId add(std::string name, Op op, std::vector<ValueId> inputs, std::string value_name = "");

  /// [C, H, W] -> [C * H * W]
  ValueId flatten(std::string name, ValueId input);

  /// To be asked before a layer of `numbers` parameters is made, whose memory may not be there.
  /// Errors: kBadArgument where an ONNX file (2 GiB) would not hold it and the nodes so far.
  void check_room(std::int64_t numbers) const;

  /// The finished graph. Drops nodes that the logits do not need; a trailing Softmax is taken off
  /// and noted in ends_in_softmax. Errors: kBadModel where `output` is no vector of at least two
  /// classes.
  Graph finish(ValueId output, std::string output_name = "");

 private:
  Graph graph_;
  std::string where_;
  std::unordered_set<std::string> names_;
};

/// A convolution with zero weights and bias, to be filled or initialised.
Conv make_conv(int out_channels, int in_channels, int kernel, int stride = 1, int pad = 0,
               int groups = 1, int dilation = 1);

/// A fully connected layer with zero weights and bias.
Gemm make_gemm(int out, int in);

/// A batch normalisation that changes nothing: scale and variance 1, bias and mean 0.
BatchNormalization make_batch_normalization(int channels);

/// A square pooling or convolution window.
Window make_window(int kernel, int stride, int pad = 0, int dilation = 1);

}  // namespace ripple
