#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <spng.h>
#include <turbojpeg.h>

#include "ripple/image/image.h"

namespace ripple {

inline std::span<const std::uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// An image whose every pixel differs from its neighbours, so that a swapped axis or channel shows.
inline Image gradient_image(int width, int height) {
  Image image = make_image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* pixel = image.at(x, y);
      pixel[0] = static_cast<std::uint8_t>(5 * x);
      pixel[1] = static_cast<std::uint8_t>(7 * y);
      pixel[2] = static_cast<std::uint8_t>(3 * (x + y) + 20);
    }
  }
  return image;
}

/// A PNG of a kind that encode_png never writes.
struct PngKind {
  std::uint8_t color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  std::uint8_t bit_depth = 8;
  bool interlaced = false;
  std::vector<spng_plte_entry> palette = {};
  std::vector<std::uint8_t> palette_alpha = {};
};

/// A PNG of `kind` with these raw rows (of whole bytes). Throws where libspng refuses.
inline std::string png_bytes(std::uint32_t width, std::uint32_t height, const PngKind& kind,
                             const std::vector<std::uint8_t>& rows) {
  const std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> context(spng_ctx_new(SPNG_CTX_ENCODER),
                                                                    &spng_ctx_free);
  const auto check = [](int status) {
    if (status != 0) throw std::runtime_error(spng_strerror(status));
  };
  check(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
  spng_ihdr header{};
  header.width = width;
  header.height = height;
  header.bit_depth = kind.bit_depth;
  header.color_type = kind.color_type;
  header.interlace_method = kind.interlaced ? 1 : 0;
  check(spng_set_ihdr(context.get(), &header));
  if (!kind.palette.empty()) {
    spng_plte palette{};
    palette.n_entries = static_cast<std::uint32_t>(kind.palette.size());
    std::copy(kind.palette.begin(), kind.palette.end(), palette.entries);
    check(spng_set_plte(context.get(), &palette));
  }
  if (!kind.palette_alpha.empty()) {
    spng_trns transparency{};
    transparency.n_type3_entries = static_cast<std::uint32_t>(kind.palette_alpha.size());
    std::copy(kind.palette_alpha.begin(), kind.palette_alpha.end(), transparency.type3_alpha);
    check(spng_set_trns(context.get(), &transparency));
  }
  check(spng_encode_image(context.get(), rows.data(), rows.size(), SPNG_FMT_PNG,
                          SPNG_ENCODE_FINALIZE));
  std::size_t size = 0;
  int status = 0;
  char* buffer = static_cast<char*>(spng_get_png_buffer(context.get(), &size, &status));
  check(status);
  std::string bytes(buffer, size);
  std::free(buffer);
  return bytes;
}

/// A JPEG of `pixels`, rows of `format` (TJPF_RGB, TJPF_GRAY, TJPF_CMYK).
inline std::string jpeg_bytes(int width, int height, const std::vector<std::uint8_t>& pixels,
                              int format = TJPF_RGB, int subsampling = TJSAMP_444, int flags = 0) {
  const tjhandle handle = tjInitCompress();
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  const int status = tjCompress2(handle, pixels.data(), width, 0, height, format, &buffer, &size,
                                 subsampling, 95, flags);
  std::string bytes(reinterpret_cast<char*>(buffer), status == 0 ? size : 0);
  tjFree(buffer);
  tjDestroy(handle);
  if (status != 0) throw std::runtime_error("tjCompress2 failed");
  return bytes;
}

/// The JPEG with an EXIF block behind its first two bytes that holds the given orientation.
inline std::string with_orientation(const std::string& jpeg, int orientation, bool big_endian) {
  const auto number = [&](std::uint32_t value, int width) {
    std::string text;
    for (int i = 0; i < width; ++i) {
      text += static_cast<char>(value >> (8 * (big_endian ? width - 1 - i : i)));
    }
    return text;
  };
  // Header, offset of the directory, two entries (an unrelated tag first), no next directory.
  std::string tiff = (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2);
  tiff += number(0x010f, 2) + number(2, 2) + number(1, 4) + std::string(4, '\0');
  tiff += number(0x0112, 2) + number(3, 2) + number(1, 4) +
          number(static_cast<std::uint32_t>(orientation), 2) + number(0, 2);
  tiff += number(0, 4);
  const std::string body = std::string("Exif\0\0", 6) + tiff;
  const std::size_t length = body.size() + 2;
  return jpeg.substr(0, 2) + "\xff\xe1" + static_cast<char>(length >> 8) +
         static_cast<char>(length) + body + jpeg.substr(2);
}

}  // namespace ripple
