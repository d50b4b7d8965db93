#include "ripple/attack/judge.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/scores.h"

namespace ripple {

Judge::Judge(const Aim& aim, int classes, std::string where)
    : aim_(aim), classes_(static_cast<std::size_t>(classes)), where_(std::move(where)) {}

void Judge::judge(const CandidateBatch& batch, std::span<const float> logits) {
  const auto count = static_cast<std::size_t>(batch.size());
  assert(logits.size() == count * classes_);
  losses_.resize(count);
  first_flip_.position = 0;
  best_flip_of_batch_.position = 0;
  const int driven = aim_.driven_class();
  const double sign = aim_.target ? -1.0 : 1.0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<const float> row = logits.subspan(i * classes_, classes_);
    double sum = 0.0;  // finite where every logit is: floats cannot overflow a double
    for (const float logit : row) sum += logit;
    if (!std::isfinite(sum)) refuse(row, batch.candidate(static_cast<int>(i)));

    const double score =
        aim_.objective == Objective::kProbability
            ? log_odds(row, driven)
            : double(row[static_cast<std::size_t>(driven)]) - double(largest_other(row, driven));
    // Logits near the ends of float lie further apart than a float reaches.
    constexpr double kMost = std::numeric_limits<float>::max();
    const auto loss = static_cast<float>(std::clamp(sign * score, -kMost, kMost));
    losses_[i] = loss;
    ++evaluations_;
    const bool reaches = aim_.reached_by(argmax(row));
    const auto note = [&](NotedCandidate& noted) {
      const std::span<const PixelEdit> edits = batch.candidate(static_cast<int>(i));
      noted.position = evaluations_;
      noted.loss = loss;
      noted.reaches = reaches;
      noted.driven_confidence = probability_of(log_odds(row, driven));
      noted.edits.assign(edits.begin(), edits.end());
    };
    if (best_.position == 0 || loss < best_.loss) note(best_);
    if (!reaches) continue;
    if (best_flip_.position == 0 || loss < best_flip_.loss) note(best_flip_);
    if (first_flip_.position == 0) note(first_flip_);
    if (best_flip_of_batch_.position == 0 || loss < best_flip_of_batch_.loss) {
      note(best_flip_of_batch_);
    }
  }
}

void Judge::refuse(std::span<const float> row, std::span<const PixelEdit> edits) const {
  std::size_t at = 0;
  while (at + 1 < row.size() && std::isfinite(row[at])) ++at;
  const PixelEdit& edit = edits.front();
  throw Error(
      ErrorCode::kBadModel, where_,
      fmt::format("the network answers {} for class {} after the edit {},{},{},{},{}; check "
                  "its weights and its preprocessing",
                  row[at], at, edit.x, edit.y, edit.r, edit.g, edit.b));
}

}  // namespace ripple
