#include "ripple/model/memory_budget.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(MemoryBudget, TakesAllOfItAndNoByteMore) {
  MemoryBudget budget(100, "the weights", "raise the limit");
  budget.charge(60, "a");
  budget.charge(10, 4, "b");
  EXPECT_EQ(budget.used(), 100);
  expect_error([&] { budget.charge(1, "c"); }, ErrorCode::kBadModel,
               {"c", "the weights need more than the 100 bytes", "raise the limit"});
  EXPECT_EQ(budget.used(), 100);
  budget.raise_limit(1);
  budget.charge(1, "c");
  EXPECT_EQ(budget.used(), 101);
}

TEST(MemoryBudget, ProductsAndSumsDoNotWrap) {
  MemoryBudget budget(INT64_MAX, "the weights", "raise the limit");
  expect_error([&] { budget.charge(INT64_MAX / 2, 4, "a"); }, ErrorCode::kBadModel, {"a"});
  expect_error([&] { budget.charge(-1, "a"); }, ErrorCode::kBadModel, {"a"});
  budget.charge(INT64_MAX - 1, "a");
  expect_error([&] { budget.charge(2, "b"); }, ErrorCode::kBadModel, {"b"});
}

}  // namespace
}  // namespace ripple
