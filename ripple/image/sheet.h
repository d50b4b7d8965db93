#pragma once

#include <span>

#include "ripple/image/image.h"

namespace ripple {

/// Pictures in rows of `columns`, each in a cell of the largest one's size, on a light ground with
/// a gap between them: an overview to look through. Assumes at least one picture and columns >= 1.
Image contact_sheet(std::span<const Image> pictures, int columns);

}  // namespace ripple
