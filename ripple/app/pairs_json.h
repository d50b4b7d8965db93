#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ripple/app/pairs_output.h"

namespace ripple {

/// One object a kind, each with source, from, kind and then (numbers of nothing are null, a RATE is
/// {successes, trials, images, rate, low, high}, interval 95 % over images):
///   summary      pixels, goal, method, objective, model, data, selection, complete, denominator,
///                attacks, skipped_misclassified, skipped_already_target, success RATE, published
///                RATE, images RATE, confidence_of_true_class_before, confidence_of_wrong_class,
///                evaluations {mean, successes, distinct}
///   matrix       classes [names], attacks, successes, rate, evaluations_to_success: each
///                [original][target], null where nothing was tried (rate, evaluations) or no
///                success is (evaluations)
///   asymmetry    pairs_tested, pairs_differing, mean_difference, spearman, spearman_low,
///                spearman_high, pairs [{from, to, successes, attacks, back_successes,
///                back_attacks, difference, p, p_holm}]
///   reach        images [by number of targets reached], mean, any RATE, incomplete; only of
///                attacks at all targets
///   classes      original [RATE], target [RATE], by class
///   evaluations  mean, successes, failures, distinct, median_to_first_flip
///   fitness      value, generations [...], successes and failures {attacks, mean, lower_quartile,
///                median, upper_quartile: [...]}, without_history
///   places       successes, pixels, counts [row][column], central RATE, central_expected, border
///                RATE, border_expected, corner RATE, corner_expected, distance,
///                distance_expected, extreme_values RATE
std::vector<nlohmann::ordered_json> pair_lines(const PairSource& source, const ClassNames& names);

}  // namespace ripple
