#include "ripple/attack/selection.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <numeric>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

bool classified_correctly(const Sample& sample, std::int64_t index, Evaluator& evaluator) {
  if (!sample.label) {
    throw Error(ErrorCode::kBadArgument, fmt::format("image {}", index),
                "it has no label, so that nobody can say whether its class is right; choose images "
                "by --range instead of --correct");
  }
  std::vector<float> logits(static_cast<std::size_t>(evaluator.classes()));
  evaluator.logits_of(sample.image, logits);
  check_finite(logits, index);
  return argmax(logits) == *sample.label;
}

}  // namespace

std::string selection_text(const IndexRange& range, std::int64_t correct) {
  const std::string all = fmt::format("range {}:{}", range.begin, range.end);
  return correct == 0 ? all : fmt::format("{}, first {} correctly classified", all, correct);
}

std::optional<SelectedCount> parse_selection(const std::string& text) {
  long long begin = 0;
  long long end = 0;
  long long correct = 0;
  const int found =
      std::sscanf(text.c_str(), "range %lld:%lld, first %lld", &begin, &end, &correct);
  if (found < 2 || begin < 0 || end < begin || correct < 0) return std::nullopt;
  if (found == 3) return SelectedCount{correct, true};
  return SelectedCount{end - begin, false};
}

std::vector<std::int64_t> indices_of(const IndexRange& range) {
  std::vector<std::int64_t> indices(
      static_cast<std::size_t>(std::max<std::int64_t>(0, range.end - range.begin)));
  std::iota(indices.begin(), indices.end(), range.begin);
  return indices;
}

std::vector<std::int64_t> select_correct(
    const IndexRange& range, std::int64_t count, const ImageSource& source,
    const EvaluatorFactory& factory, int threads, const CancelFlag* cancel,
    const std::function<void(std::int64_t found)>& on_progress) {
  if (count < 1) {
    throw Error(ErrorCode::kBadArgument, "--correct",
                fmt::format("{} images cannot be chosen; give 1 or more", count));
  }
  WorkerEvaluators evaluators(factory, std::max(1, threads));
  const std::int64_t block = 8 * std::max(1, threads);
  std::vector<std::int64_t> found;
  for (std::int64_t begin = range.begin; begin < range.end; begin += block) {
    const std::int64_t size = std::min(block, range.end - begin);
    std::vector<char> correct(static_cast<std::size_t>(size));  // not bool: written by many threads
    // An image that cannot be read matters only where the scan gets to it, for any number of
    // threads.
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size));
    parallel_for(size, threads, cancel, [&](std::int64_t i, int worker) {
      try {
        correct[static_cast<std::size_t>(i)] =
            classified_correctly(source(begin + i), begin + i, evaluators.of(worker));
      } catch (...) {
        errors[static_cast<std::size_t>(i)] = std::current_exception();
      }
    });
    if (cancel != nullptr && cancel->load()) {
      throw Error(ErrorCode::kCancelled, "--correct", "stopped while choosing images");
    }
    for (std::int64_t i = 0; i < size; ++i) {
      if (const auto& error = errors[static_cast<std::size_t>(i)]) std::rethrow_exception(error);
      if (correct[static_cast<std::size_t>(i)] == 0) continue;
      found.push_back(begin + i);
      if (static_cast<std::int64_t>(found.size()) == count) return found;
    }
    if (on_progress) on_progress(static_cast<std::int64_t>(found.size()));
  }
  return found;
}

}  // namespace ripple
