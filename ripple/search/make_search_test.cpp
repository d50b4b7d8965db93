#include "ripple/search/make_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "ripple/search/differential_evolution.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(MakeSearch, EveryNameMakesASearchThatProposesItsPopulation) {
  for (const char* name : {"paper", "scipy-best1bin", "random", "random-corners", "exhaustive",
                           "greedy", "sparse-rs", "paper-from-corners"}) {
    const SearchMethod method = parse_search_method(name);
    EXPECT_EQ(to_string(method), name);
    const int most = method == SearchMethod::kExhaustive ? 1 : 5;
    for (int pixels = 1; pixels <= most; ++pixels) {
      CandidateBatch batch;
      make_search({.method = method, .pixels = pixels}, 19, 7, Rng{1})->propose(batch);
      EXPECT_EQ(batch.size(), default_population(method, pixels));
      EXPECT_EQ(batch.edits_per_candidate, pixels);
      check_edits(batch.edits, 19, 7);
      make_search({.method = method, .pixels = pixels, .population = 16}, 19, 7, Rng{1})
          ->propose(batch);
      EXPECT_EQ(batch.size(), 16);
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
  expect_error(
      [] { make_search({.method = SearchMethod::kExhaustive, .pixels = 2}, 9, 4, Rng{1}); },
      ErrorCode::kBadArgument, {"pixels", "greedy"});
}

}  // namespace
}  // namespace ripple
