#include <gtest/gtest.h>

#include "tests/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;

TEST(DeltaUnsupported, NamesNodeAndOperator) {
  Rng rng({1});
  GraphBuilder b({3, 6, 6});
  const ValueId soft = b.add("soft1", Softmax{0}, {b.input()});
  const Model model = finish(b, rng, soft);
  const auto why = delta_unsupported(model.graph);
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("soft1"), std::string::npos);
  EXPECT_NE(why->find("Softmax"), std::string::npos);
  EXPECT_THROW(make_delta_evaluator(model), Error);
}

TEST(DeltaUnsupported, NothingToSayOfAnOrdinaryNetwork) {
  Rng rng({2});
  GraphBuilder b({3, 6, 6});
  const Model model = finish(b, rng, b.add("relu", Relu{}, {b.input()}));
  EXPECT_FALSE(delta_unsupported(model.graph).has_value());
}

}  // namespace
}  // namespace ripple
