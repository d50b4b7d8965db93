#include "ripple/image/png.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <spng.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"

namespace ripple {
namespace {

using Context = std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)>;

constexpr int kOk = SPNG_OK;

Context make_context(int flags, const std::string& where) {
  Context context(spng_ctx_new(flags), &spng_ctx_free);
  if (!context) throw Error(ErrorCode::kIo, where, "no memory for libspng; free some");
  return context;
}

void check_decoded(int status, const std::string& where) {
  if (status == kOk) return;
  throw Error(ErrorCode::kBadData, where,
              fmt::format("is damaged or cut off ({}); export it again", spng_strerror(status)));
}

/// Drops the alpha channel. Errors: kBadData where a pixel is not opaque.
Image opaque_image(const std::vector<std::uint8_t>& rgba, int width, int height,
                   const std::string& where) {
  Image image = make_image(width, height);
  for (std::size_t i = 0; 4 * i < rgba.size(); ++i) {
    if (rgba[4 * i + 3] != 255) {
      throw Error(ErrorCode::kBadData, where,
                  fmt::format("the pixel at column {}, row {} is transparent; flatten the image "
                              "onto a background and save it without alpha",
                              i % width, i / width));
    }
    std::copy_n(rgba.begin() + 4 * i, 3, image.pixels.begin() + 3 * i);
  }
  return image;
}

}  // namespace

bool is_png(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 8> kMagic{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

Image decode_png(std::span<const std::uint8_t> bytes, const ImageLimits& limits,
                 const std::string& where) {
  const Context context = make_context(0, where);
  // libspng's own limit is left wide: check_image_size says in words what is too large.
  const auto metadata = static_cast<std::size_t>(limits.max_metadata);
  check_decoded(spng_set_chunk_limits(context.get(), metadata, metadata), where);
  check_decoded(spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR), where);
  check_decoded(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()), where);

  spng_ihdr header{};
  check_decoded(spng_get_ihdr(context.get(), &header), where);
  check_image_size(header.width, header.height, limits, where);
  if (header.bit_depth == 16) {
    throw Error(ErrorCode::kBadData, where,
                "has 16 bits a channel; save it with 8 bits a channel, so that the image attacked "
                "is the image in the file");
  }
  std::vector<std::uint8_t> rgba(std::size_t(4) * header.width * header.height);
  check_decoded(
      spng_decode_image(context.get(), rgba.data(), rgba.size(), SPNG_FMT_RGBA8, SPNG_DECODE_TRNS),
      where);
  // Reads on to the end marker: a file cut behind its last pixel is cut all the same.
  check_decoded(spng_decode_chunks(context.get()), where);
  return opaque_image(rgba, static_cast<int>(header.width), static_cast<int>(header.height), where);
}

std::string encode_png(const Image& image) {
  if (image.width < 1 || image.height < 1) {
    throw Error(ErrorCode::kBadArgument, "encode_png", "the image has no pixels; give it some");
  }
  const auto check = [](int status) {
    if (status != kOk) {
      throw Error(ErrorCode::kIo, "encode_png",
                  fmt::format("libspng failed ({}); free memory", spng_strerror(status)));
    }
  };
  const Context context = make_context(SPNG_CTX_ENCODER, "encode_png");
  check(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(image.width);
  header.height = static_cast<std::uint32_t>(image.height);
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  check(spng_set_ihdr(context.get(), &header));
  check(spng_encode_image(context.get(), image.pixels.data(), image.pixels.size(), SPNG_FMT_PNG,
                          SPNG_ENCODE_FINALIZE));
  std::size_t size = 0;
  int status = kOk;
  const std::unique_ptr<void, decltype(&std::free)> buffer(
      spng_get_png_buffer(context.get(), &size, &status), &std::free);
  check(status);
  return {static_cast<const char*>(buffer.get()), size};
}

void write_png(const std::filesystem::path& path, const Image& image) {
  write_file(path, encode_png(image));
}

}  // namespace ripple
