#include "ripple/eval/dense/checkpoint.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/hash.h"

namespace ripple {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMagic = "ripple checkpoint 1 ";
constexpr std::size_t kLongestHeader = 1 << 16;
constexpr std::size_t kDigest = 64;

static_assert(std::endian::native == std::endian::little, "floats are written as they lie");

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void append(std::string& out, const std::vector<float>& numbers) {
  out.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
}

[[noreturn]] void damaged(const std::string& where, std::string_view what) {
  throw Error(
      ErrorCode::kBadData, where,
      fmt::format("is no whole checkpoint ({}); remove it and begin without --resume", what));
}

/// The first line taken apart and checked against what follows: header and numbers.
struct Parts {
  std::string_view header;
  std::string_view numbers;
};
Parts split(std::string_view text, const std::string& where) {
  if (!text.starts_with(kMagic)) damaged(where, "it does not begin like one");
  const std::size_t line = text.substr(0, kMagic.size() + kDigest + 16).find('\n');
  if (line == text.npos) damaged(where, "its first line does not end");
  const std::string_view fields = text.substr(kMagic.size(), line - kMagic.size());
  const std::size_t space = fields.find(' ');
  const std::string_view digits = fields.substr(0, space);
  const bool is_number =
      !digits.empty() && digits.size() <= 6 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (space == fields.npos || !is_number) damaged(where, "its first line is malformed");
  std::size_t header = 0;
  for (const char c : digits) header = 10 * header + static_cast<std::size_t>(c - '0');
  const std::string_view rest = text.substr(line + 1);
  if (header > kLongestHeader || header > rest.size()) damaged(where, "it is cut short");
  if (fields.substr(space + 1) != sha256_hex(bytes_of(rest))) damaged(where, "its digest differs");
  return {rest.substr(0, header), rest.substr(header)};
}

/// One line of each entry that differs, e.g. "epochs 30 (here 40)".
std::string differences(const Json& theirs, const Json& ours) {
  std::string out;
  const auto say = [&](const std::string& key, const std::string& there, const std::string& here) {
    out += fmt::format("{}{} {} (here {})", out.empty() ? "" : ", ", key, there, here);
  };
  for (const auto& [key, value] : ours.items()) {
    const auto found = theirs.find(key);
    if (found == theirs.end()) {
      say(key, "nothing", value.dump());
    } else if (*found != value) {
      say(key, found->dump(-1, ' ', true, Json::error_handler_t::replace), value.dump());
    }
  }
  return out;
}

std::vector<float> take(std::string_view& numbers, std::size_t count, const std::string& where) {
  std::vector<float> out(count);
  std::memcpy(out.data(), numbers.data(), count * sizeof(float));
  numbers.remove_prefix(count * sizeof(float));
  if (!std::all_of(out.begin(), out.end(), [](float v) { return std::isfinite(v); })) {
    damaged(where, "a weight is no finite number");
  }
  return out;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Json& run,
                      const Checkpoint& checkpoint) {
  Json header;
  header["epoch"] = checkpoint.epoch;
  header["best_epoch"] = checkpoint.best_epoch;
  header["best_accuracy"] = checkpoint.best_accuracy;
  header["best_loss"] = checkpoint.best_loss;
  header["seconds"] = checkpoint.seconds;
  header["arithmetic"] = checkpoint.arithmetic;
  header["run"] = run;
  const std::string head = header.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
  std::string rest = head;
  append(rest, checkpoint.constants);
  append(rest, checkpoint.velocity);
  append(rest, checkpoint.best);
  write_file(path,
             fmt::format("{}{} {}\n{}", kMagic, head.size(), sha256_hex(bytes_of(rest)), rest));
}

Checkpoint parse_checkpoint(std::span<const std::uint8_t> bytes, const std::string& where,
                            const Json& run, std::size_t constants, std::size_t velocity) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Parts parts = split(text, where);
  const Json header = Json::parse(parts.header, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object() || !header.contains("run") || !header["run"].is_object()) {
    damaged(where, "its header is malformed");
  }
  const std::string different = differences(header["run"], run);
  if (!different.empty()) {
    throw Error(ErrorCode::kBadArgument, where,
                fmt::format("is of another training: {}; give the same data and options, or remove "
                            "it and begin without --resume",
                            different));
  }
  const auto number = [&](const char* key, double low, double high) {
    const auto found = header.find(key);
    const bool holds = found != header.end() && found->is_number() && found->get<double>() >= low &&
                       found->get<double>() <= high;
    if (!holds) damaged(where, fmt::format("its {} is out of range", key));
    return found->get<double>();
  };
  Checkpoint out;
  out.epoch = static_cast<int>(number("epoch", 1, 1e6));
  out.best_epoch = static_cast<int>(number("best_epoch", 1, out.epoch));
  out.best_accuracy = number("best_accuracy", 0, 1);
  out.best_loss = number("best_loss", 0, 1e300);
  out.seconds = number("seconds", 0, 1e12);
  if (const auto found = header.find("arithmetic"); found != header.end()) {
    if (!found->is_string()) damaged(where, "its arithmetic is no text");
    out.arithmetic = found->get<std::string>();
    const bool is_printable = std::all_of(out.arithmetic.begin(), out.arithmetic.end(),
                                          [](char c) { return c >= ' ' && c <= '~'; });
    if (!is_printable) damaged(where, "its arithmetic is no text");
  }
  if (parts.numbers.size() != (2 * constants + velocity) * sizeof(float)) {
    damaged(where, "it holds another number of weights");
  }
  out.constants = take(parts.numbers, constants, where);
  out.velocity = take(parts.numbers, velocity, where);
  out.best = take(parts.numbers, constants, where);
  return out;
}

Checkpoint read_checkpoint(const std::filesystem::path& path, const Json& run,
                           std::size_t constants, std::size_t velocity) {
  // Three times what an ONNX file can hold, and a header; another network's is read to be named.
  constexpr std::int64_t kLargest = (std::int64_t{6} << 30) + (1 << 20);
  return parse_checkpoint(read_file(path, kLargest), path.string(), run, constants, velocity);
}

}  // namespace ripple
