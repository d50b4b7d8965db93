#include "ripple/app/same_data.h"

#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

/// A data description taken apart: "cifar10:DIR:train" -> cifar10, DIR, train.
struct DataParts {
  std::string kind, place, split;
};

DataParts parts_of(const std::string& description) {
  const std::size_t colon = description.find(':');
  if (colon == std::string::npos) return {description, "", ""};
  DataParts parts{description.substr(0, colon), description.substr(colon + 1), ""};
  if (parts.kind == "cifar10" && parts.place.ends_with(":train")) {
    parts.split = "train";
    parts.place.resize(parts.place.size() - 6);
  }
  return parts;
}

/// Whether both may be the same data: only its place is spelled in another way.
bool may_be_same(const std::string& then_text, const std::string& now_text) {
  if (then_text == now_text) return true;
  const DataParts then = parts_of(then_text);
  const DataParts now = parts_of(now_text);
  return then.kind == now.kind && then.split == now.split && then.kind != "shapes";
}

bool is_same_place(const std::string& then_text, const std::string& now_text) {
  std::error_code ignored;
  return then_text == now_text ||
         std::filesystem::equivalent(parts_of(then_text).place, parts_of(now_text).place, ignored);
}

}  // namespace

void check_same_data(const std::filesystem::path& path, const ResultsFile& file,
                     const Dataset& dataset, const ImageSource& images) {
  const std::string& then = file.header.data;
  const std::string& now = dataset.description();
  const auto refuse = [&](const std::string& how) {
    throw Error(ErrorCode::kBadArgument, path.string(),
                fmt::format("its attacks are on {}, --data opened {}{}; give the data that was "
                            "attacked",
                            then, now, how));
  };
  if (!may_be_same(then, now)) refuse("");
  if (file.results.empty() && !is_same_place(then, now)) {
    refuse(", and without a result nothing shows that they are the same");
  }
  std::set<std::int64_t> seen;
  for (const AttackResult& result : file.results) {
    if (!seen.insert(result.index).second) continue;  // at another target
    if (result.index >= dataset.size()) {
      refuse(fmt::format(", which has no image {}", result.index));
    }
    const Sample sample = images(result.index);
    if (sample.name != result.name) {
      refuse(
          fmt::format(", where image {} was {} and is {}", result.index, result.name, sample.name));
    }
    if (!result.label_assumed && sample.label != result.label) {
      refuse(fmt::format(", where image {} has another class than it had", result.index));
    }
  }
}

}  // namespace ripple
