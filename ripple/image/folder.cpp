#include "ripple/image/folder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"
#include "ripple/image/decode.h"
#include "ripple/image/text.h"

namespace ripple {
namespace {

namespace fs = std::filesystem;

struct Entry {
  int label = 0;
  std::string name;  ///< of the file, without its folder
};

class ImageFolder final : public Dataset {
 public:
  ImageFolder(fs::path root, std::vector<std::string> class_names, std::vector<Entry> entries,
              const std::string& left_out)
      : root_(std::move(root)),
        class_names_(std::move(class_names)),
        entries_(std::move(entries)),
        description_("folder:" + root_.string()),
        left_out_(left_out.empty() ? "" : description_ + ": " + left_out) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(entries_.size()); }

  Sample sample(std::int64_t index) const override {
    check_index(*this, index);
    const Entry& entry = entries_[index];
    const std::string& folder = class_names_[entry.label];
    return {.image = load_image(root_ / folder / entry.name),
            .label = entry.label,
            .name = folder + "/" + entry.name};
  }
  std::optional<int> label(std::int64_t index) const override {
    check_index(*this, index);
    return entries_[std::size_t(index)].label;
  }

  const std::vector<std::string>& class_names() const override { return class_names_; }
  const std::string& description() const override { return description_; }
  std::string left_out() const override { return left_out_; }

 private:
  fs::path root_;
  std::vector<std::string> class_names_;
  std::vector<Entry> entries_;
  std::string description_;
  std::string left_out_;
};

class SingleImage final : public Dataset {
 public:
  explicit SingleImage(const fs::path& file)
      : description_("image:" + file.string()),
        sample_{
            .image = load_image(file), .label = std::nullopt, .name = file.filename().string()} {}

  std::int64_t size() const override { return 1; }
  Sample sample(std::int64_t index) const override {
    check_index(*this, index);
    return sample_;
  }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  const std::string& description() const override { return description_; }

 private:
  std::string description_;
  Sample sample_;
  std::vector<std::string> class_names_;
};

bool has_image_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

/// What lies directly in a folder, without hidden names.
struct Listing {
  std::vector<std::string> folders;
  std::vector<std::string> images;  ///< files with an image's extension
  std::int64_t other_files = 0;
};

Listing list(const fs::path& folder) {
  Listing listing;
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      listing.folders.push_back(std::move(name));
    } else if (has_image_extension(entry->path())) {
      listing.images.push_back(std::move(name));
    } else {
      ++listing.other_files;
    }
  }
  if (failure) {
    throw Error(
        ErrorCode::kIo, folder.string(),
        fmt::format("cannot be listed: {}; name a folder of class folders", failure.message()));
  }
  return listing;
}

/// Puts the names that are used, of what lies in `folder`, into byte order.
/// Errors: kBadData for one that is_displayable() refuses.
void sort_names(std::vector<std::string>& names, const fs::path& folder) {
  if (!std::all_of(names.begin(), names.end(), is_displayable)) {
    throw Error(ErrorCode::kBadData, folder.string(),
                "holds a name with control characters or invalid UTF-8; rename it");
  }
  std::sort(names.begin(), names.end());
}

/// What the class folders hold beside images, and images beside them.
struct LeftOut {
  std::int64_t other_files = 0;
  std::size_t folders = 0;
  std::size_t loose_images = 0;

  /// Empty where there is nothing.
  std::string text() const {
    std::vector<std::string> parts;
    if (other_files > 0) {
      parts.push_back(other_files == 1
                          ? "1 file that is no .png, .jpg or .jpeg"
                          : fmt::format("{} files that are no .png, .jpg or .jpeg", other_files));
    }
    if (folders > 0) {
      parts.push_back(fmt::format("{} inside class folders",
                                  folders == 1 ? "1 folder" : fmt::format("{} folders", folders)));
    }
    if (loose_images > 0) {
      parts.push_back(
          fmt::format("{} beside the class folders",
                      loose_images == 1 ? "1 image" : fmt::format("{} images", loose_images)));
    }
    return parts.empty() ? "" : fmt::format("left out: {}", fmt::join(parts, ", "));
  }
};

}  // namespace

std::unique_ptr<Dataset> open_folder(const fs::path& folder) {
  Listing root = list(folder);
  std::vector<std::string> classes = std::move(root.folders);
  sort_names(classes, folder);
  if (classes.empty()) {
    throw Error(ErrorCode::kBadData, folder.string(),
                "holds no class folders; put each image into DIR/<class>/<name>.png or .jpg, or "
                "use image:FILE for a single one");
  }
  std::vector<Entry> entries;
  LeftOut left_out{.loose_images = root.images.size()};
  for (std::size_t label = 0; label < classes.size(); ++label) {
    Listing in_class = list(folder / classes[label]);
    std::vector<std::string> names = std::move(in_class.images);
    sort_names(names, folder / classes[label]);
    left_out.other_files += in_class.other_files;
    left_out.folders += in_class.folders.size();
    if (names.empty()) {
      throw Error(ErrorCode::kBadData, (folder / classes[label]).string(),
                  "holds no .png, .jpg or .jpeg file; add images of this class or remove the "
                  "folder");
    }
    for (std::string& name : names) {
      entries.push_back({.label = static_cast<int>(label), .name = std::move(name)});
    }
  }
  return std::make_unique<ImageFolder>(folder, std::move(classes), std::move(entries),
                                       left_out.text());
}

std::unique_ptr<Dataset> open_single_image(const fs::path& file) {
  if (!file.has_filename()) {
    throw Error(ErrorCode::kBadArgument, file.string(),
                "it is a folder, not a picture; use folder:DIR for one with a folder a class");
  }
  if (!is_displayable(file.filename().string())) {
    throw Error(ErrorCode::kBadArgument, "image file",
                "its name is no printable UTF-8, so that no result could name it; rename it");
  }
  return std::make_unique<SingleImage>(file);
}

}  // namespace ripple
