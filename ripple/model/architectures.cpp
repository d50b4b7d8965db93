#include "ripple/model/architectures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/rng.h"
#include "ripple/model/plain_networks.h"
#include "ripple/model/residual_networks.h"

namespace ripple {
namespace {

constexpr std::array kAllConvDropout{DropoutSpot{"input", 0.2}, DropoutSpot{"conv3.relu", 0.5},
                                     DropoutSpot{"conv6.relu", 0.5}};
constexpr std::array kNinDropout{DropoutSpot{"pool1", 0.5}, DropoutSpot{"pool2", 0.5}};
constexpr std::array kVggDropout{DropoutSpot{"conv1_1.relu", 0.3}, DropoutSpot{"conv2_1.relu", 0.4},
                                 DropoutSpot{"conv3_1.relu", 0.4}, DropoutSpot{"conv3_2.relu", 0.4},
                                 DropoutSpot{"conv4_1.relu", 0.4}, DropoutSpot{"conv4_2.relu", 0.4},
                                 DropoutSpot{"conv5_1.relu", 0.4}, DropoutSpot{"conv5_2.relu", 0.4},
                                 DropoutSpot{"pool5", 0.5},        DropoutSpot{"fc1.relu", 0.5}};
// With a quarter of the channels, dropping between convolutions leaves too little to learn with.
constexpr std::array kVggNarrowDropout{DropoutSpot{"pool5", 0.5}, DropoutSpot{"fc1.relu", 0.5}};
constexpr std::array kAlexNetDropout{DropoutSpot{"flatten", 0.5}, DropoutSpot{"fc1.relu", 0.5}};

// Without normalisation a LeNet dies (all ReLUs at zero) at the rate that residual networks need.
// clang-format off
constexpr std::array kArchitectures{
    Architecture{"lenet", "LeNet-5 with ReLU (LeCun et al. 1998), 62 k parameters",
                 0.03, 32, 10, 16, {}, &build_lenet},
    Architecture{"allconv", "All-CNN-C (Springenberg et al. 2014), 1.4 M parameters",
                 0.05, 32, 10, 9, kAllConvDropout, &build_allconv},
    Architecture{"nin", "Network in Network (Lin et al. 2013), 0.97 M parameters",
                 0.05, 32, 10, 1, kNinDropout, &build_nin},
    Architecture{"vgg16", "VGG-16 for CIFAR-10 with batch normalisation (Liu & Deng 2015), 15 M parameters",
                 0.05, 32, 10, 32, kVggDropout, &build_vgg16},
    Architecture{"vgg16-narrow", "vgg16 with a quarter of the channels, 0.94 M parameters",
                 0.05, 32, 10, 32, kVggNarrowDropout, &build_vgg16_narrow},
    Architecture{"resnet20", "residual network for CIFAR-10 (He et al. 2016), 0.27 M parameters",
                 0.1, 32, 10, 1, {}, &build_cifar_resnet<3>},
    Architecture{"resnet32", "the same with 32 layers, 0.47 M parameters",
                 0.1, 32, 10, 1, {}, &build_cifar_resnet<5>},
    Architecture{"resnet44", "the same with 44 layers, 0.66 M parameters",
                 0.1, 32, 10, 1, {}, &build_cifar_resnet<7>},
    Architecture{"resnet56", "the same with 56 layers, 0.86 M parameters",
                 0.1, 32, 10, 1, {}, &build_cifar_resnet<9>},
    Architecture{"wrn16-4", "wide residual network (Zagoruyko & Komodakis 2016), 2.7 M parameters",
                 0.1, 32, 10, 1, {}, &build_wrn16_4},
    Architecture{"alexnet", "AlexNet in one tower (Krizhevsky 2014), 61 M parameters at 224x224",
                 0.01, 224, 1000, 63, kAlexNetDropout, &build_alexnet},
    Architecture{"resnet18", "residual network for ImageNet (He et al. 2016), 11.7 M parameters",
                 0.1, 224, 1000, 32, {}, &build_resnet18},
};
// clang-format on

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

/// The names of those that take images of `side` rows or columns, e.g. "nin, resnet20".
std::string names_for(std::int64_t side) {
  std::string out;
  for (const Architecture& a : kArchitectures) {
    if (a.smallest_side <= side) out += (out.empty() ? "" : ", ") + std::string(a.name);
  }
  return out;
}

}  // namespace

std::span<const Architecture> architectures() {
  return kArchitectures;
}

const Architecture& find_architecture(std::string_view name) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [&](const Architecture& a) { return a.name == name; });
  if (found != kArchitectures.end()) return *found;
  throw Error(ErrorCode::kBadArgument, "architecture",
              fmt::format("'{}' is not known; use one of {}", name, names_for(1 << 30)));
}

Graph make_architecture(const std::string& name, const Shape& input, int classes,
                        std::uint64_t seed) {
  const Architecture& found = find_architecture(name);
  if (classes < 2) {
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("{} classes are too few; a classifier needs at least 2", classes));
  }
  const std::int64_t side = input.size() == 3 ? std::min(input[1], input[2]) : 0;
  if (side < found.smallest_side) {
    const std::string fitting = names_for(side);
    throw Error(ErrorCode::kBadArgument, name,
                fmt::format("cannot take images of {}; use larger images, of {} or more rows and "
                            "columns{}",
                            to_string(input), found.smallest_side,
                            fitting.empty() ? "" : ", or one of " + fitting));
  }
  Graph graph = found.build(input, classes);
  initialise(graph, seed);
  return graph;
}

}  // namespace ripple
