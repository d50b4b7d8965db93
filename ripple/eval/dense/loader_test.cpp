#include <cstdlib>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "ripple/eval/dense/dense.h"
#include "ripple/model/graph_builder.h"

namespace ripple {
namespace {

Graph small_graph() {
  GraphBuilder builder({3, 2, 2});
  return builder.finish(
      builder.add("fc", make_gemm(2, 12), {builder.flatten("flat", builder.input())}));
}

bool module_is_loaded() {
  return ::dlopen("libripple_dense.so", RTLD_NOW | RTLD_NOLOAD) != nullptr;
}

/// Whether the first use loads the module, and one before it does not; and the second finds the
/// same. In a process of its own, since LibTorch cannot be unloaded.
[[noreturn]] void load_and_exit() {
  const bool before = module_is_loaded();
  const Graph graph = small_graph();
  const bool built = module_is_loaded();
  make_dense_activations(graph, {});
  const bool used = module_is_loaded();
  make_dense_gradients(graph, {});
  std::_Exit(!before && !built && used ? 0 : 1);
}

TEST(DenseLoader, LoadsLibTorchAtTheFirstUseAndNotBefore) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(load_and_exit(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace ripple
