#include "ripple/app/same_data.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

/// Whether both may be the same data: only its place is spelled in another way.
bool may_be_same(const std::string& then_text, const std::string& now_text) {
  if (then_text == now_text) return true;
  const DataParts then = parts_of(then_text);
  const DataParts now = parts_of(now_text);
  return then.kind == now.kind && then.split == now.split && then.kind != "shapes";
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
  if (file.results.empty() && !is_same_place(parts_of(then), parts_of(now))) {
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

void check_same_answers(const std::filesystem::path& path, const ResultsFile& file,
                        const ImageSource& images, Evaluator& evaluator) {
  constexpr std::size_t kMost = 8;
  std::map<std::int64_t, const AttackResult*> by_image;  // the same for each target
  for (const AttackResult& result : file.results) by_image.emplace(result.index, &result);
  std::vector<float> logits(static_cast<std::size_t>(evaluator.classes()));
  const std::size_t count = std::min(kMost, by_image.size());
  std::size_t place = 0, compared = 0;
  for (const auto& [index, result] : by_image) {
    if (place++ * count < compared * by_image.size()) continue;
    ++compared;
    evaluator.logits_of(images(index).image, logits);
    check_finite(logits, index);
    const auto label = static_cast<std::size_t>(result->label);
    const double now = label < logits.size() ? softmax(logits)[label] : 0.0;
    if (std::abs(now - result->confidence_before) <= 0.01) continue;
    throw Error(
        ErrorCode::kBadArgument, path.string(),
        fmt::format("image {} ({}) gives its class {} a probability of {:.3f} and had {:.3f}; "
                    "give the images that were attacked, or choose another folder",
                    index, result->name, result->label, now, result->confidence_before));
  }
}

}  // namespace ripple
