#pragma once

#include <memory>
#include <vector>

#include "ripple/eval/delta/delta.h"

namespace ripple {

/// An evaluator that shares the rows of each score() call out over `threads` threads (0: one per
/// core this process may run on), which it keeps: for fewer images than cores.
///
/// Rows are the same bits for any number of threads. Like any evaluator it serves one caller at a
/// time, who works too: with one thread there are no others. The clean state is made once and
/// shared. statistics() are sums over the threads (`seconds` too, so they can exceed the wall
/// time), and so is thread_bytes().
/// Cost: score() wakes threads only where there is more than a small group of candidates for each;
/// it allocates only until each thread has once had a part of a batch as large.
/// Errors: of make_delta_evaluator. What a thread throws is thrown by score(); logits are then
/// undefined, the evaluator stays usable.
std::unique_ptr<DeltaEvaluator> make_delta_pool(std::shared_ptr<const delta::DeltaPlan> plan,
                                                const DeltaOptions& options, int threads);

namespace delta {

/// The same from evaluators, one a thread, all of one plan and alike; `mini_batch` candidates are
/// what one of them takes through the network together. Assumes at least one evaluator.
std::unique_ptr<DeltaEvaluator> make_pool(std::vector<std::unique_ptr<DeltaEvaluator>> evaluators,
                                          int mini_batch);

}  // namespace delta
}  // namespace ripple
