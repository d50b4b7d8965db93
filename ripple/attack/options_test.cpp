#include "ripple/attack/options.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

TEST(AttackOptions, PresetsAreThePublishedSettings) {
  const AttackOptions paper = attack_preset(SearchMethod::kPaper);
  EXPECT_EQ(paper.population, 400);
  EXPECT_EQ(paper.generations, 100);
  EXPECT_EQ(paper.stop, StopRule::kConfidence);
  EXPECT_EQ(paper.stop_below, 0.05);
  EXPECT_EQ(paper.stop_above, 0.90);
  const AttackOptions scipy = attack_preset(SearchMethod::kScipyBest1Bin, 3);
  EXPECT_EQ(scipy.population, 390);
  EXPECT_EQ(scipy.pixels, 3);
  EXPECT_EQ(scipy.stop, StopRule::kSuccess);
  EXPECT_EQ(attack_preset(SearchMethod::kSparseRs).population, 1);
}

TEST(AttackOptions, BudgetIsTheSmallerOfGenerationsAndEvaluations) {
  for (const SearchMethod method :
       {SearchMethod::kPaper, SearchMethod::kSparseRs, SearchMethod::kPaperFromCorners}) {
    EXPECT_EQ(evaluation_budget(attack_preset(method)), 40400);
  }
  EXPECT_EQ(evaluation_budget({.population = 10, .generations = 4}), 50);
  EXPECT_EQ(evaluation_budget({.population = 10, .generations = 4, .max_evaluations = 49}), 49);
  EXPECT_EQ(evaluation_budget({.population = 10, .generations = 4, .max_evaluations = 51}), 50);
}

TEST(AttackOptions, NamesGoThereAndBack) {
  for (const char* name : {"untargeted", "target", "all", "least-likely"}) {
    EXPECT_EQ(to_string(parse_goal(name)), name);
  }
  for (const char* name : {"probability", "margin"}) {
    EXPECT_EQ(to_string(parse_objective(name)), name);
  }
  for (const char* name : {"confidence", "success", "budget"}) {
    EXPECT_EQ(to_string(parse_stop_rule(name)), name);
  }
  EXPECT_THROW(parse_goal("any"), Error);
  EXPECT_THROW(parse_objective(""), Error);
  EXPECT_THROW(parse_stop_rule("Success"), Error);
}

void expect_refused(const AttackOptions& options, const char* word) {
  try {
    check_attack_options(options, 10);
    FAIL() << "accepted a bad " << word;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadArgument);
    EXPECT_THAT(error.what(), testing::HasSubstr(word));
  }
}

TEST(AttackOptions, RefusesWhatIsOutOfRangeOrContradictory) {
  EXPECT_NO_THROW(check_attack_options({}, 10));
  expect_refused({.pixels = 6}, "pixels");
  expect_refused({.population = 3}, "population");
  expect_refused({.population = 0}, "population");
  expect_refused({.generations = -1}, "--generations");
  expect_refused({.max_evaluations = -1}, "--evaluations");
  expect_refused({.stop_below = 1.5}, "--stop-below");
  expect_refused({.stop_above = std::nan("")}, "--stop-above");
  expect_refused({.goal = Goal::kTarget}, "--target");
  expect_refused({.goal = Goal::kTarget, .target = 10}, "--target");
  expect_refused({.target = 3}, "--target");
  EXPECT_THROW(check_attack_options({}, 1), Error);
}

}  // namespace
}  // namespace ripple
