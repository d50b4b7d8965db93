#include "ripple/attack/results_file.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "ripple/attack/json_fields.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/json_line.h"

namespace ripple {
namespace {

constexpr const char* kFormat = "ripple attack results";
constexpr int kFormatVersion = 1;
constexpr std::int64_t kMaxBytes = std::int64_t(1) << 30;  // about a million results
constexpr std::size_t kMaxLine = 1024 * 1024;
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
constexpr int kMaxInt = std::numeric_limits<int>::max();

nlohmann::ordered_json to_json(const std::vector<PixelEdit>& edits) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const PixelEdit& edit : edits) rows.push_back({edit.x, edit.y, edit.r, edit.g, edit.b});
  return rows;
}

/// Losses in as few digits as read back to the same float.
nlohmann::ordered_json to_json(const std::vector<Improvement>& improvements) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Improvement& step : improvements) {
    rows.push_back({step.generation, nlohmann::json::parse(fmt::format("{}", step.loss))});
  }
  return rows;
}

std::string line_of(const nlohmann::ordered_json& json) {
  return json_line(json) + "\n";
}

AttackOptions read_options(const nlohmann::json& json, const std::string& where) {
  JsonFields fields(json, where);
  AttackOptions options;
  options.method = fields.named("method", parse_search_method);
  options.pixels = static_cast<int>(fields.integer("pixels", 1, kMaxInt));
  options.population = static_cast<int>(fields.integer("population", 0, kMaxInt));
  options.generations = static_cast<int>(fields.integer("generations", 0, kMaxInt));
  options.max_evaluations = fields.integer("max_evaluations", 0, kMaxCount);
  options.goal = fields.named("goal", parse_goal);
  options.target = static_cast<int>(fields.integer("target", -1, kMaxInt));
  options.objective = fields.named("objective", parse_objective);
  options.stop = fields.named("stop", parse_stop_rule);
  options.stop_below = fields.number("stop_below", 0.0, 1.0);
  options.stop_above = fields.number("stop_above", 0.0, 1.0);
  options.seed = fields.bits("seed");
  options.answer_repeats = fields.flag("answer_repeats");
  fields.done();
  return options;
}

ResultsHeader read_header(const nlohmann::json& json, const std::string& where) {
  JsonFields fields(json, where);
  const std::string format = fields.text("format");
  if (format == kGradientResultsFormat) {
    throw Error(ErrorCode::kBadArgument, where,
                "holds attacks by gradients (pgd, fgsm), which have no edits; give the results of "
                "pixel attacks");
  }
  if (format != kFormat) fields.refuse("format", "it is not '" + std::string(kFormat) + "'");
  fields.integer("version", kFormatVersion, kFormatVersion);
  ResultsHeader header;
  header.ripple_version = fields.text("ripple");
  header.model = fields.text("model");
  header.model_sha256 = fields.text("model_sha256");
  header.preprocessing.mean = fields.colour("mean");
  header.preprocessing.std = fields.colour("std");
  header.data = fields.text("data");
  header.selection = fields.text("selection");
  header.engine = fields.text("engine");
  if (json.contains("simd")) header.simd = fields.text("simd");
  header.options = read_options(fields.field("options"), where + ", options");
  fields.done();
  return header;
}

/// Generations and losses in their strict order, one way up and one way down.
std::vector<Improvement> read_improvements(JsonFields& fields, int generations) {
  const char* key = "improvements";
  const nlohmann::json& rows = fields.field(key);
  const auto refuse = [&] {
    fields.refuse(key,
                  "it is no list of [generation, loss] from generation 0 on, with rising "
                  "generations and falling losses");
  };
  if (!rows.is_array()) refuse();
  std::vector<Improvement> improvements;
  for (const nlohmann::json& row : rows) {
    if (!row.is_array() || row.size() != 2 || !row[0].is_number_integer() || !row[1].is_number()) {
      refuse();
    }
    const auto generation = row[0].get<std::int64_t>();
    const auto loss = static_cast<float>(row[1].get<double>());
    if (generation > generations || !std::isfinite(loss)) refuse();
    if (improvements.empty()
            ? generation != 0
            : generation <= improvements.back().generation || !(loss < improvements.back().loss)) {
      refuse();
    }
    improvements.push_back({static_cast<int>(generation), loss});
  }
  return improvements;
}

AttackResult read_result(const nlohmann::json& json, const std::string& where) {
  JsonFields fields(json, where);
  const auto small = [&](const char* key) {
    return static_cast<int>(fields.integer(key, 0, kMaxInt));
  };
  const auto probability = [&](const char* key) { return fields.number(key, 0.0, 1.0); };
  AttackResult result;
  result.index = fields.integer("index", 0, kMaxCount);
  result.name = fields.text("name");
  result.label = small("label");
  result.label_assumed = fields.flag("label_assumed");
  if (const auto target = fields.integer_or_null("target", 0, kMaxInt)) {
    result.target = static_cast<int>(*target);
  }
  result.skipped = fields.named("skipped", parse_skip_reason);
  result.success = fields.flag("success");
  result.success_as_published = fields.flag("success_as_published");
  result.predicted = small("predicted");
  result.edits = fields.edits("edits");
  result.confidence_before = probability("confidence_before");
  result.confidence_after = probability("confidence_after");
  result.confidence_predicted = probability("confidence_predicted");
  result.best_edits = fields.edits("best_edits");
  result.best_confidence = probability("best_confidence");
  result.evaluations = fields.integer("evaluations", 0, kMaxCount);
  result.distinct_evaluations = fields.integer("distinct_evaluations", 0, result.evaluations);
  result.evaluations_to_success =
      fields.integer_or_null("evaluations_to_success", 1, result.evaluations);
  result.generations = small("generations");
  result.improvements = read_improvements(fields, result.generations);
  result.stop = fields.named("stop", parse_stop_reason);
  result.verifications = small("verifications");
  result.disagreements = small("disagreements");
  result.seconds = fields.number("seconds", 0.0, std::numeric_limits<double>::max());
  fields.done();
  return result;
}

[[noreturn]] void refuse_io(const std::filesystem::path& path, const char* what, int reason) {
  throw Error(ErrorCode::kIo, path.string(),
              fmt::format("{}: {}; choose a folder that can be written and has room", what,
                          std::strerror(reason)));
}

/// Held until the descriptor closes, also when the process is killed.
void lock(const Descriptor& descriptor, const std::filesystem::path& path) {
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) return;  // a file system without locks
  throw Error(ErrorCode::kBadArgument, path.string(),
              "another run is writing it; wait for that one, or choose another folder");
}

}  // namespace

nlohmann::ordered_json to_json(const AttackOptions& options) {
  return {{"method", to_string(options.method)},
          {"pixels", options.pixels},
          {"population", options.population},
          {"generations", options.generations},
          {"max_evaluations", options.max_evaluations},
          {"goal", to_string(options.goal)},
          {"target", options.target},
          {"objective", to_string(options.objective)},
          {"stop", to_string(options.stop)},
          {"stop_below", options.stop_below},
          {"stop_above", options.stop_above},
          {"seed", options.seed},
          {"answer_repeats", options.answer_repeats}};
}

nlohmann::ordered_json to_json(const ResultsHeader& header) {
  nlohmann::ordered_json line{
      {"format", kFormat},
      {"version", kFormatVersion},
      {"ripple", header.ripple_version.empty() ? RIPPLE_VERSION : header.ripple_version},
      {"model", header.model},
      {"model_sha256", header.model_sha256},
      {"mean", header.preprocessing.mean},
      {"std", header.preprocessing.std},
      {"data", header.data},
      {"selection", header.selection},
      {"engine", header.engine}};
  if (!header.simd.empty()) line["simd"] = header.simd;
  line["options"] = to_json(header.options);
  return line;
}

nlohmann::ordered_json to_json(const AttackResult& result) {
  return {{"index", result.index},
          {"name", result.name},
          {"label", result.label},
          {"label_assumed", result.label_assumed},
          {"target", or_null(result.target)},
          {"skipped", to_string(result.skipped)},
          {"success", result.success},
          {"success_as_published", result.success_as_published},
          {"predicted", result.predicted},
          {"edits", to_json(result.edits)},
          {"confidence_before", result.confidence_before},
          {"confidence_after", result.confidence_after},
          {"confidence_predicted", result.confidence_predicted},
          {"best_edits", to_json(result.best_edits)},
          {"best_confidence", result.best_confidence},
          {"evaluations", result.evaluations},
          {"distinct_evaluations", result.distinct_evaluations},
          {"evaluations_to_success", or_null(result.evaluations_to_success)},
          {"generations", result.generations},
          {"improvements", to_json(result.improvements)},
          {"stop", to_string(result.stop)},
          {"verifications", result.verifications},
          {"disagreements", result.disagreements},
          {"seconds", result.seconds}};
}

DoneKeys ResultsFile::done() const {
  DoneKeys keys;
  for (const AttackResult& result : results) keys.emplace(result.index, result.target);
  return keys;
}

ResultsFile read_results(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path, kMaxBytes);
  return parse_results({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

ResultsFile parse_results(std::string_view text, const std::string& where) {
  if (text.starts_with("\x1f\x8b")) {
    throw Error(ErrorCode::kBadData, where, "it is packed; unpack it with gunzip first");
  }
  ResultsFile file;
  DoneKeys seen;
  std::size_t begin = 0;
  for (int number = 1; begin < text.size(); ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    const std::string line = fmt::format("{}: line {}", where, number);
    if (end - begin > kMaxLine) {
      throw Error(ErrorCode::kBadData, line, "it is too long; the file is damaged");
    }
    const nlohmann::json json = parse_json_line(text.substr(begin, end - begin), line);
    begin = end + 1;
    if (number == 1) {
      file.header = read_header(json, line);
      continue;
    }
    file.results.push_back(read_result(json, line));
    const AttackResult& result = file.results.back();
    if (seen.emplace(result.index, result.target).second) continue;
    throw Error(ErrorCode::kBadData, line,
                fmt::format("image {} stands there twice; the file is damaged", result.index));
  }
  if (begin == 0) {
    throw Error(ErrorCode::kBadData, where,
                "it holds no whole header line; delete its folder and start again");
  }
  file.whole_bytes = static_cast<std::int64_t>(begin);
  file.cut = begin < text.size();
  return file;
}

bool stands_before(const AttackResult& one, const AttackResult& other) {
  return std::pair(one.index, one.target) < std::pair(other.index, other.target);
}

void sort_results(const std::filesystem::path& path) {
  ResultsFile file = read_results(path);
  if (std::is_sorted(file.results.begin(), file.results.end(), stands_before)) return;
  std::sort(file.results.begin(), file.results.end(), stands_before);
  std::string text = line_of(to_json(file.header));
  for (const AttackResult& result : file.results) text += line_of(to_json(result));
  write_file(path, text);
}

std::string first_difference(const ResultsHeader& in_file, const ResultsHeader& wanted) {
  const nlohmann::ordered_json left = to_json(in_file);
  const nlohmann::ordered_json right = to_json(wanted);
  const auto compare = [](const nlohmann::ordered_json& a, const nlohmann::ordered_json& b,
                          const std::string& prefix) -> std::string {
    for (const auto& [key, value] : a.items()) {
      if (key == "model" || key == "data" || key == "simd" || key == "options") continue;
      if (value == b.at(key)) continue;
      return fmt::format("{}{} is {} in the file, {} now", prefix, key, json_line(value),
                         json_line(b.at(key)));
    }
    return "";
  };
  const std::string outer = compare(left, right, "");
  return outer.empty() ? compare(left.at("options"), right.at("options"), "options.") : outer;
}

ResultsWriter::ResultsWriter(std::filesystem::path path, Descriptor descriptor, std::int64_t size)
    : path_(std::move(path)), descriptor_(std::move(descriptor)), size_(size) {}

ResultsWriter ResultsWriter::create(const std::filesystem::path& path,
                                    const ResultsHeader& header) {
  return create(path, to_json(header));
}

ResultsWriter ResultsWriter::create(const std::filesystem::path& path,
                                    const nlohmann::ordered_json& header) {
  // A file without a byte is one that was killed before its header: there is nothing to lose.
  std::error_code ignored;
  const bool is_empty = std::filesystem::is_regular_file(path, ignored) &&
                        std::filesystem::file_size(path, ignored) == 0;
  const int exclusive = is_empty ? 0 : O_EXCL;
  Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | exclusive | O_CLOEXEC, 0644));
  if (descriptor.get() < 0 && errno == EEXIST) {
    throw Error(ErrorCode::kBadArgument, path.string(),
                "it holds results already; continue them with --resume (pixel attacks) or choose "
                "another folder");
  }
  if (descriptor.get() < 0) refuse_io(path, "it cannot be made", errno);
  lock(descriptor, path);
  if (std::filesystem::file_size(path, ignored) != 0) {
    throw Error(ErrorCode::kBadArgument, path.string(), "another run has just written it");
  }
  ResultsWriter writer(path, std::move(descriptor), 0);
  try {
    writer.write_line(line_of(header));
  } catch (...) {
    ::unlink(path.c_str());  // nothing half written stays
    throw;
  }
  return writer;
}

ResultsWriter ResultsWriter::resume(const std::filesystem::path& path, const ResultsHeader& header,
                                    ResultsFile& existing) {
  Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const int reason = errno;
  if (descriptor.get() >= 0) lock(descriptor, path);  // before it is read
  existing = read_results(path);
  const std::string difference = first_difference(existing.header, header);
  if (!difference.empty()) {
    throw Error(ErrorCode::kBadArgument, path.string(),
                "it was written with another configuration: " + difference +
                    "; use the same one or choose another folder");
  }
  if (descriptor.get() < 0) refuse_io(path, "it cannot be written", reason);
  if (::ftruncate(descriptor.get(), existing.whole_bytes) != 0 ||
      ::lseek(descriptor.get(), existing.whole_bytes, SEEK_SET) < 0) {
    refuse_io(path, "it cannot be written", errno);
  }
  return ResultsWriter(path, std::move(descriptor), existing.whole_bytes);
}

void ResultsWriter::append(const AttackResult& result) {
  append(to_json(result));
}

void ResultsWriter::append(const nlohmann::ordered_json& line) {
  write_line(line_of(line));
}

void ResultsWriter::write_line(const std::string& line) {
  if (size_ + static_cast<std::int64_t>(line.size()) > kMaxBytes) {
    throw Error(ErrorCode::kIo, path_.string(),
                "it has reached 1 GiB, the most that is read again; attack the other images with "
                "--range into another folder");
  }
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t count = ::write(descriptor_.get(), line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) {
      written += static_cast<std::size_t>(count);
      continue;
    }
    const int reason = count < 0 ? errno : ENOSPC;
    // The file ends with the line before; where even that fails, a reader leaves the cut line out.
    if (::ftruncate(descriptor_.get(), size_) == 0) ::lseek(descriptor_.get(), size_, SEEK_SET);
    refuse_io(path_, "a result cannot be written", reason);
  }
  size_ += static_cast<std::int64_t>(line.size());
}

}  // namespace ripple
