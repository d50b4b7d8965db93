#pragma once

#include <filesystem>
#include <memory>

#include "ripple/image/dataset.h"

namespace ripple {

/// Opens `folder`/<class>/<name>.png|jpg|jpeg (either case). Labels count the class folders from 0
/// in byte order of their names, images follow class after class in byte order of theirs. Images
/// are decoded on demand, each in its own size. Sample names read "class/name.png".
///
/// Left out: names that start with a dot; and, counted in Dataset::left_out, files of other kinds
/// in class folders, deeper folders, images beside the class folders. Links are read as what they
/// lead to: nothing goes deeper than class folders, so that no loop can be followed.
///
/// Errors: kIo for a folder that is missing or cannot be listed; kBadData with what to do for one
/// without class folders, for a class folder without images, and for names that is_displayable
/// refuses. sample(): as load_image.
std::unique_ptr<Dataset> open_folder(const std::filesystem::path& folder);

/// A dataset of one PNG or JPEG without a label; decoded here. Errors: as load_image.
std::unique_ptr<Dataset> open_single_image(const std::filesystem::path& file);

}  // namespace ripple
