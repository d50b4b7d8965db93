#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace ripple::delta {

/// Channels in a block: one AVX-512 vector, two AVX2 ones. A cell of a block is one cache line.
inline constexpr int kBlock = 16;
/// Candidates that one pass over the weights can serve.
inline constexpr int kMaxGroup = 3;
inline constexpr std::size_t kAlignment = 64;

/// A fixed array on a cache-line boundary, zero-filled; aligned vectors halve the loads of kernels.
template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size) : size_(size) {
    if (size == 0) return;
    const std::size_t bytes = (size * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    data_.reset(static_cast<T*>(std::aligned_alloc(kAlignment, bytes)));
    if (!data_) throw std::bad_alloc();
    std::memset(static_cast<void*>(data_.get()), 0, bytes);
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t bytes() const { return size_ * sizeof(T); }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

/// Where the numbers of an activation lie: [blocks][height + 2 margin][width + 2 margin][16],
/// float. Channels are padded with zeros to whole blocks; a block is a plane of its own, so that
/// the tile that a convolution adds into is contiguous and does not collide in the L1 sets with the
/// others. The margin takes what a convolution adds beyond the border, so that kernels need no
/// bounds tests; nobody reads it. A vector [F] is an activation of F channels and one cell.
struct Layout {
  int channels = 0;
  int height = 1;
  int width = 1;
  int margin = 0;

  int blocks() const { return (channels + kBlock - 1) / kBlock; }
  int padded() const { return blocks() * kBlock; }
  /// Floats between cells (x, y) and (x, y + 1).
  std::ptrdiff_t row() const { return std::ptrdiff_t(width + 2 * margin) * kBlock; }
  /// Floats between blocks.
  std::ptrdiff_t plane() const { return row() * (height + 2 * margin); }
  /// Floats before cell (0, 0) of block 0.
  std::ptrdiff_t origin() const { return margin * (row() + kBlock); }
  std::size_t size() const { return static_cast<std::size_t>(plane() * blocks()); }
  /// Place of channel c of cell (y, x), from the origin.
  std::ptrdiff_t at(int c, int y, int x) const {
    return (c / kBlock) * plane() + y * row() + x * std::ptrdiff_t(kBlock) + c % kBlock;
  }
  int cells() const { return height * width; }
};

/// Columns [begin, end) of a row; empty where end <= begin.
struct Span {
  std::int16_t begin = 0;
  std::int16_t end = 0;
  bool empty() const { return end <= begin; }
};

/// The dirty cells of an activation: one span a row, so that two far corners do not make the whole
/// plane dirty. Rows [y0, y1) of `rows` (indexed by y) are valid; differences outside are not
/// stored.
struct Region {
  int y0 = 0;
  int y1 = 0;
  Span* rows = nullptr;
  bool empty() const { return y1 <= y0; }
};

}  // namespace ripple::delta
