#pragma once

#include <filesystem>
#include <vector>

#include "ripple/analysis/attention_study.h"
#include "ripple/app/options.h"

namespace ripple {

/// FOLDER/grid_MAP.png: Fig. 2 to 7 of Kotyan & Vargas. Of each of the first `images` cases a row
/// for the pixel attack and one for PGD: the clean image and its maps for the true and the
/// adversarial class, the adversarial image and its maps. A row has one scale; pixels of the pixel
/// attack are framed.
void draw_attention_grids(const std::filesystem::path& folder,
                          const std::vector<AttentionCase>& attacks,
                          const std::vector<CaseAttention>& cases, int images,
                          const ClassNames& names);

/// FOLDER/NAME.png, bars with intervals by map and class for each attack: near (change of the share
/// within 2 pixels, in percentage points), moved (total variation, in percent), diffusion (change
/// of entropy), mass.
void draw_attention_charts(const std::filesystem::path& folder,
                           const std::vector<AttentionFigure>& figures);

}  // namespace ripple
