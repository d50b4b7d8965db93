#include "ripple/search/make_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "ripple/search/differential_evolution.h"

namespace ripple {
namespace {

TEST(MakeSearch, EveryNameMakesASearchThatProposesItsPopulation) {
  for (const char* name : {"paper", "scipy-best1bin", "random", "random-corners"}) {
    const SearchMethod method = parse_search_method(name);
    EXPECT_EQ(to_string(method), name);
    for (int pixels = 1; pixels <= 5; ++pixels) {
      CandidateBatch batch;
      make_search({.method = method, .pixels = pixels}, 9, 4, Rng{1})->propose(batch);
      EXPECT_EQ(batch.size(), default_population(method, pixels));
      EXPECT_EQ(batch.edits_per_candidate, pixels);
      check_edits(batch.edits, 9, 4);
      make_search({.method = method, .pixels = pixels, .population = 12}, 9, 4, Rng{1})
          ->propose(batch);
      EXPECT_EQ(batch.size(), 12);
    }
  }
}

TEST(MakeSearch, GivesTheNamedPreset) {
  CandidateBatch made;
  CandidateBatch direct;
  make_search({.method = SearchMethod::kPaper}, 9, 4, Rng{1})->propose(made);
  DifferentialEvolution(paper_differential_evolution(1), 9, 4, Rng{1}).propose(direct);
  EXPECT_EQ(made.edits, direct.edits);
  make_search({.method = SearchMethod::kScipyBest1Bin}, 9, 4, Rng{1})->propose(made);
  DifferentialEvolution(scipy_best1bin(1), 9, 4, Rng{1}).propose(direct);
  EXPECT_EQ(made.edits, direct.edits);
}

TEST(MakeSearch, RefusesUnknownNamesAndBadNumbers) {
  try {
    parse_search_method("genetic");
    FAIL() << "accepted an unknown method";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadArgument);
    EXPECT_THAT(error.what(), testing::HasSubstr("scipy-best1bin"));
  }
  EXPECT_THROW(make_search({.pixels = 0}, 9, 4, Rng{1}), Error);
  EXPECT_THROW(make_search({.population = -1}, 9, 4, Rng{1}), Error);
  EXPECT_THROW(make_search({.population = 3}, 9, 4, Rng{1}), Error);
  EXPECT_THROW(make_search({}, 0, 4, Rng{1}), Error);
}

}  // namespace
}  // namespace ripple
