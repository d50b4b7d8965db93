#include "ripple/attack/summary.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "ripple/attack/results_file.h"
#include "ripple/base/rate.h"

namespace ripple {
namespace {

std::string denominator_in_words(const AttackSummary& summary) {
  const char* which = summary.labels_assumed ? "unlabelled" : "correctly classified";
  const std::int64_t n = summary.attempted;
  if (!summary.targeted) return fmt::format("{} {} image{}", n, which, n == 1 ? "" : "s");
  return fmt::format("{} pair{} of {} {} image and a target class", n, n == 1 ? "" : "s",
                     summary.labels_assumed ? "an" : "a", which);
}

}  // namespace

AttackSummary summarise(std::vector<AttackResult> results) {
  std::sort(results.begin(), results.end(), stands_before);
  AttackSummary summary;
  struct Counts {
    std::int64_t attacks = 0, successes = 0, published = 0;
  };
  std::map<std::int64_t, Counts> images;  // by index
  std::vector<double> evaluations, distinct, of_successes, to_success, before, after, predicted;
  std::set<std::int64_t> misclassified;
  for (const AttackResult& result : results) {
    summary.targeted |= result.target.has_value();
    if (result.skipped != SkipReason::kNone) {
      if (result.skipped == SkipReason::kMisclassified) {
        misclassified.insert(result.index);  // once, however many targets it was to be driven to
      } else {
        ++summary.skipped_already_target;
      }
      continue;
    }
    summary.labels_assumed |= result.label_assumed;
    Counts& counts = images[result.index];
    ++counts.attacks;
    counts.successes += result.success;
    counts.published += result.success_as_published;
    summary.evaluations += result.evaluations;
    summary.disagreements += result.disagreements;
    evaluations.push_back(static_cast<double>(result.evaluations));
    distinct.push_back(static_cast<double>(result.distinct_evaluations));
    before.push_back(result.confidence_before);
    after.push_back(result.confidence_after);
    if (!result.success) continue;
    of_successes.push_back(static_cast<double>(result.evaluations));
    predicted.push_back(result.confidence_predicted);
    if (result.evaluations_to_success) {
      to_success.push_back(static_cast<double>(*result.evaluations_to_success));
    }
  }
  summary.skipped_misclassified = static_cast<std::int64_t>(misclassified.size());
  summary.attempted = static_cast<std::int64_t>(evaluations.size());
  summary.denominator = denominator_in_words(summary);
  ClusteredRate success, published;
  std::int64_t reached = 0;
  for (const auto& [index, counts] : images) {
    success.add(counts.attacks, counts.successes);
    published.add(counts.attacks, counts.published);
    reached += counts.successes > 0;
  }
  summary.success = make_rate(success);
  summary.published = make_rate(published);
  summary.images = make_rate(reached, static_cast<std::int64_t>(images.size()));
  summary.mean_evaluations = mean(evaluations);
  summary.median_evaluations = median(evaluations);
  summary.mean_distinct_evaluations = mean(distinct);
  summary.mean_evaluations_of_successes = mean(of_successes);
  summary.median_evaluations_of_successes = median(of_successes);
  summary.median_evaluations_to_success = median(to_success);
  summary.mean_confidence_before = mean(before);
  summary.mean_confidence_after = mean(after);
  summary.mean_confidence_predicted = mean(predicted);
  return summary;
}

}  // namespace ripple
