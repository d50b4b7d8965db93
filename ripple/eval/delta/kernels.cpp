#include "ripple/eval/delta/kernels.h"

#include <algorithm>

// One source for all instruction sets: this file includes itself once a target. SSSE3 and AVX3_DL
// would give nothing over their neighbours; vectors of unknown size (SVE, RVV) cannot be kept in
// arrays of accumulators.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ripple/eval/delta/kernels.cpp"
#include "hwy/foreach_target.h"
// after foreach_target.h
#include "hwy/highway.h"
#include "ripple/eval/delta/conv-inl.h"
#include "ripple/eval/delta/pointwise-inl.h"
#include "ripple/eval/delta/prepare-inl.h"
#include "ripple/eval/delta/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ripple::delta::HWY_NAMESPACE {

const KernelTable& table() {
  static const KernelTable kTable = [] {
    KernelTable t;
    t.target = hwy::TargetName(HWY_TARGET);
    t.lanes = kLanes;
    t.prepare = prepare;
    t.sliding = sliding;
    t.scatter = scatter;
    t.flat = flat;
    t.clear = clear;
    t.depthwise = depthwise;
    t.max_pool = max_pool;
    t.average_pool = average_pool;
    t.global_average = global_average;
    t.pointwise = pointwise;
    t.arithmetic = arithmetic;
    t.lrn = lrn;
    t.multiply_add_loop = multiply_add_loop;
    return t;
  }();
  return kTable;
}

}  // namespace ripple::delta::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ripple::delta {

HWY_EXPORT(table);

// Highway's own dispatch keeps its choice in a global; here every evaluator has its own, so the
// table of exported functions is read directly.
std::vector<const KernelTable*> kernel_tables() {
#if (HWY_TARGETS & (HWY_TARGETS - 1)) == 0
  return {&HWY_STATIC_DISPATCH(table)()};  // compiled for one alone: there is no table of them
#else
  std::vector<const KernelTable*> found;
  const std::int64_t mask =
      HWY_CHOSEN_TARGET_SHIFT(hwy::SupportedTargets()) & HWY_CHOSEN_TARGET_MASK_TARGETS;
  for (int index = 1; index <= HWY_MAX_DYNAMIC_TARGETS; ++index) {
    if ((mask >> index) & 1) found.push_back(&HWY_DISPATCH_TABLE(table)[index]());
  }
  // What any CPU of this architecture runs; the compiler may be told to assume one of the others.
  const KernelTable* any = &HWY_DISPATCH_TABLE(table)[HWY_MAX_DYNAMIC_TARGETS + 1]();
  if (std::find(found.begin(), found.end(), any) == found.end()) found.push_back(any);
  return found;
#endif
}

}  // namespace ripple::delta
#endif  // HWY_ONCE
