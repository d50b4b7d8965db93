// Every allocation that LibTorch makes for an evaluator may fail, and each says so in the same way.

#include <atomic>
#include <cstring>
#include <functional>
#include <new>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include "ripple/eval/dense/factories.h"
#include "ripple/eval/dense/program.h"
#include "tests/expect_gradient.h"
#include "tests/random_graph.h"

namespace ripple::dense {
namespace {

/// LibTorch's allocator, but for one allocation that fails as its own do.
class FailingAllocator final : public at::Allocator {
 public:
  explicit FailingAllocator(at::Allocator* real) : real_(real) {}

  // One of the two overrides that of this LibTorch; copy_data() came with the second.
  at::DataPtr allocate(std::size_t bytes) const { return take(bytes); }
  at::DataPtr allocate(std::size_t bytes) { return take(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
  }
  at::DeleterFnPtr raw_deleter() const override { return real_->raw_deleter(); }

  mutable std::atomic<int> before{-1};  ///< allocations until the one that fails; below 0: none

 private:
  at::DataPtr take(std::size_t bytes) const {
    TORCH_CHECK(before-- != 0, "DefaultCPUAllocator: can't allocate memory: ", bytes, " bytes");
    return real_->allocate(bytes);
  }
  at::Allocator* real_;
};

/// Runs `work` once for every allocation that it makes, with that one failing.
void expect_bad_alloc(const std::function<void()>& work) {
  at::Allocator* real = c10::GetCPUAllocator();
  static FailingAllocator failing(real);  // LibTorch may hold it for ever
  work();                                 // what is made once a process is made now
  c10::SetCPUAllocator(&failing);
  int failures = 0;
  for (bool is_through = false; !is_through; ++failures) {
    failing.before = failures;
    try {
      work();
      is_through = failing.before >= 0;
      EXPECT_TRUE(is_through) << "nobody heard of failure " << failures;
    } catch (const std::bad_alloc&) {
    } catch (const std::exception& error) {
      ADD_FAILURE() << "failure " << failures << ": " << error.what();
    }
    failing.before = -1;
  }
  c10::SetCPUAllocator(real);
  EXPECT_GT(failures, 10);
}

/// A network with blocked and plain operators, padded and overwritten activations.
Graph network() {
  Rng rng({4});
  GraphBuilder b({3, 8, 8});
  const auto add = [&](const char* name, Op op, std::vector<ValueId> inputs) {
    randomise(op, rng);
    return b.add(name, std::move(op), std::move(inputs));
  };
  ValueId x = add("conv", make_conv(16, 3, 3, 1, 1), {b.input()});
  x = add("sum", Binary{BinaryKind::kAdd}, {x, add("relu", Relu{}, {x})});
  x = add("pool", MaxPool{make_window(3, 2), true}, {add("lrn", Lrn{3}, {x})});
  return b.finish(add("fc", make_gemm(4, 16 * 4 * 4), {b.flatten("flat", x)}));
}

TEST(OutOfMemory, OfAnEvaluator) {
  Model model;
  model.graph = network();
  model.preprocessing = Preprocessing{{120, 130, 110}, {60, 70, 50}};
  Rng rng({5});
  const Image image = random_image(8, 8, rng);
  const CandidateBatch batch = random_candidates(3, 2, 8, 8, rng);
  std::vector<float> logits(3 * 4);
  expect_bad_alloc([&] {
    const auto evaluator = make_evaluator(model, {});
    evaluator->refresh(image);
    evaluator->score(batch, logits);
    evaluator->logits_of(image, std::span(logits).first(4));
  });
}

TEST(OutOfMemory, OfActivations) {
  const Graph graph = network();
  const Tensor inputs = filled<float>({2, 3, 8, 8}, 0.5f);
  expect_bad_alloc([&] {
    make_activations(graph, {value_named(graph, "pool"), graph.logits}, {})->run(inputs);
  });
}

TEST(OutOfMemory, OfGradients) {
  const Graph graph = network();
  const Tensor inputs = filled<float>({2, 3, 8, 8}, 0.5f);
  const std::vector<int> classes{0, 3};
  for (const Summation summation : {Summation::kFast, Summation::kOrdered}) {
    expect_bad_alloc([&] {
      make_gradients(graph, {value_named(graph, "pool")}, {}, summation)->run(inputs, classes, {});
    });
  }
}

TEST(OutOfMemory, OtherErrorsStayWhatTheyAre) {
  EXPECT_THROW(with_bad_alloc([] { at::zeros({2}).add_(at::zeros({3})); }), c10::Error);
  EXPECT_EQ(with_bad_alloc([] { return 7; }), 7);
}

}  // namespace
}  // namespace ripple::dense
