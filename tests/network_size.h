#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "ripple/model/graph.h"

namespace ripple {

/// What is published of a network.
struct PublishedSize {
  std::int64_t parameters;    ///< trainable: biases before a normalisation and statistics left out
  double mega_multiply_adds;  ///< of one pass
};

inline void expect_size(const Graph& graph, const PublishedSize& published) {
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  for (const Node& node : graph.nodes) {
    parameters += parameter_count(node.op);
    macs += multiply_adds(graph, node);
    if (const auto* norm = std::get_if<BatchNormalization>(&node.op)) {
      parameters -= std::int64_t(norm->mean.data.size() + norm->variance.data.size());
    }
    // make_conv gives every convolution a bias; published counts leave it out before a
    // normalisation.
    const bool normalised =
        std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& reader) {
          return std::holds_alternative<BatchNormalization>(reader.op) &&
                 reader.inputs[0] == node.output;
        });
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv != nullptr && normalised) parameters -= std::int64_t(conv->bias.data.size());
  }
  EXPECT_EQ(parameters, published.parameters);
  EXPECT_TRUE(std::abs(double(macs) * 1e-6 / published.mega_multiply_adds - 1.0) < 0.005) << macs;
}

inline Shape shape_after(const Graph& graph, const std::string& name) {
  for (const Node& node : graph.nodes) {
    if (node.name == name) return graph.shape(node.output);
  }
  return {};
}

}  // namespace ripple
