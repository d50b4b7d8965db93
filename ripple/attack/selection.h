#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ripple/attack/workers.h"
#include "ripple/base/parallel.h"

namespace ripple {

/// Half open: begin, begin + 1, ..., end - 1.
struct IndexRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The indices of a range, ascending.
std::vector<std::int64_t> indices_of(const IndexRange& range);

/// What a results file says of its images: "range 0:100" or, where they are the first `correct`
/// correctly classified ones of the range (0: all of it), "range 0:100, first 20 correctly
/// classified".
std::string selection_text(const IndexRange& range, std::int64_t correct);

/// What a selection_text() asks for: how many images, and whether only correctly classified ones
/// count. Nothing where the text is none.
struct SelectedCount {
  std::int64_t images = 0;
  bool correct = false;
};
std::optional<SelectedCount> parse_selection(const std::string& text);

/// The indices, ascending, of the first `count` images of `range` that the network classifies as
/// their label (argmax, ties to the lowest index); fewer where the range holds no more. The same
/// for any number of threads. Cost: a full pass for each scanned image and up to 8 * threads more.
/// Errors: kBadArgument for an image without a label or a count under 1; kCancelled when `cancel`
/// (may be null) is set; what `source` and the evaluators throw.
/// `on_progress` (may be empty) hears now and then, on the calling thread, how many were found.
std::vector<std::int64_t> select_correct(
    const IndexRange& range, std::int64_t count, const ImageSource& source,
    const EvaluatorFactory& factory, int threads, const CancelFlag* cancel,
    const std::function<void(std::int64_t found)>& on_progress = {});

}  // namespace ripple
