#include "ripple/base/rng.h"

#include <array>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Rng, SameKeySameStream) {
  Rng a{1, 2, 3};
  Rng b{1, 2, 3};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Rng, StreamsOfNeighbouringKeysDiffer) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (std::uint64_t image = 0; image < 50; ++image) first.insert(Rng{seed, image}.next());
  }
  EXPECT_EQ(first.size(), 1000u);
  EXPECT_NE(Rng({1, 2}).next(), Rng({2, 1}).next());
  EXPECT_NE(Rng({0}).next(), Rng({0, 0}).next());
}

TEST(Rng, TheFirstNumbersNeverChange) {
  // A stored seed must mean the same attack in every later version.
  Rng rng{42};
  const std::array<std::uint64_t, 3> seen{rng.next(), rng.next(), rng.next()};
  EXPECT_EQ(seen, (std::array<std::uint64_t, 3>{0x3b9c41b0c5d13833u, 0x530f93f566dd33aeu,
                                                0x3951cad1989ba94fu}));
}

TEST(Rng, UniformHasTheRightMomentsAndRange) {
  Rng rng{7};
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = rng.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Standard errors: 0.00065 and 0.00067; the limits are five of them.
  EXPECT_NEAR(sum / kDraws, 0.5, 0.0033);
  EXPECT_NEAR(squares / kDraws, 1.0 / 3.0, 0.0034);
}

TEST(Rng, BelowIsUniformAndInRange) {
  Rng rng{8};
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) ++counts.at(rng.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * 93);
  EXPECT_EQ(rng.below(1), 0u);
}

TEST(Rng, NormalHasTheRightMomentsAndTails) {
  Rng rng{9};
  constexpr int kDraws = 200000;
  double sum = 0;
  double squares = 0;
  int below_zero = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.normal(128, 127);
    sum += x;
    squares += (x - 128) * (x - 128);
    below_zero += x < 0;
  }
  EXPECT_NEAR(sum / kDraws, 128, 5 * 127 / std::sqrt(kDraws));
  EXPECT_NEAR(std::sqrt(squares / kDraws), 127, 1.1);
  EXPECT_NEAR(static_cast<double>(below_zero) / kDraws, 0.1568, 0.0041);
}

}  // namespace
}  // namespace ripple
