#include "ripple/search/differential_evolution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

/// Losses that depend on the candidate only, without plateaus.
std::vector<float> losses_of(const CandidateBatch& batch) {
  std::vector<float> losses;
  for (int i = 0; i < batch.size(); ++i) {
    double sum = 0.0;
    for (const PixelEdit& e : batch.candidate(i)) {
      sum += std::abs(e.x - 5.0) + 2.0 * std::abs(e.y - 3.0) + 0.01 * std::abs(e.r - 250.0) +
             0.013 * e.g + 0.017 * std::abs(e.b - 77.0);
    }
    losses.push_back(static_cast<float>(sum));
  }
  return losses;
}

DifferentialEvolutionOptions small_paper(int population, int pixels = 1) {
  DifferentialEvolutionOptions options = paper_differential_evolution(pixels);
  options.population = population;
  return options;
}

TEST(DrawPartners, AreDistinctAndDifferFromTheParent) {
  Rng rng{1};
  for (int round = 0; round < 2000; ++round) {
    const int parent = round % 6;
    std::array<int, 3> partners{};
    draw_partners(rng, 6, parent, partners);
    std::set<int> all(partners.begin(), partners.end());
    all.insert(parent);
    EXPECT_EQ(all.size(), 4u);
    EXPECT_GE(*all.begin(), 0);
    EXPECT_LT(*all.rbegin(), 6);
  }
}

TEST(DrawPartners, EachOrderedChoiceIsEquallyLikely) {
  Rng rng{2};
  std::map<std::array<int, 3>, int> counts;
  constexpr int kDraws = 24000;
  for (int i = 0; i < kDraws; ++i) {
    std::array<int, 3> partners{};
    draw_partners(rng, 5, 2, partners);
    ++counts[partners];
  }
  ASSERT_EQ(counts.size(), 24u);  // 4 * 3 * 2
  for (const auto& [partners, count] : counts) {
    EXPECT_NEAR(count, 1000, 5 * 31) << partners[0] << partners[1] << partners[2];
  }
}

TEST(DrawPartners, TheSmallestPopulationHasOneChoiceOfSet) {
  Rng rng{3};
  std::array<int, 3> partners{};
  draw_partners(rng, 4, 0, partners);
  std::sort(partners.begin(), partners.end());
  EXPECT_EQ(partners, (std::array<int, 3>{1, 2, 3}));
}

TEST(DifferentialEvolution, EveryPaperChildFollowsTheFormula) {
  constexpr int kPopulation = 9;
  constexpr int kDimensions = 10;
  DifferentialEvolution search(small_paper(kPopulation, 2), 20, 11, Rng{4});
  CandidateBatch batch;
  search.propose(batch);
  search.observe(losses_of(batch));
  const std::array<double, 5> high{19, 10, 255, 255, 255};
  for (int generation = 0; generation < 5; ++generation) {
    const std::vector<double> members(search.members().begin(), search.members().end());
    search.propose(batch);
    for (int parent = 0; parent < kPopulation; ++parent) {
      // By brute force over all partners: some choice of three others must give this child.
      int found = 0;
      for (int r1 = 0; r1 < kPopulation; ++r1) {
        for (int r2 = 0; r2 < kPopulation; ++r2) {
          for (int r3 = 0; r3 < kPopulation; ++r3) {
            if (std::set<int>{parent, r1, r2, r3}.size() != 4) continue;
            bool equal = true;
            for (int d = 0; d < kDimensions && equal; ++d) {
              const auto x = [&](int i) { return members[std::size_t(i) * kDimensions + d]; };
              const double child = (x(r2) - x(r3)) / 2 + x(r1);
              const double clipped = std::min(std::max(child, 0.0), high[d % 5]);
              const double got = search.proposed()[std::size_t(parent) * kDimensions + d];
              equal = std::abs(got - clipped) < 1e-9;
            }
            found += equal;
          }
        }
      }
      EXPECT_GE(found, 1) << "generation " << generation << ", child " << parent;
    }
    search.observe(losses_of(batch));
  }
}

TEST(DifferentialEvolution, BestOneBuildsOnTheBestMemberWithOneWeightAGeneration) {
  DifferentialEvolutionOptions options = scipy_best1bin(1);
  options.population = 8;
  DifferentialEvolution search(options, 20, 11, Rng{5});
  CandidateBatch batch;
  search.propose(batch);
  search.observe(losses_of(batch));
  std::set<double> weights;
  for (int generation = 0; generation < 10; ++generation) {
    const std::vector<double> members(search.members().begin(), search.members().end());
    const auto x = [&](int i, int d) { return members[std::size_t(i) * 5 + d]; };
    const int best = search.best();
    search.propose(batch);
    // A weight explains a child when some pair of others gives it in every coordinate that stayed
    // inside; the generation's weight explains all children at once.
    const auto explained = [&](int parent, double weight) {
      for (int r1 = 0; r1 < 8; ++r1) {
        for (int r2 = 0; r2 < 8; ++r2) {
          if (std::set<int>{parent, r1, r2}.size() != 3) continue;
          bool equal = true;
          for (int d = 0; d < 5 && equal; ++d) {
            const double child = x(best, d) + weight * (x(r1, d) - x(r2, d));
            const double top = std::array<double, 5>{19.5, 10.5, 255.5, 255.5, 255.5}[d];
            if (child < -0.5 || child > top) continue;  // drawn again: anything inside is right
            equal = std::abs(search.proposed()[std::size_t(parent) * 5 + d] - child) < 1e-9;
          }
          if (equal) return true;
        }
      }
      return false;
    };
    double weight = -1.0;
    for (int r1 = 0; r1 < 8 && weight < 0; ++r1) {
      for (int r2 = 0; r2 < 8 && weight < 0; ++r2) {
        for (int d = 0; d < 5 && weight < 0; ++d) {
          const double difference = x(r1, d) - x(r2, d);
          if (r1 == r2 || r1 == 0 || r2 == 0 || difference == 0) continue;
          const double trial = (search.proposed()[std::size_t(d)] - x(best, d)) / difference;
          if (!(trial >= 0.5 && trial < 1.0)) continue;
          bool all = true;
          for (int parent = 0; parent < 8 && all; ++parent) all = explained(parent, trial);
          if (all) weight = trial;
        }
      }
    }
    EXPECT_GE(weight, 0.5) << "generation " << generation;
    weights.insert(weight);
    search.observe(losses_of(batch));
  }
  EXPECT_GE(weights.size(), 9u);  // drawn anew for each generation
}

TEST(DifferentialEvolution, AChildReplacesItsParentOnlyWhenItIsBetter) {
  DifferentialEvolution search(small_paper(4), 8, 8, Rng{6});
  CandidateBatch batch;
  search.propose(batch);
  search.observe(std::vector<float>{2, 2, 2, 3});
  EXPECT_EQ(search.best(), 0);  // the first of equals
  const std::vector<double> before(search.members().begin(), search.members().end());
  search.propose(batch);
  search.observe(std::vector<float>{2, 1.5, 2.5, 3});  // equal, better, worse, equal
  for (int i = 0; i < 4; ++i) {
    for (int d = 0; d < 5; ++d) {
      const std::size_t at = std::size_t(i) * 5 + d;
      EXPECT_EQ(search.members()[at], i == 1 ? search.proposed()[at] : before[at]);
    }
  }
  EXPECT_EQ(search.best(), 1);
}

TEST(DifferentialEvolution, TheBestMemberIsTheFirstCandidateOfTheLowestLossSoFar) {
  // The attack loop tracks the best member this way, for either preset.
  for (const DifferentialEvolutionOptions& options :
       {paper_differential_evolution(1), scipy_best1bin(1)}) {
    DifferentialEvolution search(options, 12, 7, Rng{7});
    CandidateBatch batch;
    float lowest = std::numeric_limits<float>::infinity();
    std::vector<double> first;
    for (int generation = 0; generation < 30; ++generation) {
      search.propose(batch);
      std::vector<float> losses = losses_of(batch);
      for (float& loss : losses) loss = std::round(loss);  // many ties
      for (std::size_t i = 0; i < losses.size(); ++i) {
        if (!(losses[i] < lowest)) continue;
        lowest = losses[i];
        first.assign(search.proposed().begin() + i * 5, search.proposed().begin() + i * 5 + 5);
      }
      search.observe(losses);
      const auto best = search.members().begin() + search.best() * 5;
      ASSERT_TRUE(std::equal(first.begin(), first.end(), best)) << "generation " << generation;
    }
  }
}

TEST(DifferentialEvolution, MembersStayReal) {
  DifferentialEvolution search(paper_differential_evolution(1), 32, 32, Rng{8});
  CandidateBatch batch;
  for (int generation = 0; generation < 2; ++generation) {
    search.propose(batch);
    int fractional = 0;
    for (int i = 0; i < 400; ++i) {
      const double x = search.proposed()[std::size_t(i) * 5];
      fractional += x != std::floor(x);
      EXPECT_EQ(batch.edits[std::size_t(i)].x, static_cast<int>(std::floor(x + 0.5)));
    }
    EXPECT_GT(fractional, 300);
    search.observe(losses_of(batch));
  }
}

TEST(DifferentialEvolution, CandidatesLieInsideAndReachEveryEndOfANonSquareImage) {
  for (const DifferentialEvolutionOptions& preset :
       {paper_differential_evolution(2), scipy_best1bin(2)}) {
    DifferentialEvolution search(preset, 40, 6, Rng{9});
    CandidateBatch batch;
    std::set<int> xs;
    std::set<int> ys;
    std::set<int> reds;
    std::set<int> blues;
    for (int generation = 0; generation < 20; ++generation) {
      search.propose(batch);
      EXPECT_EQ(batch.edits_per_candidate, 2);
      ASSERT_EQ(batch.size(), preset.population);
      check_edits(batch.edits, 40, 6);
      for (const PixelEdit& edit : batch.edits) {
        xs.insert(edit.x);
        ys.insert(edit.y);
        reds.insert(edit.r);
        blues.insert(edit.b);
      }
      search.observe(std::vector<float>(std::size_t(batch.size()), 0.0f));  // nothing is selected
    }
    EXPECT_EQ(xs.size(), 40u);
    EXPECT_EQ(ys.size(), 6u);
    EXPECT_TRUE(reds.contains(0) && reds.contains(255));
    EXPECT_TRUE(blues.contains(0) && blues.contains(255));
  }
}

TEST(DifferentialEvolution, AnImageOfOnePixelWorks) {
  DifferentialEvolution search(small_paper(10), 1, 1, Rng{10});
  CandidateBatch batch;
  for (int generation = 0; generation < 3; ++generation) {
    search.propose(batch);
    check_edits(batch.edits, 1, 1);
    search.observe(losses_of(batch));
  }
}

TEST(DifferentialEvolution, GaussianStartPutsAThirdOfTheChannelsOnTheEnds) {
  DifferentialEvolution search(small_paper(20000), 32, 32, Rng{11});
  CandidateBatch batch;
  search.propose(batch);
  int low = 0;
  int high = 0;
  for (int i = 0; i < 20000; ++i) {
    for (int channel = 2; channel < 5; ++channel) {
      const double value = search.proposed()[std::size_t(i) * 5 + channel];
      low += value == 0.0;
      high += value == 255.0;
    }
  }
  // Phi(-128/127) = 0.1568 and 1 - Phi(127/127) = 0.1587; limits are five standard errors.
  EXPECT_NEAR(low / 60000.0, 0.1568, 0.0075);
  EXPECT_NEAR(high / 60000.0, 0.1587, 0.0075);
}

TEST(DifferentialEvolution, EachStartIsUniformOverThePixelsBordersIncluded) {
  for (const StartRule rule : {StartRule::kGaussian, StartRule::kLatinHypercube}) {
    for (const MemberBox box : {MemberBox::kCentres, MemberBox::kCells}) {
      DifferentialEvolutionOptions options = small_paper(40000);
      options.start = rule;
      options.box = box;
      DifferentialEvolution search(options, 8, 5, Rng{12});
      CandidateBatch batch;
      search.propose(batch);
      std::array<int, 40> counts{};
      for (const PixelEdit& edit : batch.edits) ++counts.at(std::size_t(edit.y) * 8 + edit.x);
      for (const int count : counts) EXPECT_NEAR(count, 1000, 5 * 32);
    }
  }
}

TEST(DifferentialEvolution, LatinHypercubePutsOneMemberInEachSlice) {
  DifferentialEvolution search(scipy_best1bin(1), 32, 17, Rng{13});
  CandidateBatch batch;
  search.propose(batch);
  const std::array<double, 5> extent{32, 17, 256, 256, 256};
  for (int d = 0; d < 5; ++d) {
    std::set<int> slices;
    for (int i = 0; i < 400; ++i) {
      const double value = search.proposed()[std::size_t(i) * 5 + d];
      slices.insert(static_cast<int>(std::floor((value + 0.5) / extent[d] * 400)));
    }
    EXPECT_EQ(slices.size(), 400u);
    EXPECT_EQ(*slices.begin(), 0);
    EXPECT_EQ(*slices.rbegin(), 399);
  }
}

TEST(DifferentialEvolution, SameSeedSameLogOtherSeedOtherLog) {
  const auto log = [](std::uint64_t seed) {
    DifferentialEvolution search(small_paper(30, 3), 16, 9, Rng{seed});
    std::vector<PixelEdit> edits;
    CandidateBatch batch;
    for (int generation = 0; generation < 10; ++generation) {
      search.propose(batch);
      edits.insert(edits.end(), batch.edits.begin(), batch.edits.end());
      search.observe(losses_of(batch));
    }
    return edits;
  };
  EXPECT_EQ(log(14), log(14));
  EXPECT_NE(log(14), log(15));
}

TEST(DifferentialEvolution, FindsTheLowestPlaceOfASmoothLoss) {
  for (const DifferentialEvolutionOptions& preset :
       {paper_differential_evolution(1), scipy_best1bin(1)}) {
    DifferentialEvolution search(preset, 32, 32, Rng{16});
    CandidateBatch batch;
    float lowest = std::numeric_limits<float>::infinity();
    for (int generation = 0; generation <= 100; ++generation) {
      search.propose(batch);
      const std::vector<float> losses = losses_of(batch);
      lowest = std::min(lowest, *std::min_element(losses.begin(), losses.end()));
      search.observe(losses);
    }
    EXPECT_LT(lowest, 0.2f);  // one colour step costs about 0.01, one column 1
  }
}

TEST(DifferentialEvolution, PresetsAreThePublishedNumbers) {
  const DifferentialEvolutionOptions paper = paper_differential_evolution(1);
  EXPECT_EQ(paper.population, 400);
  EXPECT_EQ(paper.weight, 0.5);
  const std::array<int, 5> expected{400, 400, 390, 400, 400};
  for (int pixels = 1; pixels <= 5; ++pixels) {
    EXPECT_EQ(scipy_best1bin(pixels).population, expected[std::size_t(pixels) - 1]);
    EXPECT_EQ(paper_differential_evolution(pixels).population, 400);
  }
}

void expect_refused(DifferentialEvolutionOptions options, const char* word) {
  try {
    DifferentialEvolution search(options, 8, 8, Rng{1});
    FAIL() << "accepted a bad " << word;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadArgument);
    EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(DifferentialEvolution, RefusesOptionsOutOfRange) {
  expect_refused({.pixels = 0}, "pixels");
  expect_refused({.pixels = 6}, "pixels");
  expect_refused(scipy_best1bin(500000000), "pixels");
  expect_refused({.population = 3}, "population");
  expect_refused({.population = 200000}, "population");
  expect_refused({.weight = 0.0}, "weight");
  expect_refused({.weight = 2.5}, "weight");
  expect_refused({.weight = std::nan("")}, "weight");
  expect_refused({.weight_rule = WeightRule::kDithered, .weight = 0.9, .weight_high = 0.5},
                 "weight");
  EXPECT_THROW(DifferentialEvolution({}, 0, 8, Rng{1}), Error);
}

}  // namespace
}  // namespace ripple
