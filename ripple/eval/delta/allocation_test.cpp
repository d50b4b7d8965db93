// score() allocates nothing after the first call, and 100,000 updates do not drift.

#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "ripple/eval/delta/pool.h"
#include "tests/expect_update.h"

namespace {
std::atomic<long> allocations{0};
}

// Every form of operator new ends in one of these two.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto a = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(a, (size + a - 1) / a * a)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

namespace ripple {
namespace {

using namespace delta_test;

Model small_network() {
  Rng rng({1});
  GraphBuilder b({3, 12, 14});
  ValueId x = b.add("c1", random_conv(rng, 16, 3, make_window(3, 1, 1)), {b.input()});
  for (int i = 0; i < 3; ++i) {
    const std::string n = std::to_string(i);
    const ValueId bn = b.add("bn" + n, random_normalization(rng, 16), {x});
    const ValueId relu = b.add("relu" + n, Relu{}, {bn});
    const ValueId conv = b.add("conv" + n, random_conv(rng, 16, 16, make_window(3, 1, 1)), {relu});
    x = b.add("sum" + n, Binary{}, {x, conv});
  }
  x = b.add("pool", MaxPool{make_window(2, 2), false}, {x});
  return finish(b, rng, b.add("down", random_conv(rng, 40, 16, make_window(3, 2, 1)), {x}));
}

TEST(DeltaAllocation, NoneAfterTheFirstBatch) {
  const Model model = small_network();
  Rng rng({2});
  const Image image = random_image(14, 12, rng);
  const auto delta = make_delta_evaluator(model, {.tolerance = 1e-3f});
  delta->refresh(image);
  CandidateBatch batch = random_candidates(rng, image, 3, 50);
  std::vector<float> logits(200);
  // The first one changes nothing: its size is what counts.
  for (PixelEdit& edit : batch.edits) {
    const std::uint8_t* clean = image.at(edit.x, edit.y);
    edit = {edit.x, edit.y, clean[0], clean[1], clean[2]};
  }
  delta->score(batch, logits);
  batch = random_candidates(rng, image, 3, 50);
  const long before = allocations;
  delta->score(batch, logits);
  EXPECT_EQ(allocations - before, 0);
}

TEST(DeltaAllocation, APoolAllocatesUntilEachThreadHadAPart) {
  const auto pool = make_delta_pool(make_delta_plan(small_network()), {}, 3);
  Rng rng({4});
  const Image image = random_image(14, 12, rng);
  pool->refresh(image);
  const CandidateBatch batch = random_candidates(rng, image, 2, 100);
  std::vector<float> logits(400);
  const long before = allocations;
  for (int i = 0; i < 300; ++i) pool->score(batch, logits);
  // Which call is a thread's first is chance; allocations of every call would be hundreds.
  EXPECT_LT(allocations - before, 100);
}

TEST(DeltaDrift, NoneAfterManyUpdates) {
  const Model model = small_network();
  Rng rng({3});
  const Image image = random_image(14, 12, rng);
  const auto delta = make_delta_evaluator(model);
  delta->refresh(image);
  const CandidateBatch first = random_candidates(rng, image, 2, 100);
  std::vector<float> begin(400), other(400), end(400);
  delta->score(first, begin);
  for (int i = 0; i < 1000; ++i) {
    const CandidateBatch batch = random_candidates(rng, image, 1 + i % 5, 100);
    delta->score(batch, other);
  }
  delta->score(first, end);
  EXPECT_EQ(begin, end) << "every update starts from the clean state: the same bits";
}

}  // namespace
}  // namespace ripple
