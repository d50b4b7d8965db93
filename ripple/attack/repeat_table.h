#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ripple/eval/evaluator.h"
#include "ripple/image/image.h"

namespace ripple {

/// Answers candidates of one clean image that were scored before. After rounding and clipping about
/// half of the candidates of a differential evolution repeat an earlier one; this table keeps the
/// logits of each, so that no candidate is evaluated twice.
///
/// Two candidates are the same where their effective edits are (see effective_edits): the later of
/// two edits of a pixel counts, an edit to the clean colour counts for nothing, order does not
/// matter.
///
/// Cost: about 0.1 us a candidate; up to (8 d + 4 classes + 64) bytes for each distinct one, up to
/// twice that while it grows.
class RepeatTable {
 public:
  /// Rows kept at most; candidates beyond it are evaluated each time they come. 2^20 of one pixel
  /// and ten classes take 112 MB; with 1000 classes kMaxLogits leaves 67,108. The paper's attack
  /// has 40,400 candidates.
  static constexpr std::size_t kMaxRows = std::size_t{1} << 20;
  static constexpr std::size_t kMaxLogits = std::size_t{1} << 26;

  /// Keeps a reference to `clean`, which must outlive it.
  RepeatTable(const Image& clean, int classes, std::size_t max_rows = kMaxRows);

  /// As evaluator.score(), which gets the candidates that are new, in their order.
  /// Assumes that every batch has the same number of edits a candidate.
  void score(Evaluator& evaluator, const CandidateBatch& batch, std::span<float> logits);

  /// Candidates that the evaluator was asked for so far.
  std::int64_t distinct() const { return distinct_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::int32_t row = -1;  // -1: free
  };

  std::uint64_t write_key(std::span<const PixelEdit> edits);
  Slot& find(std::uint64_t hash);
  void grow();

  const Image& clean_;
  std::size_t classes_;
  std::size_t max_rows_;
  std::vector<Slot> slots_;          // a power of two of them, at most half used
  std::vector<std::uint64_t> keys_;  // [rows, d]
  std::vector<float> logits_;        // [rows, classes]
  std::size_t rows_ = 0;
  std::int64_t distinct_ = 0;
  std::vector<std::uint64_t> key_;  // of the candidate at hand, [d]
  CandidateBatch fresh_;            // of one call: what the evaluator is asked for
  std::vector<float> fresh_logits_;
  std::vector<std::int64_t> source_;     // of candidate i: its row, or -1 - its place in fresh_
  std::vector<std::int32_t> fresh_row_;  // of a place in fresh_: its row, or -1 where none is left
};

}  // namespace ripple
