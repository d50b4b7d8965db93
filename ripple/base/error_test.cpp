#include "ripple/base/error.h"

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(Error, SaysWhereThenWhat) {
  const Error error(ErrorCode::kBadModel, "net.onnx", "it is empty; export it again");
  EXPECT_STREQ(error.what(), "net.onnx: it is empty; export it again");
  EXPECT_EQ(error.code(), ErrorCode::kBadModel);
}

}  // namespace
}  // namespace ripple
