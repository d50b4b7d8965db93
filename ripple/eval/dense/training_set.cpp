#include "ripple/eval/dense/training_set.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"
#include "ripple/base/hash.h"
#include "ripple/image/resize.h"

namespace ripple {

Augmentation draw_augmentation(Rng& rng, bool flips, int shift) {
  const auto move = [&] {
    return static_cast<int>(rng.below(2 * static_cast<std::uint64_t>(shift) + 1)) - shift;
  };
  Augmentation out;
  out.flip = flips && rng.below(2) == 1;
  out.right = move();
  out.down = move();
  return out;
}

TrainingSet::TrainingSet(const Dataset& dataset, int width, int height, int classes, bool resize,
                         int threads, const CancelFlag* cancel)
    : width_(width), height_(height) {
  const std::int64_t n = dataset.size();
  if (n < 1) {
    throw Error(ErrorCode::kBadArgument, dataset.description(),
                "has no images; training needs some");
  }
  const std::size_t each = std::size_t(width) * std::size_t(height) * 3;
  pixels_.resize(std::size_t(n) * each);
  labels_.resize(std::size_t(n));
  parallel_for(n, threads, cancel, [&](std::int64_t i, int) {
    const Sample sample = dataset.sample(i);
    if (!sample.label) {
      throw Error(ErrorCode::kBadArgument, dataset.description(),
                  fmt::format("image {} ({}) has no label; training needs labelled images", i,
                              sample.name));
    }
    if (*sample.label < 0 || *sample.label >= classes) {
      throw Error(ErrorCode::kBadArgument, dataset.description(),
                  fmt::format("image {} has label {}, the network {} classes; use a network for "
                              "this data",
                              i, *sample.label, classes));
    }
    if (!resize && (sample.image.width != width || sample.image.height != height)) {
      throw Error(
          ErrorCode::kBadArgument, dataset.description(),
          fmt::format("image {} ({}) is {}x{}, others {}x{}; name the size that all are "
                      "brought to (--size)",
                      i, sample.name, sample.image.width, sample.image.height, width, height));
    }
    const Image image = fit_image(sample.image, width, height);
    std::copy(image.pixels.begin(), image.pixels.end(),
              pixels_.begin() + static_cast<std::ptrdiff_t>(std::size_t(i) * each));
    labels_[std::size_t(i)] = *sample.label;
  });
  if (cancel != nullptr && *cancel) {
    throw Error(ErrorCode::kCancelled, dataset.description(), "reading was stopped");
  }
}

std::span<const std::uint8_t> TrainingSet::pixels(std::int64_t i) const {
  const std::size_t each = std::size_t(width_) * std::size_t(height_) * 3;
  return std::span(pixels_).subspan(std::size_t(i) * each, each);
}

int TrainingSet::classes_present() const {
  return static_cast<int>(std::set<int>(labels_.begin(), labels_.end()).size());
}

std::string TrainingSet::digest() const {
  std::string parts = sha256_hex(pixels_);
  parts += fmt::format("{}", fmt::join(labels_, " "));
  return sha256_hex({reinterpret_cast<const std::uint8_t*>(parts.data()), parts.size()});
}

CommonImages common_images(const TrainingSet& some, const TrainingSet& others) {
  const auto text = [](const TrainingSet& set, std::int64_t i) {
    const std::span<const std::uint8_t> pixels = set.pixels(i);
    return std::string_view(reinterpret_cast<const char*>(pixels.data()), pixels.size());
  };
  std::unordered_map<std::string_view, std::int64_t> there;
  for (std::int64_t i = 0; i < others.size(); ++i) there.emplace(text(others, i), i);
  CommonImages common;
  for (std::int64_t i = 0; i < some.size(); ++i) {
    const auto twin = there.find(text(some, i));
    if (twin == there.end()) continue;
    if (common.count == 0) {
      common.first = i;
      common.twin = twin->second;
    }
    ++common.count;
  }
  return common;
}

Preprocessing TrainingSet::statistics() const {
  Preprocessing out;
  const double count = static_cast<double>(pixels_.size() / 3);
  for (std::size_t c = 0; c < 3; ++c) {
    std::uint64_t sum = 0;  // exact: bytes and their squares fit easily
    std::uint64_t squares = 0;
    for (std::size_t i = c; i < pixels_.size(); i += 3) {
      sum += pixels_[i];
      squares += std::uint64_t{pixels_[i]} * pixels_[i];
    }
    const double mean = static_cast<double>(sum) / count;
    const double variance = static_cast<double>(squares) / count - mean * mean;
    out.mean.push_back(static_cast<float>(mean));
    out.std.push_back(static_cast<float>(std::sqrt(std::max(1.0, variance))));
  }
  return out;
}

void TrainingSet::write(std::int64_t i, const PixelNormalizer& normalizer,
                        const Augmentation& augmentation, float* out) const {
  const std::size_t plane = std::size_t(width_) * std::size_t(height_);
  const std::uint8_t* image = pixels_.data() + std::size_t(i) * plane * 3;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x, ++out) {
      const int moved = x - augmentation.right;
      const int column = augmentation.flip ? width_ - 1 - moved : moved;
      const int row = y - augmentation.down;
      const bool inside = row >= 0 && row < height_ && column >= 0 && column < width_;
      const std::uint8_t* pixel =
          inside ? image + 3 * (std::size_t(row) * std::size_t(width_) + std::size_t(column))
                 : nullptr;
      for (int c = 0; c < 3; ++c) {
        out[std::size_t(c) * plane] = inside ? normalizer(c, pixel[c]) : 0.0f;
      }
    }
  }
}

}  // namespace ripple
