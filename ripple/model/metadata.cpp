#include "ripple/model/metadata.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include "ripple/base/error.h"
#include "ripple/image/text.h"

namespace ripple {
namespace {

constexpr std::string_view kMean = "ripple.mean";
constexpr std::string_view kStd = "ripple.std";
constexpr std::string_view kLabels = "ripple.labels";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

void set(onnx::ModelProto& proto, std::string_view key, const std::string& value) {
  auto* entries = proto.mutable_metadata_props();
  bool is_set = false;
  for (int i = 0; i < entries->size();) {
    if (entries->Get(i).key() != key) {
      ++i;
    } else if (is_set) {
      entries->DeleteSubrange(i, 1);  // a key that is there twice makes a file unreadable
    } else {
      entries->Mutable(i++)->set_value(value);
      is_set = true;
    }
  }
  if (is_set) return;
  auto* added = entries->Add();
  added->set_key(std::string(key));
  added->set_value(value);
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out.push_back('\n');
    out += line;
  }
  return out;
}

}  // namespace

std::vector<float> parse_numbers(std::string_view text, const std::string& where) {
  std::vector<float> out;
  while (true) {
    const std::size_t end = text.find(',');
    std::string_view item = text.substr(0, end);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    float value = 0.0f;
    const auto [stop, error] = std::from_chars(item.data(), item.data() + item.size(), value);
    if (error != std::errc{} || stop != item.data() + item.size() || !std::isfinite(value)) {
      throw Error(ErrorCode::kBadArgument, where,
                  "is no list of numbers; write it as in 125.3,122.9,113.9");
    }
    out.push_back(value);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::string format_numbers(const std::vector<float>& numbers) {
  std::string out;
  for (const float number : numbers) {
    if (!out.empty()) out.push_back(',');
    out += fmt::format("{}", number);  // shortest that reads back to the same float
  }
  return out;
}

void check_preprocessing(const Preprocessing& preprocessing, int channels,
                         const std::string& where) {
  for (const auto* numbers : {&preprocessing.mean, &preprocessing.std}) {
    if (numbers->size() != static_cast<std::size_t>(channels)) {
      throw Error(ErrorCode::kBadArgument, where,
                  fmt::format("{} numbers of mean or std for {} channels; give one a channel",
                              numbers->size(), channels));
    }
    for (const float number : *numbers) {
      if (!std::isfinite(number)) {
        throw Error(ErrorCode::kBadArgument, where, "a mean or std is not finite");
      }
    }
  }
  for (const float number : preprocessing.std) {
    if (!(number > 0.0f)) {
      throw Error(ErrorCode::kBadArgument, where,
                  fmt::format("std {} is not positive; images are divided by it", number));
    }
  }
}

void check_preprocessing_options(const Preprocessing& given) {
  const std::string both = "--mean, --std";
  if (given.mean.size() != 3 || given.std.size() != 3) {
    throw Error(ErrorCode::kBadArgument, both,
                fmt::format("give both, each with three numbers (R,G,B); got {} and {}",
                            given.mean.size(), given.std.size()));
  }
  check_preprocessing(given, 3, both);
  const float least = *std::min_element(given.std.begin(), given.std.end());
  if (least >= 1.0f) return;
  const auto all_within = [](const std::vector<float>& numbers, float low, float high) {
    return std::all_of(numbers.begin(), numbers.end(),
                       [&](float number) { return number >= low && number <= high; });
  };
  if (!all_within(given.mean, 0.0f, 1.0f) || !all_within(given.std, 0.01f, 1.0f)) {
    throw Error(ErrorCode::kBadArgument, "--std",
                fmt::format("{:.6g} is below 1; give --mean and --std in units of 0..255", least));
  }
  const auto times_255 = [](const std::vector<float>& numbers) {
    std::vector<double> out;
    for (const float number : numbers) out.push_back(255.0 * number);
    return out;
  };
  throw Error(
      ErrorCode::kBadArgument, "--std",
      fmt::format("below 1: these look like 0..1 units, Ripple takes 0..255; give --mean "
                  "{:.6g} --std {:.6g}",
                  fmt::join(times_255(given.mean), ","), fmt::join(times_255(given.std), ",")));
}

void check_labels(const std::vector<std::string>& labels, int classes, const std::string& where) {
  if (labels.size() != static_cast<std::size_t>(classes)) {
    throw Error(ErrorCode::kBadArgument, where,
                fmt::format("{} labels for {} classes; give one a class", labels.size(), classes));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!is_displayable(labels[i])) {
      throw Error(ErrorCode::kBadArgument, where,
                  fmt::format("the label of class {}, counted from 0, is empty, too long or not "
                              "printable",
                              i));
    }
  }
}

void read_metadata(const onnx::ModelProto& proto, Model& model, const std::string& where) {
  std::map<std::string_view, const std::string*> found;
  for (const auto& entry : proto.metadata_props()) {
    if (entry.key() != kMean && entry.key() != kStd && entry.key() != kLabels) continue;
    if (!found.emplace(entry.key(), &entry.value()).second) {
      throw Error(ErrorCode::kBadModel, where, fmt::format("gives {} twice", entry.key()));
    }
  }
  const std::string at = fmt::format("{}: metadata", where);
  try {
    if (found.contains(kMean) != found.contains(kStd)) {
      throw Error(ErrorCode::kBadArgument, at, "gives only one of ripple.mean and ripple.std");
    }
    if (found.contains(kMean)) {
      Preprocessing preprocessing{parse_numbers(*found[kMean], at + " ripple.mean"),
                                  parse_numbers(*found[kStd], at + " ripple.std")};
      check_preprocessing(preprocessing, model.graph.channels(), at);
      model.preprocessing = std::move(preprocessing);
    }
    if (found.contains(kLabels)) {
      model.labels = lines_of(*found[kLabels]);
      check_labels(model.labels, model.graph.classes(), at + " ripple.labels");
    }
  } catch (const Error& error) {
    // The same faults are the person's on a command line and the file's here.
    throw Error(ErrorCode::kBadModel, error.where(),
                fmt::format("{}; write them again with ripple annotate", error.problem()));
  }
}

void write_metadata(const std::optional<Preprocessing>& preprocessing,
                    const std::vector<std::string>& labels, onnx::ModelProto& proto) {
  if (preprocessing) {
    set(proto, kMean, format_numbers(preprocessing->mean));
    set(proto, kStd, format_numbers(preprocessing->std));
  }
  if (!labels.empty()) set(proto, kLabels, join_lines(labels));
}

}  // namespace ripple
