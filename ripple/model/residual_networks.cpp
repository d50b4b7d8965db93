#include "ripple/model/residual_networks.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "ripple/model/graph_builder.h"

namespace ripple {
namespace {

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

/// Normalisation and ReLU, then what a pre-activation block convolves.
ValueId add_norm_relu(GraphBuilder& b, const std::string& name, ValueId x) {
  x = b.add(name + ".norm", make_batch_normalization(static_cast<int>(b.shape(x)[0])), {x});
  return b.add(name + ".relu", Relu{}, {x});
}

/// The "basic-wide" block (Zagoruyko & Komodakis 2016, figure 1c).
ValueId add_wide_block(GraphBuilder& b, const std::string& name, int out_channels, int stride,
                       ValueId x) {
  const auto channels = static_cast<int>(b.shape(x)[0]);
  const ValueId in = add_norm_relu(b, name + ".a", x);
  ValueId y = b.add(name + ".a.conv", make_conv(out_channels, channels, 3, stride, 1), {in});
  y = add_norm_relu(b, name + ".b", y);
  y = b.add(name + ".b.conv", make_conv(out_channels, out_channels, 3, 1, 1), {y});
  if (out_channels != channels) {
    x = b.add(name + ".shortcut.conv", make_conv(out_channels, channels, 1, stride), {in});
  }
  return b.add(name + ".add", Binary{BinaryKind::kAdd}, {y, x});
}

Graph finish_with_mean(GraphBuilder& b, int classes, ValueId x) {
  const auto channels = static_cast<int>(b.shape(x)[0]);
  x = b.flatten("flatten", b.add("pool", GlobalAveragePool{}, {x}));
  return b.finish(b.add("fc", make_gemm(classes, channels), {x}));
}

}  // namespace

template <int blocks>
Graph build_cifar_resnet(const Shape& input, int classes) {
  GraphBuilder b(input, fmt::format("resnet{}", 6 * blocks + 2));
  ValueId x =
      add_conv_norm(b, "stem", make_conv(16, static_cast<int>(input[0]), 3, 1, 1), b.input());
  x = b.add("stem.relu", Relu{}, {x});
  int channels = 16;
  for (int stage = 1; stage <= 3; ++stage) {
    const int out_channels = 8 << stage;
    for (int block = 1; block <= blocks; ++block) {
      const bool smaller = out_channels != channels;
      x = add_block(b, fmt::format("stage{}.block{}", stage, block), channels, out_channels, x,
                    [&](const std::string& name, ValueId in) {
                      return smaller ? add_shortcut(b, name, out_channels, in) : in;
                    });
      channels = out_channels;
    }
  }
  return finish_with_mean(b, classes, x);
}

template Graph build_cifar_resnet<3>(const Shape&, int);
template Graph build_cifar_resnet<5>(const Shape&, int);
template Graph build_cifar_resnet<7>(const Shape&, int);
template Graph build_cifar_resnet<9>(const Shape&, int);

Graph build_wrn16_4(const Shape& input, int classes) {
  GraphBuilder b(input, "wrn16-4");
  ValueId x = b.add("stem.conv", make_conv(16, static_cast<int>(input[0]), 3, 1, 1), {b.input()});
  for (int stage = 1; stage <= 3; ++stage) {
    for (int block = 1; block <= 2; ++block) {
      const int stride = stage > 1 && block == 1 ? 2 : 1;
      x = add_wide_block(b, fmt::format("stage{}.block{}", stage, block), 32 << stage, stride, x);
    }
  }
  return finish_with_mean(b, classes, add_norm_relu(b, "end", x));
}

Graph build_resnet18(const Shape& input, int classes) {
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
  return finish_with_mean(b, classes, x);
}

}  // namespace ripple
