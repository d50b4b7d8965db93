#include "ripple/image/joined.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

class JoinedDataset final : public Dataset {
 public:
  explicit JoinedDataset(std::vector<std::unique_ptr<Dataset>> parts) : parts_(std::move(parts)) {
    for (const auto& part : parts_) {
      size_ += part->size();
      ends_.push_back(size_);
      description_ += (description_.empty() ? "" : " + ") + part->description();
    }
  }

  std::int64_t size() const override { return size_; }
  Sample sample(std::int64_t index) const override {
    const auto [part, within] = place(index);
    return part->sample(within);
  }
  std::optional<int> label(std::int64_t index) const override {
    const auto [part, within] = place(index);
    return part->label(within);
  }
  const std::vector<std::string>& class_names() const override {
    return parts_.front()->class_names();
  }
  const std::string& description() const override { return description_; }
  std::string left_out() const override {
    std::string text;
    for (const auto& part : parts_) {
      const std::string more = part->left_out();
      text += (text.empty() || more.empty() ? "" : "; ") + more;
    }
    return text;
  }

 private:
  /// Whose image `index` is, and which of its images.
  std::pair<const Dataset*, std::int64_t> place(std::int64_t index) const {
    check_index(*this, index);
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    const Dataset& part = *parts_[std::size_t(end - ends_.begin())];
    return {&part, index - (*end - part.size())};
  }

  std::vector<std::unique_ptr<Dataset>> parts_;
  std::vector<std::int64_t> ends_;  ///< by part: how many images it and those before it have
  std::int64_t size_ = 0;
  std::string description_;
};

}  // namespace

std::unique_ptr<Dataset> join_datasets(std::vector<std::unique_ptr<Dataset>> parts) {
  if (parts.empty()) throw Error(ErrorCode::kBadArgument, "--data", "is missing; give a dataset");
  for (const auto& part : parts) check_same_classes(*part, *parts.front());
  if (parts.size() == 1) return std::move(parts.front());
  return std::make_unique<JoinedDataset>(std::move(parts));
}

void check_same_classes(const Dataset& one, const Dataset& other) {
  const std::vector<std::string>& ours = one.class_names();
  const std::vector<std::string>& theirs = other.class_names();
  if (ours == theirs) return;
  // Long lists are cut, perhaps before they differ.
  const auto first = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end()).first;
  const auto at = static_cast<std::size_t>(first - ours.begin());
  const auto name = [&](const std::vector<std::string>& names) {
    return at < names.size() ? names[at] : std::string("missing");
  };
  throw Error(ErrorCode::kBadArgument, one.description(),
              fmt::format("has the classes {}, {} has {}, and class {} is {} here, {} there; both "
                          "need the same classes in the same order",
                          class_list(ours), other.description(), class_list(theirs), at, name(ours),
                          name(theirs)));
}

}  // namespace ripple
