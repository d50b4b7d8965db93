// Promises of the kernels that whole networks could hide: zero in, zero out, bit for bit, on every
// target; and the same bits from shared lists as from single ones.

#include "ripple/eval/delta/kernels.h"

#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "ripple/base/rng.h"
#include "ripple/eval/delta/region.h"

namespace ripple::delta {
namespace {

constexpr int kChannels = 20;

/// Planes of 5 x 6 cells with random clean values and chosen differences.
struct Planes {
  Layout layout{kChannels, 5, 6, 2};
  AlignedArray<float> clean{layout.size()}, difference{layout.size()}, result{layout.size()};
  AlignedArray<Span> rows{std::size_t(layout.height)};
  Region region{0, 0, rows.data()};

  explicit Planes(std::uint64_t seed, double share = 0.0) {
    Rng rng({seed});
    set_full(region, layout.height, layout.width);
    for (int c = 0; c < kChannels; ++c) {
      for (int y = 0; y < layout.height; ++y) {
        for (int x = 0; x < layout.width; ++x) {
          const auto at = std::size_t(layout.origin() + layout.at(c, y, x));
          clean[at] = static_cast<float>(rng.normal(0.0, 2.0));
          if (rng.uniform() < share) difference[at] = static_cast<float>(rng.normal(0.0, 1.0));
          result[at] = 7.0f;
        }
      }
    }
  }
  static float* origin(AlignedArray<float>& a, const Layout& l) { return a.data() + l.origin(); }
  float* clean_at() { return origin(clean, layout); }
  float* difference_at() { return origin(difference, layout); }
  float* result_at() { return origin(result, layout); }

  void expect_zero_bits(const std::string& what) {
    for (int c = 0; c < kChannels; ++c) {
      for (int y = 0; y < layout.height; ++y) {
        for (int x = 0; x < layout.width; ++x) {
          const float value = result_at()[layout.at(c, y, x)];
          ASSERT_EQ(std::bit_cast<std::uint32_t>(value), 0u) << what << ": " << value;
        }
      }
    }
  }
};

TEST(DeltaKernels, ZeroDifferenceInGivesZeroBitsOut) {
  for (const KernelTable* table : kernel_tables()) {
    AlignedArray<float> scale(32), slope(32);
    for (std::size_t i = 0; i < 32; ++i) {
      scale[i] = -1.7f + 0.1f * float(i);
      slope[i] = 0.3f;
    }
    for (int kind = 0; kind <= int(ActivationKind::kPRelu); ++kind) {
      Planes p(1);
      PointwiseArgs a;
      a.region = p.region;
      a.in = a.out = a.clean_layout = p.layout;
      a.difference = p.difference_at();
      a.clean = p.clean_at();
      a.scale = scale.data();
      a.activation = {ActivationKind(kind), 0.3f, 0.9f, slope.data()};
      a.result = p.result_at();
      table->pointwise(a);
      p.expect_zero_bits(std::string(table->target) + " activation " + std::to_string(kind));
    }
    {
      // A scale alone reads no clean value: zero, though of either sign.
      Planes p(1);
      PointwiseArgs a;
      a.region = p.region;
      a.in = a.out = p.layout;
      a.difference = p.difference_at();
      a.scale = scale.data();
      a.result = p.result_at();
      table->pointwise(a);
      for (int c = 0; c < kChannels; ++c) ASSERT_EQ(p.result_at()[p.layout.at(c, 2, 3)], 0.0f);
    }
    for (int kind = 0; kind <= int(Arithmetic::kDiv); ++kind) {
      Planes p(2), q(3);
      ArithmeticArgs a;
      a.region = p.region;
      a.kind = Arithmetic(kind);
      a.a_layout = a.b_layout = a.out = p.layout;
      a.a_difference = p.difference_at();
      a.b_difference = q.difference_at();
      a.a = p.clean_at();
      a.b = q.clean_at();
      a.result = p.result_at();
      table->arithmetic(a);
      p.expect_zero_bits(std::string(table->target) + " arithmetic " + std::to_string(kind));
    }
  }
}

TEST(DeltaKernels, ZeroDifferenceThroughLrnAndMaxPool) {
  for (const KernelTable* table : kernel_tables()) {
    Planes p(4);
    AlignedArray<float> clean_out(p.layout.size()), scratch(3 * 32);
    LrnArgs lrn;
    lrn.region = p.region;
    lrn.in = lrn.out = p.layout;
    lrn.alpha = 0.1f;
    lrn.beta = 0.75f;
    lrn.clean = p.clean_at();
    lrn.scratch = scratch.data();
    lrn.result = clean_out.data() + p.layout.origin();
    table->lrn(lrn);
    lrn.difference = p.difference_at();
    lrn.clean_out = clean_out.data() + p.layout.origin();
    lrn.result = p.result_at();
    table->lrn(lrn);
    p.expect_zero_bits(std::string(table->target) + " LRN");

    WindowArgs pool;
    pool.in_region = pool.out_region = p.region;
    pool.in = pool.out = p.layout;
    pool.kernel_y = pool.kernel_x = 3;
    pool.pad_y = pool.pad_x = 1;
    pool.clean = p.clean_at();
    pool.result = clean_out.data() + p.layout.origin();
    table->max_pool(pool);
    pool.difference = p.difference_at();
    pool.clean_out = clean_out.data() + p.layout.origin();
    pool.result = p.result_at();
    table->max_pool(pool);
    p.expect_zero_bits(std::string(table->target) + " MaxPool");
  }
}

/// Lists with memory of their own.
struct OwnLists {
  AlignedArray<RowList> rows{8};
  AlignedArray<std::uint16_t> counts{64};
  AlignedArray<std::int32_t> offsets{2048};
  std::vector<AlignedArray<float>> values;
  Lists lists;
  explicit OwnLists(int group) {
    lists.group = group;
    lists.rows = rows.data();
    lists.counts = counts.data();
    lists.offsets = offsets.data();
    for (int k = 0; k < group; ++k) {
      values.emplace_back(2048);
      lists.values[k] = values.back().data();
    }
  }
};

void expect_shared_equals_single(int kernel, int group) {
  const int taps = kernel * kernel;
  AlignedArray<float> weights(std::size_t(32 * taps * kBlock));
  Rng rng({9});
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = float(rng.normal(0.0, 1.0));
  for (const KernelTable* table : kernel_tables()) {
    AlignedArray<std::int32_t> offsets(32);
    for (int c = 0; c < 32; ++c) offsets[std::size_t(c)] = c * taps * table->lanes * 4;
    std::vector<Planes> inputs;
    for (std::uint64_t k = 0; k < kMaxGroup; ++k) inputs.emplace_back(20 + k, 0.2);
    std::vector<AlignedArray<float>> shared_out, single_out;
    const Layout out{kBlock, 5, 6, kernel / 2};
    const auto convolve = [&](int first, int size, std::vector<AlignedArray<float>>& outs) {
      OwnLists own(size);
      PrepareArgs prepare;
      prepare.region = inputs[0].region;
      prepare.layout = prepare.clean_layout = inputs[0].layout;
      prepare.clean = inputs[0].clean_at();
      prepare.activation.kind = ActivationKind::kRelu;
      prepare.threshold = 0.1f;
      prepare.channel_offsets = offsets.data();
      for (int k = 0; k < size; ++k) {
        prepare.difference[k] = inputs[std::size_t(first + k)].difference_at();
      }
      table->prepare(prepare, own.lists);
      SlidingArgs a;
      a.lists = &own.lists;
      a.row = out.row();
      a.height = out.height;
      a.kernel = kernel;
      a.pad_y = a.pad_x = kernel / 2;
      for (int k = 0; k < size; ++k) outs.emplace_back(out.size());
      for (int channel = 0; channel < kBlock; channel += table->lanes) {
        a.weights = weights.data() + channel * 32 * taps;
        for (int k = 0; k < size; ++k) {
          a.out[k] = outs[outs.size() - std::size_t(size - k)].data() + out.origin() + channel;
        }
        table->sliding(a);
      }
    };
    for (int k = 0; k < kMaxGroup; ++k) convolve(k, 1, single_out);
    convolve(0, group, shared_out);
    for (std::size_t k = 0; k < std::size_t(group); ++k) {
      double sum = 0.0;
      for (int y = 0; y < out.height; ++y) {
        for (int i = 0; i < out.width * kBlock; ++i) {
          const auto at = std::size_t(out.origin() + out.at(0, y, 0) + i);
          ASSERT_EQ(shared_out[k][at], single_out[k][at]) << table->target;
          sum += std::abs(shared_out[k][at]);
        }
      }
      EXPECT_GT(sum, 1.0);
    }
  }
}

TEST(DeltaKernels, SharedListsGiveTheBitsOfSingleOnes) {
  for (const int kernel : {3, 5, 7}) {
    for (const int group : {2, 3}) expect_shared_equals_single(kernel, group);
  }
}

TEST(DeltaKernels, NotANumberIsNotDropped) {
  for (const KernelTable* table : kernel_tables()) {
    Planes p(5);
    p.difference_at()[p.layout.at(3, 2, 2)] = std::numeric_limits<float>::quiet_NaN();
    AlignedArray<std::int32_t> offsets(32);
    OwnLists own(1);
    PrepareArgs prepare;
    prepare.region = p.region;
    prepare.layout = p.layout;
    prepare.difference[0] = p.difference_at();
    prepare.threshold = 0.5f;
    prepare.channel_offsets = offsets.data();
    for (const ActivationKind kind :
         {ActivationKind::kNone, ActivationKind::kRelu, ActivationKind::kClip}) {
      prepare.activation = {kind, -1.0f, 1.0f};
      if (kind != ActivationKind::kNone) prepare.clean = p.clean_at();
      prepare.clean_layout = p.layout;
      table->prepare(prepare, own.lists);
      EXPECT_EQ(own.lists.entries, 1) << table->target << ' ' << int(kind);
    }
    for (int kind = 0; kind <= int(ActivationKind::kPRelu); ++kind) {
      AlignedArray<float> slope(32);
      PointwiseArgs a;
      a.region = p.region;
      a.in = a.out = a.clean_layout = p.layout;
      a.difference = p.difference_at();
      a.clean = p.clean_at();
      a.activation = {ActivationKind(kind), -0.5f, 0.5f, slope.data()};
      a.result = p.result_at();
      table->pointwise(a);
      EXPECT_TRUE(std::isnan(p.result_at()[p.layout.at(3, 2, 2)])) << table->target << ' ' << kind;
    }
    WindowArgs pool;
    AlignedArray<float> clean_out(p.layout.size());
    pool.in_region = pool.out_region = p.region;
    pool.in = pool.out = p.layout;
    pool.kernel_y = pool.kernel_x = 3;
    pool.pad_y = pool.pad_x = 1;
    pool.clean = p.clean_at();
    pool.difference = p.difference_at();
    pool.clean_out = clean_out.data() + p.layout.origin();
    pool.result = p.result_at();
    table->max_pool(pool);
    for (const auto& [y, x] : {std::pair(1, 1), std::pair(2, 2), std::pair(3, 3)})
      EXPECT_TRUE(std::isnan(p.result_at()[p.layout.at(3, y, x)])) << table->target;
  }
}

}  // namespace
}  // namespace ripple::delta
