#include "ripple/image/folder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

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
  ImageFolder(fs::path root, std::vector<std::string> class_names, std::vector<Entry> entries)
      : root_(std::move(root)),
        class_names_(std::move(class_names)),
        entries_(std::move(entries)),
        description_("folder:" + root_.string()) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(entries_.size()); }

  Sample sample(std::int64_t index) const override {
    check_index(*this, index);
    const Entry& entry = entries_[index];
    const std::string& folder = class_names_[entry.label];
    return {.image = load_image(root_ / folder / entry.name),
            .label = entry.label,
            .name = folder + "/" + entry.name,
            .mask = {}};
  }
  std::optional<int> label(std::int64_t index) const override {
    check_index(*this, index);
    return entries_[std::size_t(index)].label;
  }

  const std::vector<std::string>& class_names() const override { return class_names_; }
  const std::string& description() const override { return description_; }

 private:
  fs::path root_;
  std::vector<std::string> class_names_;
  std::vector<Entry> entries_;
  std::string description_;
};

class SingleImage final : public Dataset {
 public:
  explicit SingleImage(const fs::path& file)
      : description_("image:" + file.string()),
        sample_{.image = load_image(file),
                .label = std::nullopt,
                .name = file.filename().string(),
                .mask = {}} {}

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

/// Names of the visible folders, or of the visible image files, directly in `folder`, in byte
/// order.
std::vector<std::string> list(const fs::path& folder, bool folders) {
  std::vector<std::string> names;
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    std::string name = entry->path().filename().string();
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    const bool wanted = folders ? is_folder : !is_folder && has_image_extension(entry->path());
    if (name.starts_with('.') || !wanted) continue;
    if (!is_displayable(name)) {
      throw Error(ErrorCode::kBadData, folder.string(),
                  "holds a name with control characters or invalid UTF-8; rename it");
    }
    names.push_back(std::move(name));
  }
  if (failure) {
    throw Error(
        ErrorCode::kIo, folder.string(),
        fmt::format("cannot be listed: {}; name a folder of class folders", failure.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::unique_ptr<Dataset> open_folder(const fs::path& folder) {
  std::vector<std::string> classes = list(folder, true);
  if (classes.empty()) {
    throw Error(ErrorCode::kBadData, folder.string(),
                "holds no class folders; put each image into DIR/<class>/<name>.png or .jpg, or "
                "use image:FILE for a single one");
  }
  std::vector<Entry> entries;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    std::vector<std::string> names = list(folder / classes[label], false);
    if (names.empty()) {
      throw Error(ErrorCode::kBadData, (folder / classes[label]).string(),
                  "holds no .png, .jpg or .jpeg file; add images of this class or remove the "
                  "folder");
    }
    for (std::string& name : names) {
      entries.push_back({.label = static_cast<int>(label), .name = std::move(name)});
    }
  }
  return std::make_unique<ImageFolder>(folder, std::move(classes), std::move(entries));
}

std::unique_ptr<Dataset> open_single_image(const fs::path& file) {
  if (!is_displayable(file.filename().string())) {
    throw Error(ErrorCode::kBadArgument, "image file",
                "its name is no printable UTF-8, so that no result could name it; rename it");
  }
  return std::make_unique<SingleImage>(file);
}

}  // namespace ripple
