#pragma once

#include "ripple/model/graph.h"

namespace ripple {

// Networks without shortcuts, for architectures.h, with zero weights. Errors: those of
// GraphBuilder where the image is too small (make_architecture() looks at that before) or too large
// for a fully connected layer.

/// LeNet-5 (LeCun et al. 1998) as the Keras ports for CIFAR-10 have it: ReLU, max pooling, 62 k
/// parameters.
Graph build_lenet(const Shape& input, int classes);

/// All-CNN-C (Springenberg et al. 2014, arXiv:1412.6806, table 1): nine convolutions, two of them
/// with stride 2 in place of pooling, 1.4 M parameters.
/// Deviation: no ReLU behind the last convolution; a class whose ReLU is zero for every image would
/// never come back.
Graph build_allconv(const Shape& input, int classes);

/// Network in Network (Lin et al. 2013, arXiv:1312.4400) for CIFAR-10, sizes as its authors
/// published them for Caffe: three convolutions, each followed by two of 1x1, 0.97 M parameters.
/// Deviation: pooling windows start one cell outside the image instead of ending there, which gives
/// the same sizes; no ReLU behind the last convolution, as for All-CNN.
Graph build_nin(const Shape& input, int classes);

/// VGG-16 (Simonyan & Zisserman 2014, arXiv:1409.1556) for CIFAR-10 as Liu & Deng 2015
/// (doi:10.1109/ACPR.2015.7486599) have it: batch normalisation, one hidden layer of 512 behind the
/// convolutions, 15.0 M parameters. Deviation: no normalisation behind the hidden layer.
Graph build_vgg16(const Shape& input, int classes);

/// The same with a quarter of the channels and hidden features: 0.94 M parameters.
Graph build_vgg16_narrow(const Shape& input, int classes);

/// AlexNet in one tower (Krizhevsky 2014, arXiv:1404.5997) as torchvision has it: no local response
/// normalisation, fully connected layers for as many features as the image gives (6x6x256 at
/// 224x224).
Graph build_alexnet(const Shape& input, int classes);

}  // namespace ripple
