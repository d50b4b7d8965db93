#pragma once

#include <algorithm>

#include "ripple/eval/delta/plan.h"

namespace ripple::delta {

/// Memory for the lists of one layer at a time, handed out from the front. Sized by the plan for
/// one group in any layer and for `candidates` candidates in the layers that take a whole
/// mini-batch at a time, so that nothing is allocated later.
class ListArena {
 public:
  ListArena(const DeltaPlan& plan, int candidates)
      : ListArena(plan.list_room(), std::size_t(std::min(candidates, kMaxGroup)),
                  plan.outside_list_room(), std::size_t(candidates)) {}

  void clear() { used_rows_ = used_counts_ = used_offsets_ = used_values_ = 0; }

  /// Room for the lists of `group` candidates with at most `pixels` x `channels` entries.
  Lists take(int group, int rows, int pixels, int channels) {
    const std::size_t entries = std::size_t(pixels) * std::size_t(channels) + kBlock;
    const std::size_t stride = (entries + kBlock - 1) / kBlock * kBlock;
    Lists lists;
    lists.group = group;
    lists.rows = rows_.data() + used_rows_;
    lists.counts = counts_.data() + used_counts_;
    lists.offsets = offsets_.data() + used_offsets_;
    for (int k = 0; k < group; ++k) {
      lists.values[k] = values_.data() + used_values_;
      used_values_ += stride;
    }
    used_rows_ += std::size_t(rows);
    used_counts_ += std::size_t(pixels) + 1;
    used_offsets_ += stride;
    return lists;
  }

  std::size_t bytes() const {
    return rows_.bytes() + counts_.bytes() + offsets_.bytes() + values_.bytes();
  }

 private:
  ListArena(const ListRoom& a, std::size_t a_count, const ListRoom& b, std::size_t b_count)
      : rows_(std::max(a.rows * a_count, b.rows * b_count)),
        counts_(std::max(a.counts * a_count, b.counts * b_count)),
        offsets_(std::max(a.entries * a_count, b.entries * b_count)),
        values_(offsets_.size()) {}

  AlignedArray<RowList> rows_;
  AlignedArray<std::uint16_t> counts_;
  AlignedArray<std::int32_t> offsets_;
  AlignedArray<float> values_;
  std::size_t used_rows_ = 0, used_counts_ = 0, used_offsets_ = 0, used_values_ = 0;
};

}  // namespace ripple::delta
