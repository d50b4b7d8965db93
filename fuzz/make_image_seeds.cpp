// Writes the seeds of fuzz_cifar10 and fuzz_image under the folder given, one small file a kind:
//   make_image_seeds fuzz/corpus

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "ripple/base/file.h"
#include "ripple/image/png.h"
#include "tests/image_bytes.h"

namespace ripple {
namespace {

namespace fs = std::filesystem;

void write_cifar10(const fs::path& folder) {
  const std::string record = std::string(1, '\x03') + std::string(3072, 'r');
  write_file(folder / "one_record", record);
  write_file(folder / "two_records", record + record);
  write_file(folder / "cut", record.substr(0, 3000));
  write_file(folder / "label_10", std::string(1, '\x0a') + std::string(3072, 'r'));
  write_file(folder / "names",
             "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  write_file(folder / "names_crlf_utf8",
             "a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\n\xc3\xa9t\xc3\xa9");
  write_file(folder / "names_escape", "a\nb\x1b[2J\n");
  write_file(folder / "empty", "");
}

void write_pngs(const fs::path& folder) {
  const std::string rgb = encode_png(gradient_image(9, 5));
  write_file(folder / "rgb.png", rgb);
  write_file(folder / "cut.png", rgb.substr(0, rgb.size() / 2));
  write_file(folder / "interlaced.png",
             png_bytes(9, 5, {.interlaced = true}, gradient_image(9, 5).pixels));
  write_file(folder / "grey.png",
             png_bytes(2, 2, {.color_type = SPNG_COLOR_TYPE_GRAYSCALE}, {0, 90, 180, 255}));
  write_file(folder / "grey_2_bit.png",
             png_bytes(4, 1, {.color_type = SPNG_COLOR_TYPE_GRAYSCALE, .bit_depth = 2}, {0x1b}));
  const PngKind palette{.color_type = SPNG_COLOR_TYPE_INDEXED,
                        .palette = {{10, 20, 30, 255}, {40, 50, 60, 255}}};
  write_file(folder / "palette.png", png_bytes(2, 1, palette, {1, 0}));
  PngKind transparent = palette;
  transparent.palette_alpha = {0};
  write_file(folder / "palette_transparent.png", png_bytes(2, 1, transparent, {1, 0}));
  const PngKind alpha{.color_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
  write_file(folder / "alpha_opaque.png", png_bytes(1, 1, alpha, {1, 2, 3, 255}));
  write_file(folder / "alpha.png", png_bytes(1, 1, alpha, {1, 2, 3, 128}));
  write_file(folder / "sixteen_bit.png", png_bytes(1, 1, {.bit_depth = 16}, {1, 2, 3, 4, 5, 6}));
}

void write_jpegs(const fs::path& folder) {
  const std::vector<std::uint8_t> pixels = gradient_image(17, 9).pixels;
  const std::string plain = jpeg_bytes(17, 9, pixels);
  write_file(folder / "ycc.jpg", plain);
  write_file(folder / "cut.jpg", plain.substr(0, plain.size() - 30));
  write_file(folder / "ycc_420.jpg", jpeg_bytes(17, 9, pixels, TJPF_RGB, TJSAMP_420));
  write_file(folder / "progressive.jpg",
             jpeg_bytes(17, 9, pixels, TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE));
  write_file(folder / "grey.jpg",
             jpeg_bytes(8, 8, std::vector<std::uint8_t>(64, 90), TJPF_GRAY, TJSAMP_GRAY));
  write_file(folder / "cmyk.jpg", jpeg_bytes(8, 8, std::vector<std::uint8_t>(256, 90), TJPF_CMYK));
  write_file(folder / "orientation_6.jpg", with_orientation(plain, 6, true));
  write_file(folder / "orientation_3_little_endian.jpg", with_orientation(plain, 3, false));
}

}  // namespace
}  // namespace ripple

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_image_seeds CORPUS_FOLDER\n");
    return 2;
  }
  try {
    const std::filesystem::path corpus = argv[1];
    std::filesystem::create_directories(corpus / "cifar10");
    std::filesystem::create_directories(corpus / "image");
    ripple::write_cifar10(corpus / "cifar10");
    ripple::write_pngs(corpus / "image");
    ripple::write_jpegs(corpus / "image");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
