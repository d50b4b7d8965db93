#pragma once

#include "ripple/model/graph.h"

namespace ripple {

// Residual networks for architectures.h, with zero weights.

/// The CIFAR-10 network of He et al. 2016 (arXiv:1512.03385, 4.2) with `blocks` blocks a stage: 16,
/// 32 and 64 channels, 6 * blocks + 2 weighted layers, shortcuts without parameters (option A).
template <int blocks>
Graph build_cifar_resnet(const Shape& input, int classes);

extern template Graph build_cifar_resnet<3>(const Shape&, int);  // ResNet-20
extern template Graph build_cifar_resnet<5>(const Shape&, int);  // ResNet-32
extern template Graph build_cifar_resnet<7>(const Shape&, int);  // ResNet-44
extern template Graph build_cifar_resnet<9>(const Shape&, int);  // ResNet-56

/// WRN-16-4 (Zagoruyko & Komodakis 2016, arXiv:1605.07146, table 1): two blocks a stage of 64, 128
/// and 256 channels, normalisation and ReLU before every convolution, a 1x1 convolution as shortcut
/// where the shape changes, 2.7 M parameters.
Graph build_wrn16_4(const Shape& input, int classes);

/// The ImageNet network of He et al. 2016 (arXiv:1512.03385, table 1) with two blocks a stage: 64,
/// 128, 256 and 512 channels, projection shortcuts where the shape changes (option B), 11.7 M
/// parameters.
Graph build_resnet18(const Shape& input, int classes);

}  // namespace ripple
