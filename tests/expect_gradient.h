#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ripple/base/array.h"
#include "ripple/model/graph.h"

namespace ripple {

inline ValueId value_named(const Graph& graph, const std::string& name) {
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].name == name) return static_cast<ValueId>(i);
  }
  return -1;
}

/// Expects row `row` of `got` within 2e-5 of the largest wanted number; NaN fails.
inline void expect_gradient(const Tensor& got, std::size_t row, const std::vector<double>& want) {
  ASSERT_GE(got.data.size(), (row + 1) * want.size());
  double largest = 0.0;
  for (const double value : want) largest = std::max(largest, std::abs(value));
  ASSERT_TRUE(largest > 0.0);
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double value = got.data[row * want.size() + i];
    EXPECT_TRUE(std::abs(value - want[i]) <= 2e-5 * largest) << value << " not " << want[i];
  }
}

}  // namespace ripple
