#include "ripple/model/architectures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/rng.h"
#include "ripple/model/graph_builder.h"

namespace ripple {
namespace {

/// LeNet-5 (LeCun et al. 1998) as the Keras ports for CIFAR-10 have it: ReLU, max pooling, 62 k
/// parameters.
Graph build_lenet(const Shape& input, int classes) {
  GraphBuilder b(input, "lenet");
  ValueId x = b.input();
  x = b.add("conv1", make_conv(6, static_cast<int>(input[0]), 5), {x});
  x = b.add("relu1", Relu{}, {x});
  x = b.add("pool1", MaxPool{make_window(2, 2)}, {x});
  x = b.add("conv2", make_conv(16, 6, 5), {x});
  x = b.add("relu2", Relu{}, {x});
  x = b.add("pool2", MaxPool{make_window(2, 2)}, {x});
  x = b.flatten("flatten", x);
  x = b.add("fc1", make_gemm(120, static_cast<int>(b.shape(x)[0])), {x});
  x = b.add("relu3", Relu{}, {x});
  x = b.add("fc2", make_gemm(84, 120), {x});
  x = b.add("relu4", Relu{}, {x});
  return b.finish(b.add("fc3", make_gemm(classes, 84), {x}));
}

/// Convolution without a bias of its own and the normalisation that has one.
ValueId add_conv_norm(GraphBuilder& b, const std::string& name, Conv conv, ValueId x) {
  const auto channels = static_cast<int>(conv.weight.shape[0]);
  x = b.add(name + ".conv", std::move(conv), {x});
  return b.add(name + ".norm", make_batch_normalization(channels), {x});
}

/// Shortcut of option A (He et al. 2016, 3.3): every second row and column, new channels zero; it
/// has no parameters.
ValueId add_shortcut(GraphBuilder& b, const std::string& name, int out_channels, ValueId x) {
  const Shape in = b.shape(x);
  const Slice slice{{0, 0, 0}, {1, 2, 2}, {in[0], (in[1] + 1) / 2, (in[2] + 1) / 2}};
  x = b.add(name + ".slice", slice, {x});
  const std::int64_t more = out_channels - in[0];
  return b.add(name + ".pad", Pad{{more / 2, 0, 0}, {more - more / 2, 0, 0}}, {x});
}

/// The CIFAR-10 network of He et al. 2016 (arXiv:1512.03385, 4.2) with n = 3 blocks a stage: 16, 32
/// and 64 channels, 20 weighted layers, 0.27 M parameters.
Graph build_resnet20(const Shape& input, int classes) {
  GraphBuilder b(input, "resnet20");
  ValueId x =
      add_conv_norm(b, "stem", make_conv(16, static_cast<int>(input[0]), 3, 1, 1), b.input());
  x = b.add("stem.relu", Relu{}, {x});
  int channels = 16;
  for (int stage = 1; stage <= 3; ++stage) {
    const int out_channels = 8 << stage;
    for (int block = 1; block <= 3; ++block) {
      const std::string name = fmt::format("stage{}.block{}", stage, block);
      const int stride = out_channels == channels ? 1 : 2;
      ValueId y = add_conv_norm(b, name + ".a", make_conv(out_channels, channels, 3, stride, 1), x);
      y = b.add(name + ".a.relu", Relu{}, {y});
      y = add_conv_norm(b, name + ".b", make_conv(out_channels, out_channels, 3, 1, 1), y);
      if (stride != 1) x = add_shortcut(b, name + ".shortcut", out_channels, x);
      x = b.add(name + ".add", Binary{BinaryKind::kAdd}, {y, x});
      x = b.add(name + ".relu", Relu{}, {x});
      channels = out_channels;
    }
  }
  x = b.flatten("flatten", b.add("pool", GlobalAveragePool{}, {x}));
  return b.finish(b.add("fc", make_gemm(classes, channels), {x}));
}

// Without normalisation a LeNet dies (all ReLUs at zero) at the rate that residual networks need.
constexpr std::array kArchitectures{
    Architecture{"lenet", "LeNet-5 with ReLU (LeCun et al. 1998), 62 k parameters", 0.03,
                 &build_lenet},
    Architecture{"resnet20", "residual network for CIFAR-10 (He et al. 2016), 0.27 M parameters",
                 0.1, &build_resnet20},
};

/// Draws the weights in the order of the nodes.
void initialise(Graph& graph, std::uint64_t seed) {
  Rng rng({seed, 0x696e6974});  // "init"
  const auto draw = [&](Tensor& weight) {
    const double fan_in = double(weight.data.size()) / double(weight.shape[0]);
    const double deviation = std::sqrt(2.0 / fan_in);
    for (float& w : weight.data) w = static_cast<float>(rng.normal(0.0, deviation));
  };
  for (Node& node : graph.nodes) {
    if (auto* conv = std::get_if<Conv>(&node.op)) draw(conv->weight);
    if (auto* gemm = std::get_if<Gemm>(&node.op)) draw(gemm->weight);
  }
}

}  // namespace

std::span<const Architecture> architectures() {
  return kArchitectures;
}

Graph make_architecture(const std::string& name, const Shape& input, int classes,
                        std::uint64_t seed) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [&](const Architecture& a) { return a.name == name; });
  if (found == kArchitectures.end()) {
    std::string known;
    for (const Architecture& a : kArchitectures) {
      known += (known.empty() ? "" : ", ") + std::string(a.name);
    }
    throw Error(ErrorCode::kBadArgument, "architecture",
                fmt::format("'{}' is not known; use one of {}", name, known));
  }
  if (classes < 2) {
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("{} classes are too few; a classifier needs at least 2", classes));
  }
  Graph graph;
  try {
    graph = found->build(input, classes);
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("cannot take images of {} ({}); use larger images", to_string(input),
                            error.what()));
  }
  initialise(graph, seed);
  return graph;
}

}  // namespace ripple
