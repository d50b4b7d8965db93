#include "ripple/model/plain_networks.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "ripple/model/graph_builder.h"

namespace ripple {
namespace {

int channels_of(const GraphBuilder& b, ValueId x) {
  return static_cast<int>(b.shape(x)[0]);
}

/// A convolution and its ReLU, "NAME" and "NAME.relu".
ValueId add_conv_relu(GraphBuilder& b, const std::string& name, int channels, int kernel,
                      int stride, int pad, ValueId x) {
  x = b.add(name, make_conv(channels, channels_of(b, x), kernel, stride, pad), {x});
  return b.add(name + ".relu", Relu{}, {x});
}

/// A fully connected layer for whatever the vector x has.
ValueId add_gemm(GraphBuilder& b, const std::string& name, int features, ValueId x) {
  b.check_room((std::int64_t{channels_of(b, x)} + 1) * features);
  return b.add(name, make_gemm(features, channels_of(b, x)), {x});
}

/// One score a class from the mean of a 1x1 convolution.
Graph finish_with_mean(GraphBuilder& b, const std::string& name, int classes, ValueId x) {
  x = b.add(name, make_conv(classes, channels_of(b, x), 1), {x});
  return b.finish(b.flatten("flatten", b.add("mean", GlobalAveragePool{}, {x})));
}

/// VGG-16 for 32x32 images whose first stage has `width` channels.
Graph build_vgg(const std::string& name, const Shape& input, int classes, int width) {
  constexpr std::array kConvolutions{2, 2, 3, 3, 3};
  GraphBuilder b(input, name);
  ValueId x = b.input();
  for (int stage = 1; stage <= 5; ++stage) {
    const int channels = width << std::min(stage - 1, 3);
    for (int i = 1; i <= kConvolutions[std::size_t(stage - 1)]; ++i) {
      const std::string n = fmt::format("conv{}_{}", stage, i);
      x = b.add(n, make_conv(channels, channels_of(b, x), 3, 1, 1), {x});
      x = b.add(n + ".norm", make_batch_normalization(channels), {x});
      x = b.add(n + ".relu", Relu{}, {x});
    }
    x = b.add(fmt::format("pool{}", stage), MaxPool{make_window(2, 2)}, {x});
  }
  x = b.flatten("flatten", x);
  x = b.add("fc1.relu", Relu{}, {add_gemm(b, "fc1", 8 * width, x)});
  return b.finish(add_gemm(b, "fc2", classes, x));
}

}  // namespace

Graph build_lenet(const Shape& input, int classes) {
  GraphBuilder b(input, "lenet");
  ValueId x = b.input();
  x = b.add("conv1", make_conv(6, channels_of(b, x), 5), {x});
  x = b.add("relu1", Relu{}, {x});
  x = b.add("pool1", MaxPool{make_window(2, 2)}, {x});
  x = b.add("conv2", make_conv(16, 6, 5), {x});
  x = b.add("relu2", Relu{}, {x});
  x = b.add("pool2", MaxPool{make_window(2, 2)}, {x});
  x = b.flatten("flatten", x);
  x = b.add("relu3", Relu{}, {add_gemm(b, "fc1", 120, x)});
  x = b.add("relu4", Relu{}, {add_gemm(b, "fc2", 84, x)});
  return b.finish(add_gemm(b, "fc3", classes, x));
}

Graph build_allconv(const Shape& input, int classes) {
  GraphBuilder b(input, "allconv");
  ValueId x = b.input();
  x = add_conv_relu(b, "conv1", 96, 3, 1, 1, x);
  x = add_conv_relu(b, "conv2", 96, 3, 1, 1, x);
  x = add_conv_relu(b, "conv3", 96, 3, 2, 1, x);
  x = add_conv_relu(b, "conv4", 192, 3, 1, 1, x);
  x = add_conv_relu(b, "conv5", 192, 3, 1, 1, x);
  x = add_conv_relu(b, "conv6", 192, 3, 2, 1, x);
  x = add_conv_relu(b, "conv7", 192, 3, 1, 0, x);
  x = add_conv_relu(b, "conv8", 192, 1, 1, 0, x);
  return finish_with_mean(b, "conv9", classes, x);
}

Graph build_nin(const Shape& input, int classes) {
  GraphBuilder b(input, "nin");
  ValueId x = b.input();
  x = add_conv_relu(b, "conv1", 192, 5, 1, 2, x);
  x = add_conv_relu(b, "cccp1", 160, 1, 1, 0, x);
  x = add_conv_relu(b, "cccp2", 96, 1, 1, 0, x);
  x = b.add("pool1", MaxPool{make_window(3, 2, 1)}, {x});
  x = add_conv_relu(b, "conv2", 192, 5, 1, 2, x);
  x = add_conv_relu(b, "cccp3", 192, 1, 1, 0, x);
  x = add_conv_relu(b, "cccp4", 192, 1, 1, 0, x);
  x = b.add("pool2", AveragePool{make_window(3, 2, 1)}, {x});
  x = add_conv_relu(b, "conv3", 192, 3, 1, 1, x);
  x = add_conv_relu(b, "cccp5", 192, 1, 1, 0, x);
  return finish_with_mean(b, "cccp6", classes, x);
}

Graph build_vgg16(const Shape& input, int classes) {
  return build_vgg("vgg16", input, classes, 64);
}

Graph build_vgg16_narrow(const Shape& input, int classes) {
  return build_vgg("vgg16-narrow", input, classes, 16);
}

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
    x = b.add("conv" + n,
              make_conv(layer.channels, channels_of(b, x), layer.kernel, layer.stride, layer.pad),
              {x});
    x = b.add("relu" + n, Relu{}, {x});
    if (layer.pooled) x = b.add("pool" + n, MaxPool{make_window(3, 2)}, {x});
  }
  x = b.flatten("flatten", x);
  for (int i = 1; i <= 2; ++i) {
    const std::string n = "fc" + std::to_string(i);
    x = b.add(n + ".relu", Relu{}, {add_gemm(b, n, 4096, x)});
  }
  return b.finish(add_gemm(b, "fc3", classes, x));
}

}  // namespace ripple
