#include "ripple/base/json_line.h"

#include <gtest/gtest.h>

namespace ripple {
namespace {

TEST(JsonLine, KeepsTheOrderAndReplacesWhatIsNoUtf8) {
  EXPECT_EQ(json_line({{"b", 1}, {"a", {0.5, nullptr}}}), R"({"b":1,"a":[0.5,null]})");
  EXPECT_EQ(json_line({{"name",
                        "a\xff"
                        "b"}}),
            "{\"name\":\"a\xef\xbf\xbd"
            "b\"}");
}

}  // namespace
}  // namespace ripple
