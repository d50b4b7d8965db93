#include "ripple/image/dataset.h"

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ripple/base/error.h"
#include "ripple/image/cifar10.h"
#include "ripple/image/folder.h"
#include "ripple/image/shapes.h"

namespace ripple {
namespace {

constexpr std::string_view kForms =
    "write cifar10:DIR[:train], folder:DIR, image:FILE or shapes:N[:SEED]";

[[noreturn]] void fail(const std::string& specification, std::string_view problem) {
  throw Error(ErrorCode::kBadArgument, fmt::format("data '{}'", specification),
              fmt::format("{}; {}", problem, kForms));
}

/// A whole unsigned number in decimal digits, nothing else. Errors: as fail().
std::uint64_t parse_number(std::string_view digits, const std::string& specification) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, value);
  if (problem != std::errc() || stop != end) {
    fail(specification, fmt::format("'{}' is no whole number from 0 up", digits));
  }
  return value;
}

std::unique_ptr<Dataset> open_shapes_as_written(const std::string& rest,
                                                const std::string& specification) {
  const std::size_t colon = rest.find(':');
  const std::uint64_t count = parse_number(rest.substr(0, colon), specification);
  const std::uint64_t seed =
      colon == std::string::npos ? 1 : parse_number(rest.substr(colon + 1), specification);
  if (count < 1 || count > std::uint64_t(kMaxShapes)) {
    fail(specification, fmt::format("N must be 1 to {}", kMaxShapes));
  }
  return open_shapes(static_cast<std::int64_t>(count), seed);
}

/// Removes `suffix` from the end of `text` where it is there. Only the end is looked at: a folder's
/// name may itself contain colons.
bool strip_suffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

}  // namespace

void check_index(const Dataset& dataset, std::int64_t index) {
  if (index >= 0 && index < dataset.size()) return;
  throw Error(ErrorCode::kBadArgument, dataset.description(),
              fmt::format("there is no image {}; images are numbered from 0 to {}", index,
                          dataset.size() - 1));
}

DataParts parts_of(const std::string& description) {
  const std::size_t colon = description.find(':');
  if (colon == description.npos) return {description, "", ""};
  DataParts parts{description.substr(0, colon), description.substr(colon + 1), ""};
  if (parts.kind == "cifar10") {
    if (strip_suffix(parts.place, ":train")) parts.split = "train";
  } else if (const std::size_t last = parts.place.rfind(':');
             parts.kind == "shapes" && last != parts.place.npos) {
    parts.split = parts.place.substr(last + 1);
    parts.place.resize(last);
  }
  return parts;
}

bool is_same_place(const DataParts& a, const DataParts& b) {
  std::error_code ignored;
  return a.place == b.place || std::filesystem::equivalent(a.place, b.place, ignored);
}

std::string class_list(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 10;
  if (names.size() <= kShown) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + kShown, ", "),
                     names.size() - kShown);
}

std::unique_ptr<Dataset> open_dataset(const std::string& specification) {
  const std::size_t colon = specification.find(':');
  if (colon == std::string::npos) fail(specification, "names no kind of data");
  const std::string kind = specification.substr(0, colon);
  std::string rest = specification.substr(colon + 1);
  if (rest.empty()) fail(specification, fmt::format("nothing follows '{}:'", kind));
  if (kind == "cifar10") {
    const bool train = strip_suffix(rest, ":train");
    if (!train) strip_suffix(rest, ":test");
    if (rest.empty()) fail(specification, "no folder is named");
    return open_cifar10(rest, train ? Cifar10Split::kTrain : Cifar10Split::kTest);
  }
  if (kind == "folder") return open_folder(rest);
  if (kind == "image") return open_single_image(rest);
  if (kind == "shapes") return open_shapes_as_written(rest, specification);
  fail(specification, fmt::format("unknown kind of data '{}'", kind));
}

}  // namespace ripple
