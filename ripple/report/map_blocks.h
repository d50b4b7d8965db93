#pragma once

#include <span>
#include <vector>

namespace ripple {

/// A map with a value a block of cells.
struct BlockMap {
  int rows = 0;
  int columns = 0;
  std::vector<float> values = {};  ///< [rows, columns]
};

/// Of `values` [rows, columns] the value of largest magnitude in each block of side x side cells,
/// or one row or column less where they do not divide the map: the least change is still there.
/// A block of NaN is NaN. Assumes rows, columns, side >= 1. Cost: one pass.
BlockMap largest_of_blocks(std::span<const float> values, int rows, int columns, int side);

}  // namespace ripple
