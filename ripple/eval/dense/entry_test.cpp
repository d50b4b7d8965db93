#include <gtest/gtest.h>

#include "ripple/eval/dense/dense_library.h"
#include "ripple/eval/dense/factories.h"

extern "C" const ripple::DenseLibrary* ripple_dense_library();

namespace ripple {
namespace {

TEST(DenseEntry, OffersTheFunctionsOfThisSide) {
  const DenseLibrary* library = ripple_dense_library();
  ASSERT_NE(library, nullptr);
  EXPECT_EQ(library->make_evaluator, &dense::make_evaluator);
  EXPECT_EQ(library->make_activations, &dense::make_activations);
  EXPECT_EQ(library->make_gradients, &dense::make_gradients);
  EXPECT_EQ(library->train, &dense::train);
  EXPECT_EQ(ripple_dense_library(), library);
}

}  // namespace
}  // namespace ripple
