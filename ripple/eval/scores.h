#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace ripple {

/// Errors: kBadModel naming the image, by its index or in words, where one of its logits is no
/// finite number, on which nothing below is defined.
void check_finite(std::span<const float> logits, std::int64_t index);
void check_finite(std::span<const float> logits, const char* image);

/// Errors: kBadModel where a network of `classes` classes has fewer than two, so that no other
/// answer can be driven; `task` names what was asked for, e.g. "attack".
void check_other_class(int classes, const char* task);

/// The class with the largest logit; of equal ones the lowest index, so that the answer does not
/// depend on the executor. Assumes one class or more and no NaN.
inline int argmax(std::span<const float> logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

/// The least likely class: with the smallest logit, of equal ones the lowest index. Assumes as
/// argmax() does.
inline int argmin(std::span<const float> logits) {
  return static_cast<int>(std::min_element(logits.begin(), logits.end()) - logits.begin());
}

/// Probabilities of the classes, in double. Assumes finite logits, one class or more.
inline std::vector<double> softmax(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> probabilities;
  probabilities.reserve(logits.size());
  double sum = 0.0;
  for (const float logit : logits) sum += probabilities.emplace_back(std::exp(logit - largest));
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

/// The largest logit of the classes other than `index`. Assumes two classes or more, no NaN.
inline float largest_other(std::span<const float> logits, int index) {
  const auto place = static_cast<std::size_t>(index);
  float largest = logits[place == 0 ? 1 : 0];
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (i != place && logits[i] > largest) largest = logits[i];
  }
  return largest;
}

/// log(p / (1 - p)) of class `index`, p its softmax probability. Rises strictly with p, and unlike
/// p in float32 it still tells 1 - 1e-9 from 1 - 1e-10, so that confident networks leave no
/// plateau. Assumes finite logits, two classes or more. Cost: an exp for each class and a log.
inline double log_odds(std::span<const float> logits, int index) {
  const double largest = largest_other(logits, index);
  double sum = 0.0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (i != static_cast<std::size_t>(index)) sum += std::exp(logits[i] - largest);
  }
  return logits[static_cast<std::size_t>(index)] - largest - std::log(sum);
}

/// The probability p that has these log-odds.
inline double probability_of(double log_odds) {
  return 1.0 / (1.0 + std::exp(-log_odds));
}

}  // namespace ripple
