#include "ripple/report/map_blocks.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace ripple {

BlockMap largest_of_blocks(std::span<const float> values, int rows, int columns, int side) {
  BlockMap out{(rows + side - 1) / side, (columns + side - 1) / side};
  out.values.assign(static_cast<std::size_t>(out.rows) * static_cast<std::size_t>(out.columns),
                    std::numeric_limits<float>::quiet_NaN());
  // As many cells before block b as b * cells / blocks: all blocks are of nearly the same size.
  const auto block_of = [](int cell, int cells, int blocks) {
    return static_cast<std::size_t>(((std::int64_t{cell} + 1) * blocks - 1) / cells);
  };
  std::size_t i = 0;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x, ++i) {
      float& most = out.values[block_of(y, rows, out.rows) * static_cast<std::size_t>(out.columns) +
                               block_of(x, columns, out.columns)];
      if (std::isnan(most) || std::abs(values[i]) > std::abs(most)) most = values[i];
    }
  }
  return out;
}

}  // namespace ripple
