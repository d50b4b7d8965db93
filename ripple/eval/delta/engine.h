#pragma once

#include <array>
#include <chrono>
#include <span>
#include <vector>

#include "ripple/eval/delta/base_state.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/delta/lists.h"

namespace ripple::delta {

/// A pixel whose colour differs from the clean image's: column, row and the change of the network's
/// input.
struct ChangedPixel {
  int x = 0;
  int y = 0;
  std::array<float, 3> change{};
};

/// One thread's differences. Takes a mini-batch of candidates through the network layer by layer,
/// so that a block of weights serves all of them.
///
/// Candidates come in groups of up to kMaxGroup neighbours. A group begins as single candidates,
/// each with its own dirty region; once their regions nearly coincide they share one, and with it
/// lists whose entries load a row of weights once for all of them (see unify()). Sharing changes no
/// bit of the result: what a candidate does not have enters as zeros.
class Engine {
 public:
  explicit Engine(const DeltaPlan& plan);

  /// Logits of the candidates `changes` [n <= plan.mini_batch()], none of them empty, into
  /// logits[i] [classes]. Candidates kMaxGroup * i + j form a group: neighbours belong together.
  /// Cost: see DeltaStatistics; no allocation.
  void run(const BaseState& base, float tolerance,
           std::span<const std::span<const ChangedPixel>> changes, std::span<float* const> logits);

  std::int64_t multiply_adds() const { return multiply_adds_; }
  void measure_time(bool on) { measure_time_ = on; }
  /// Seconds of each step; the last one: lists.
  const std::vector<double>& seconds() const { return seconds_; }
  void reset_statistics();
  std::size_t bytes() const;

 private:
  /// Candidates [first, first + size) that share their lists.
  struct Unit {
    int first = 0;
    int size = 1;
  };

  using Changes = std::span<const std::span<const ChangedPixel>>;  ///< [candidate]

  void load();
  /// Differences of the input of a unit's candidate `lane`, for a ConvStep that takes the edits.
  void load_lane(const Unit& unit, int lane);
  float* lane(int k) {
    return lanes_.data() + lane_stride_ * k + layout(plan_.graph().input).origin();
  }
  void find_units(const Step& step, ValueId deciding);
  void unify(const Step& step, int first, int size);

  void step(const Step& step, const ConvStep& conv);
  void step(const Step& step, const DepthwiseStep& depthwise);
  void step(const Step& step, const PointwiseStep& pointwise);
  void step(const Step& step, const ArithmeticStep& arithmetic);
  void step(const Step& step, const ConstantStep& constant);
  void step(const Step& step, const PoolStep& pool);
  void step(const Step& step, const LrnStep& lrn);
  void step(const Step& step, const RemapStep& remap);
  void step(const Step& step, const TableStep& table);

  /// Of a slice of the input channels.
  Lists make_lists(const ConvStep& conv, const Unit& unit, int slice);
  /// Grows or begins the result's differences so that the convolution can add into them. `lists`:
  /// [slice].
  void begin_result(const ConvStep& conv, const Unit& unit, std::span<const Lists> lists);
  void copy_residual(const ConvStep& conv, int candidate);
  void accumulate(const ConvStep& conv, const Unit& unit, const Lists& lists, int part);
  using Results = std::array<float*, kMaxGroup>;
  Results results_of(const ConvStep& conv, const Unit& unit);
  /// A fully connected layer: of one unit, or of all units tile by tile of the weights.
  void multiply_all(const ConvStep& conv, const Unit& unit, const Lists& lists);
  void multiply_tiled(const ConvStep& conv);
  void find_tiles(const ConvStep& conv);
  WindowArgs window_args(const Step& step, const Window& window, ValueId in, int candidate);

  const Layout& layout(ValueId id) const { return plan_.layout(id); }
  Region& region(int candidate, ValueId id) {
    return regions_[std::size_t(candidate) * values_ + std::size_t(id)];
  }
  /// From the origin.
  float* difference(int candidate, ValueId id) {
    return arena_.data() + std::ptrdiff_t(candidate) * arena_stride_ + plan_.slot(id) +
           layout(id).origin();
  }
  /// Makes the value's region at least `wanted`, zeros in the new cells.
  void extend(int candidate, ValueId id, const Region& wanted);

  const DeltaPlan& plan_;
  const BaseState* base_ = nullptr;
  float tolerance_ = 0.0f;
  int count_ = 0;
  std::size_t values_ = 0;
  Changes changes_;
  std::ptrdiff_t arena_stride_ = 0;
  AlignedArray<float> arena_;
  std::ptrdiff_t lane_stride_ = 0;
  AlignedArray<float> lanes_;  ///< input differences of up to kMaxGroup candidates
  AlignedArray<Span> spans_;
  std::vector<Region> regions_;  ///< [candidate][value]
  ListArena lists_;
  std::vector<Lists> unit_lists_;  ///< [unit][slice]
  std::vector<Unit> units_;
  std::vector<std::int32_t> tile_ends_;  ///< [unit][tile]: entry behind the tile's
  std::vector<char> unified_;            ///< by group
  AlignedArray<Span> extent_rows_;
  Region extent_;  ///< scratch
  float conv_largest_ = 0.0f;
  AlignedArray<float> scratch_;
  std::int64_t multiply_adds_ = 0;
  bool measure_time_ = false;
  std::vector<double> seconds_;
};

}  // namespace ripple::delta
