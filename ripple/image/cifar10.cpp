#include "ripple/image/cifar10.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/image/text.h"

namespace ripple {
namespace {

constexpr int kSide = 32;
constexpr int kClasses = 10;
constexpr std::int64_t kMaxFileBytes = std::int64_t(1) << 30;
constexpr std::int64_t kMaxNameFileBytes = 10000;

struct RecordFile {
  std::string name;
  std::vector<std::uint8_t> bytes;
  std::int64_t records = 0;
};

class Cifar10 final : public Dataset {
 public:
  Cifar10(std::vector<RecordFile> files, std::vector<std::string> class_names,
          std::string description)
      : files_(std::move(files)),
        class_names_(std::move(class_names)),
        description_(std::move(description)) {
    for (const RecordFile& file : files_) size_ += file.records;
  }

  std::int64_t size() const override { return size_; }

  Sample sample(std::int64_t index) const override {
    check_index(*this, index);
    auto file = files_.begin();
    for (; index >= file->records; ++file) index -= file->records;
    Sample sample = decode_cifar10_record(
        std::span(file->bytes).subspan(index * kCifar10RecordBytes).first(kCifar10RecordBytes));
    sample.name = fmt::format("{}:{}", file->name, index);
    return sample;
  }

  const std::vector<std::string>& class_names() const override { return class_names_; }
  const std::string& description() const override { return description_; }

 private:
  std::vector<RecordFile> files_;
  std::vector<std::string> class_names_;
  std::string description_;
  std::int64_t size_ = 0;
};

RecordFile read_records(const std::filesystem::path& folder, std::string name) {
  const std::filesystem::path path = folder / name;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::kIo, path.string(),
                "is missing; name the folder that holds test_batch.bin and data_batch_1.bin to "
                "data_batch_5.bin, as cifar-10-binary.tar.gz unpacks them");
  }
  RecordFile file{.name = std::move(name), .bytes = read_file(path, kMaxFileBytes)};
  file.records = check_cifar10(file.bytes, path.string());
  return file;
}

std::vector<std::string> read_names(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "batches.meta.txt";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return {"airplane", "automobile", "bird",  "cat",  "deer",
            "dog",      "frog",       "horse", "ship", "truck"};
  }
  const std::vector<std::uint8_t> bytes = read_file(path, kMaxNameFileBytes);
  return parse_cifar10_names(std::string(bytes.begin(), bytes.end()), path.string());
}

}  // namespace

std::int64_t check_cifar10(std::span<const std::uint8_t> bytes, const std::string& where) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size == 0) {
    throw Error(ErrorCode::kBadData, where, "is empty; download the dataset again");
  }
  if (size % kCifar10RecordBytes != 0) {
    throw Error(
        ErrorCode::kBadData, where,
        fmt::format("holds {} whole records of {} bytes and {} bytes more, so it is cut "
                    "off or no CIFAR-10 file; download it again",
                    size / kCifar10RecordBytes, kCifar10RecordBytes, size % kCifar10RecordBytes));
  }
  const std::int64_t records = size / kCifar10RecordBytes;
  for (std::int64_t i = 0; i < records; ++i) {
    const int label = bytes[i * kCifar10RecordBytes];
    if (label >= kClasses) {
      throw Error(ErrorCode::kBadData, where,
                  fmt::format("record {} has the label {}, labels run from 0 to {}; download the "
                              "file again (CIFAR-100 files are not read)",
                              i, label, kClasses - 1));
    }
  }
  return records;
}

Sample decode_cifar10_record(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kPlane = kSide * kSide;
  Sample sample{.image = make_image(kSide, kSide), .label = bytes[0], .name = {}};
  for (std::size_t i = 0; i < kPlane; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      sample.image.pixels[3 * i + c] = bytes[1 + c * kPlane + i];
    }
  }
  return sample;
}

std::vector<std::string> parse_cifar10_names(std::string_view text, const std::string& where) {
  std::vector<std::string> names;
  while (!text.empty() && names.size() <= kClasses) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool rest_is_empty =
        line.empty() && text.find_first_not_of("\r\n") == std::string_view::npos;
    if (rest_is_empty) break;
    if (!is_displayable(line)) {
      throw Error(ErrorCode::kBadData, where,
                  fmt::format("line {} is no class name (1 to 255 bytes of printable UTF-8); mend "
                              "it, or remove the file to use the usual names",
                              names.size() + 1));
    }
    names.emplace_back(line);
  }
  if (names.size() != kClasses) {
    throw Error(
        ErrorCode::kBadData, where,
        fmt::format("names {} classes instead of {}; mend it, or remove the file to use "
                    "the usual names",
                    names.size() > kClasses ? "more" : std::to_string(names.size()), kClasses));
  }
  return names;
}

std::unique_ptr<Dataset> open_cifar10(const std::filesystem::path& folder, Cifar10Split split) {
  const bool train = split == Cifar10Split::kTrain;
  std::vector<RecordFile> files;
  if (train) {
    for (int i = 1; i <= 5; ++i) {
      files.push_back(read_records(folder, fmt::format("data_batch_{}.bin", i)));
    }
  } else {
    files.push_back(read_records(folder, "test_batch.bin"));
  }
  return std::make_unique<Cifar10>(
      std::move(files), read_names(folder),
      fmt::format("cifar10:{}{}", folder.string(), train ? ":train" : ""));
}

}  // namespace ripple
