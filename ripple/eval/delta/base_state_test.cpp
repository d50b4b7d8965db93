#include "ripple/eval/delta/base_state.h"

#include <gtest/gtest.h>

#include "ripple/eval/preprocess.h"
#include "ripple/eval/reference/reference.h"
#include "tests/expect_update.h"

namespace ripple {
namespace {

using namespace delta_test;

TEST(BaseState, HoldsTheCleanActivationsOfTheReference) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Model model = random_graph_model(seed);
    const auto plan = make_delta_plan(model);
    Rng rng({seed, 3});
    const Image image = random_image(model.graph.width(), model.graph.height(), rng);
    const delta::BaseState state(plan, image);
    const Graph& graph = plan->graph();
    const Tensor input = preprocess(make_normalizer(model), image);
    const auto want = reference_activations(graph, input);
    int compared = 0;
    for (std::size_t v = 0; v < graph.values.size(); ++v) {
      const auto id = static_cast<ValueId>(v);
      if (plan->root(id) != id || !plan->keeps_clean(id)) continue;
      const delta::Layout& layout = plan->layout(id);
      for (int c = 0; c < layout.channels; ++c) {
        for (int cell = 0; cell < layout.cells(); ++cell) {
          const double expected = want[v].data[std::size_t(c * layout.cells() + cell)];
          const float got = state.clean(id)[layout.at(c, cell / layout.width, cell % layout.width)];
          ASSERT_NEAR(got, expected, 1e-4 * (1.0 + std::fabs(expected)));
        }
      }
      ++compared;
    }
    EXPECT_GT(compared, 0);
    EXPECT_EQ(state.image(), image);
  }
}

TEST(BaseState, RefusesAnImageOfAnotherSize) {
  const auto plan = make_delta_plan(random_graph_model(1));
  Rng rng({4});
  EXPECT_THROW(delta::BaseState(plan, random_image(3, 2, rng)), Error);
}

}  // namespace
}  // namespace ripple
