#include "ripple/attack/result.h"

#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

TEST(AttackResult, NamesGoThereAndBack) {
  for (const char* name : {"none", "misclassified", "already-target"}) {
    EXPECT_EQ(to_string(parse_skip_reason(name)), name);
  }
  for (const char* name :
       {"none", "confidence", "success", "generations", "evaluations", "exhausted"}) {
    EXPECT_EQ(to_string(parse_stop_reason(name)), name);
  }
  EXPECT_THROW(parse_skip_reason("wrong"), Error);
  EXPECT_THROW(parse_stop_reason("wrong"), Error);
}

}  // namespace
}  // namespace ripple
