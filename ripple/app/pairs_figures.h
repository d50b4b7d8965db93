#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ripple/app/pairs_output.h"
#include "ripple/base/parallel.h"

namespace ripple {

/// Draws the figures of `ripple pairs` (see draw_figure for the files of each) and returns their
/// stems. Of each source: SOURCE-matrix (original x target: successes, where there is room
/// successes/attacks, in each cell, the rate its colour; up to 40 classes), SOURCE-classes (rates
/// by original and by target class; likewise) and SOURCE-fitness (mean over the generations with a
/// band between the quartiles). Of all together: reach (images by number of targets reached, bars
/// of each source beside each other; where some source has it) and places (changed pixels of the
/// successes, each source on its own scale; of those that have successes). Errors: those of
/// draw_figure; kCancelled when `cancel` is set between two of them.
std::vector<std::string> draw_pairs(const std::filesystem::path& folder,
                                    const std::vector<PairSource>& sources, const ClassNames& names,
                                    const CancelFlag& cancel);

}  // namespace ripple
