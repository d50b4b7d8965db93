#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ripple/image/dataset.h"

namespace ripple {

/// A dataset of given samples.
class ListDataset final : public Dataset {
 public:
  ListDataset(std::vector<Sample> samples, std::vector<std::string> names)
      : samples_(std::move(samples)), names_(std::move(names)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(samples_.size()); }
  Sample sample(std::int64_t index) const override {
    check_index(*this, index);
    return samples_[std::size_t(index)];
  }
  const std::vector<std::string>& class_names() const override { return names_; }
  const std::string& description() const override { return description_; }

 private:
  std::vector<Sample> samples_;
  std::vector<std::string> names_;
  std::string description_ = "list";
};

}  // namespace ripple
