#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ripple/image/image.h"

namespace ripple {

/// A labelled set of images, read on demand; every method may be called from several threads at
/// once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  /// Number of images.
  virtual std::int64_t size() const = 0;
  /// Image `index` in [0, size()), in its own size (see fit_image for a network's).
  /// Errors: kBadData, kIo naming the file where this image cannot be read; kBadArgument out of
  /// range.
  virtual Sample sample(std::int64_t index) const = 0;
  /// The label of that image alone. Errors: as sample(), which is what it costs where no override
  /// knows better.
  virtual std::optional<int> label(std::int64_t index) const { return sample(index).label; }
  /// Names of the classes by label; empty where the data does not name them.
  virtual const std::vector<std::string>& class_names() const = 0;
  /// What lies where the images were looked for and is none of them, as a sentence that names the
  /// data; empty where there is nothing. For a person to be told: rates count the images alone.
  virtual std::string left_out() const { return {}; }
  /// What was opened, e.g. "cifar10:/data/cifar10"; goes into result headers.
  virtual const std::string& description() const = 0;
};

/// Errors: kBadArgument naming the dataset where `index` lies outside [0, dataset.size()).
void check_index(const Dataset& dataset, std::int64_t index);

/// What a Dataset::description() says, taken apart: "cifar10:DIR:train" -> cifar10, DIR, train;
/// "shapes:20:7" -> shapes, 20, 7; "folder:DIR" -> folder, DIR and nothing.
struct DataParts {
  std::string kind;
  std::string place;
  std::string split;  ///< of CIFAR-10: train, or empty for the test images; of shapes: their seed
};
DataParts parts_of(const std::string& description);

/// Whether both lie at one place of the disk, however it is spelled.
bool is_same_place(const DataParts& a, const DataParts& b);

/// Names for a message: all of them or, of more than ten, the first ten "and 990 more".
std::string class_list(const std::vector<std::string>& names);

// clang-format off
/// Opens what a person wrote after `--data`:
///   cifar10:DIR[:train]  CIFAR-10 binary version, see cifar10.h: test_batch.bin or data_batch_*.bin
///   folder:DIR           DIR/<class>/<name>.png|jpg|jpeg, classes and names in byte order, see folder.h
///   image:FILE           one PNG or JPEG without a label
///   shapes:N[:SEED]      N built-in scenes, see shapes.h; SEED is 1 where it is left out
/// DIR may contain colons: only a trailing ":train" or ":test" is taken off.
/// Errors: kBadArgument for an unknown kind or malformed number (naming the four forms), kIo, kBadData.
// clang-format on
std::unique_ptr<Dataset> open_dataset(const std::string& specification);

}  // namespace ripple
