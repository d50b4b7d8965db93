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

/// Two 3x3 convolutions beside a shortcut (He et al. 2016, figure 2); the first has stride 2 where
/// the number of channels changes. `shortcut` takes a name and the block's input.
template <typename Shortcut>
ValueId add_block(GraphBuilder& b, const std::string& name, int channels, int out_channels,
                  ValueId x, const Shortcut& shortcut) {
  const int stride = out_channels == channels ? 1 : 2;
  ValueId y = add_conv_norm(b, name + ".a", make_conv(out_channels, channels, 3, stride, 1), x);
  y = b.add(name + ".a.relu", Relu{}, {y});
  y = add_conv_norm(b, name + ".b", make_conv(out_channels, out_channels, 3, 1, 1), y);
  x = shortcut(name + ".shortcut", x);
  x = b.add(name + ".add", Binary{BinaryKind::kAdd}, {y, x});
  return b.add(name + ".relu", Relu{}, {x});
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
      const bool smaller = out_channels != channels;
      x = add_block(b, fmt::format("stage{}.block{}", stage, block), channels, out_channels, x,
                    [&](const std::string& name, ValueId in) {
                      return smaller ? add_shortcut(b, name, out_channels, in) : in;
                    });
      channels = out_channels;
    }
  }
  x = b.flatten("flatten", b.add("pool", GlobalAveragePool{}, {x}));
  return b.finish(b.add("fc", make_gemm(classes, channels), {x}));
}

/// AlexNet in one tower (Krizhevsky 2014, arXiv:1404.5997) as torchvision has it: no local response
/// normalisation, no dropout (which inference does not have), fully connected layers for as many
/// features as the image gives (6x6x256 at 224x224).
Graph build_alexnet(const Shape& input, int classes) {
  struct Layer {
    int channels, kernel, stride, pad;
    bool pooled;
  };
  GraphBuilder b(input, "alexnet");
  ValueId x = b.input();
  int number = 0;
  for (const Layer& layer :
       {Layer{64, 11, 4, 2, true}, Layer{192, 5, 1, 2, true}, Layer{384, 3, 1, 1, false},
        Layer{256, 3, 1, 1, false}, Layer{256, 3, 1, 1, true}}) {
    const std::string n = std::to_string(++number);
    const auto channels = static_cast<int>(b.shape(x)[0]);
    x = b.add("conv" + n,
              make_conv(layer.channels, channels, layer.kernel, layer.stride, layer.pad), {x});
    x = b.add("relu" + n, Relu{}, {x});
    if (layer.pooled) x = b.add("pool" + n, MaxPool{make_window(3, 2)}, {x});
  }
  x = b.flatten("flatten", x);
  for (int i = 1; i <= 2; ++i) {
    const std::string n = std::to_string(i);
    x = b.add("fc" + n, make_gemm(4096, static_cast<int>(b.shape(x)[0])), {x});
    x = b.add("fc" + n + ".relu", Relu{}, {x});
  }
  return b.finish(b.add("fc3", make_gemm(classes, 4096), {x}));
}

/// The ImageNet network of He et al. 2016 (arXiv:1512.03385, table 1) with two blocks a stage: 64,
/// 128, 256 and 512 channels, projection shortcuts where the shape changes (option B), 11.7 M
/// parameters.
Graph build_resnet18(const Shape& input, int classes) {
  if (input.size() != 3 || std::min(input[1], input[2]) < 32) {
    throw Error(ErrorCode::kBadArgument, "resnet18",
                "the last stage has a 32nd of the image's rows and columns");
  }
  GraphBuilder b(input, "resnet18");
  ValueId x =
      add_conv_norm(b, "stem", make_conv(64, static_cast<int>(input[0]), 7, 2, 3), b.input());
  x = b.add("stem.relu", Relu{}, {x});
  x = b.add("stem.pool", MaxPool{make_window(3, 2, 1)}, {x});
  int channels = 64;
  for (int stage = 1; stage <= 4; ++stage) {
    const int out_channels = 32 << stage;
    for (int block = 1; block <= 2; ++block) {
      const bool projected = out_channels != channels;
      x = add_block(b, fmt::format("stage{}.block{}", stage, block), channels, out_channels, x,
                    [&](const std::string& name, ValueId in) {
                      if (!projected) return in;
                      return add_conv_norm(b, name, make_conv(out_channels, channels, 1, 2), in);
                    });
      channels = out_channels;
    }
  }
  x = b.flatten("flatten", b.add("pool", GlobalAveragePool{}, {x}));
  return b.finish(b.add("fc", make_gemm(classes, channels), {x}));
}

// Without normalisation a LeNet dies (all ReLUs at zero) at the rate that residual networks need.
constexpr std::array kArchitectures{
    Architecture{"lenet", "LeNet-5 with ReLU (LeCun et al. 1998), 62 k parameters", 0.03, 32, 10,
                 &build_lenet},
    Architecture{"resnet20", "residual network for CIFAR-10 (He et al. 2016), 0.27 M parameters",
                 0.1, 32, 10, &build_resnet20},
    Architecture{"alexnet", "AlexNet in one tower (Krizhevsky 2014), 61 M parameters at 224x224",
                 0.01, 224, 1000, &build_alexnet},
    Architecture{"resnet18", "residual network for ImageNet (He et al. 2016), 11.7 M parameters",
                 0.1, 224, 1000, &build_resnet18},
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

const Architecture& find_architecture(std::string_view name) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [&](const Architecture& a) { return a.name == name; });
  if (found != kArchitectures.end()) return *found;
  std::string known;
  for (const Architecture& a : kArchitectures) {
    known += (known.empty() ? "" : ", ") + std::string(a.name);
  }
  throw Error(ErrorCode::kBadArgument, "architecture",
              fmt::format("'{}' is not known; use one of {}", name, known));
}

Graph make_architecture(const std::string& name, const Shape& input, int classes,
                        std::uint64_t seed) {
  const Architecture& found = find_architecture(name);
  if (classes < 2) {
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("{} classes are too few; a classifier needs at least 2", classes));
  }
  Graph graph;
  try {
    graph = found.build(input, classes);
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("cannot take images of {} ({}); use larger images", to_string(input),
                            error.what()));
  }
  initialise(graph, seed);
  return graph;
}

}  // namespace ripple
