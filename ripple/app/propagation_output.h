#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ripple/analysis/propagation_statistics.h"
#include "ripple/image/image.h"

namespace ripple {

// What `ripple propagate` prints, writes and draws.

/// One edited image and what came of it.
struct PropagationCase {
  Image clean;
  std::vector<PixelEdit> edits;
  std::string clean_caption;   ///< e.g. "cat 0.93"
  std::string edited_caption;  ///< e.g. "dog 0.61"
};

/// A layer's name as pictures have room for: without a "/" before it, the operator's name behind it
/// and, where it is still too long, its beginning.
std::string short_layer_name(const std::string& name);

/// Makes the folder and finds out whether it can be written. Errors: kIo.
void make_output_folder(const std::filesystem::path& folder);

/// Takes away maps and figures that an earlier call left in the folder, which may be of other
/// layers, and writes LAYER_max.npy and LAYER_avg.npy, float32 [rows, columns], unscaled, LAYER
/// being the number in order and the name. Returns a line a layer, as --json prints them: layer,
/// shape, max, peak, mean, spread {"1%", "5%", "10%"}, radius, reachable, receptive_field,
/// clean_max, path, path_average. What there is no number for is null. Errors: kIo.
std::vector<nlohmann::ordered_json> write_case(const std::filesystem::path& folder,
                                               const std::vector<Layer>& layers, const Trace& trace,
                                               const PropagationCase& propagation);

/// The lines of write_case as a table for people.
std::string case_table(const std::vector<nlohmann::ordered_json>& lines);

/// Draws FOLDER/max.png and .svg (PM_max on the paper's scale: the layer's largest clean
/// activation) and FOLDER/avg.* (PM_avg, likewise, on a scale up to its largest value): the two
/// images, then one map a layer. Errors: those of draw_panel_grid.
void draw_case(const std::filesystem::path& folder, const std::vector<Layer>& layers,
               const Trace& trace, const PropagationCase& propagation, Difference difference);

/// Takes away what an earlier call left, as write_case() does (not what that wrote), and writes
/// LAYER_successes_avg.npy and so on for both groups and kinds of maps, and statistics.jsonl
/// with the lines that it returns, one a layer: layer, successes and failures {n, mean,
/// standard_error, peak, radius}, clean {mean, standard_error}, p_value, a12, rank_biserial, path,
/// path_failures (PM_avg; null for an empty group). Errors: kIo.
std::vector<nlohmann::ordered_json> write_statistics(const std::filesystem::path& folder,
                                                     const PropagationStatistics& statistics);

/// The lines of write_statistics as a table for people.
std::string statistics_table(const std::vector<nlohmann::ordered_json>& lines);

/// Draws FOLDER/averages.* (Fig. 7 and 8: average PM_avg of successes above failures, each layer on
/// a scale of its own that both groups share) and FOLDER/curve.* (Fig. 9). An empty group is left
/// out. Errors: those of draw_panel_grid.
void draw_statistics(const std::filesystem::path& folder, const PropagationStatistics& statistics,
                     Difference difference);

}  // namespace ripple
