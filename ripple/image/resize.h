#pragma once

#include "ripple/image/image.h"

namespace ripple {

/// The image in the size that a network wants: the same bits where it has that size, else stretched
/// or shrunk (the aspect ratio is not kept) with a triangle filter that widens when shrinking: what
/// PIL and torchvision call antialiased bilinear. Borders are clamped, values stay in their sRGB
/// coding. Through stb_image_resize.
/// Assumes: an image with pixels. Errors: kBadArgument for a width or height outside 1..16384.
Image fit_image(const Image& image, int width, int height);

}  // namespace ripple
