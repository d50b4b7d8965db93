#include "ripple/image/subset.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ripple {
namespace {

class Subset final : public Dataset {
 public:
  Subset(const Dataset& all, std::vector<std::int64_t> indices, std::string description)
      : all_(all), indices_(std::move(indices)), description_(std::move(description)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  Sample sample(std::int64_t index) const override {
    check_index(*this, index);
    return all_.sample(indices_[std::size_t(index)]);
  }
  std::optional<int> label(std::int64_t index) const override {
    check_index(*this, index);
    return all_.label(indices_[std::size_t(index)]);
  }
  const std::vector<std::string>& class_names() const override { return all_.class_names(); }
  const std::string& description() const override { return description_; }
  std::string left_out() const override { return all_.left_out(); }

 private:
  const Dataset& all_;
  std::vector<std::int64_t> indices_;
  std::string description_;
};

}  // namespace

std::unique_ptr<Dataset> subset_of(const Dataset& all, std::vector<std::int64_t> indices,
                                   std::string description) {
  return std::make_unique<Subset>(all, std::move(indices), std::move(description));
}

HeldOut hold_out_tenth(const Dataset& all) {
  std::map<std::optional<int>, std::vector<std::int64_t>> classes;
  for (std::int64_t i = 0; i < all.size(); ++i) classes[all.label(i)].push_back(i);
  std::vector<bool> is_held_out(std::size_t(all.size()));
  for (const auto& [label, images] : classes) {
    const std::size_t n = images.size();
    const std::size_t held = n < 2 ? 0 : std::max<std::size_t>(1, n / 10);
    for (std::size_t k = 1; k <= held; ++k)
      is_held_out[std::size_t(images[k * n / held - 1])] = true;
  }
  HeldOut out;
  for (std::int64_t i = 0; i < all.size(); ++i) {
    (is_held_out[std::size_t(i)] ? out.held_out : out.rest).push_back(i);
  }
  return out;
}

}  // namespace ripple
