#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ripple/model/graph.h"

namespace ripple {

/// Where training drops activations (Srivastava et al. 2014). The graph has no node for it, since
/// inference has none.
struct DropoutSpot {
  std::string_view value;  ///< name in Graph::values, e.g. "input" or "pool1"
  double rate;             ///< share that becomes zero; the rest is divided by 1 - rate
};

/// A network that `ripple train` knows.
struct Architecture {
  std::string_view name;                 ///< what a person writes, e.g. "resnet20"
  std::string_view summary;              ///< one line for --help, with its source
  double learning_rate;                  ///< a good highest one for train(), at its other defaults
  int image_side;                        ///< rows and columns of the images it was published for
  int classes;                           ///< of the data it was published for
  int smallest_side;                     ///< images of fewer rows or columns do not fit
  std::span<const DropoutSpot> dropout;  ///< as published
  Graph (*build)(const Shape& input, int classes);  ///< with zero weights
};

/// All of them, in the order of --help.
std::span<const Architecture> architectures();

/// The row of that name. Errors: kBadArgument, naming the known ones.
const Architecture& find_architecture(std::string_view name);

/// The named network for images of `input` [C, H, W], ready to be trained: weights of Conv and Gemm
/// drawn from N(0, 2 / fan-in) (He et al. 2015, arXiv:1502.01852), biases zero,
/// BatchNormalization without effect. The same seed gives the same weights everywhere.
/// Errors: kBadArgument for an unknown name (naming the known ones), for fewer than two classes,
/// for images too small for the network, naming the smallest size and the networks that fit, and
/// for images so large that an ONNX file would not hold a fully connected layer.
Graph make_architecture(const std::string& name, const Shape& input, int classes,
                        std::uint64_t seed = 1);

}  // namespace ripple
