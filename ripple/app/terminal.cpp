#include "ripple/app/terminal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ripple/base/error.h"
#include "ripple/image/text.h"

namespace ripple {
namespace {

struct CharacterRange {
  char32_t first, last;
};

/// Combining marks, joiners and selectors of the scripts that class names are most often in.
constexpr CharacterRange kJoined[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
    {0x064B, 0x065F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
    {0x302A, 0x302D}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

/// Blocks that are wide by Unicode Standard Annex 11.
constexpr CharacterRange kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

bool is_among(char32_t c, std::span<const CharacterRange> ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const CharacterRange& r) { return c >= r.first && c <= r.last; });
}

/// What it does not take is lost: a terminal that was closed must not end the work.
void to_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view plural) {
  if (number == 1) return fmt::format("1 {}", one);
  return plural.empty() ? fmt::format("{} {}s", grouped(number), one)
                        : fmt::format("{} {}", grouped(number), plural);
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string percent(double rate) {
  return std::isnan(rate) ? "-" : fmt::format("{:.1f} %", 100.0 * rate);
}

std::string p_text(double p) {
  if (std::isnan(p)) return "";
  return p < 1e-4 ? "< 0.0001" : fmt::format("{:.4f}", p);
}

void flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw Error(ErrorCode::kIo, "output", "it could not be written; is the disk full?");
}

void note(std::string_view text) {
  to_stderr(fmt::format("ripple: {}\n", text));
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    text.remove_prefix(character.bytes);
    if (!is_among(character.code, kJoined)) width += is_among(character.code, kWide) ? 2 : 1;
  }
  return width;
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = display_width(columns_[c].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[c]));
    widths.push_back(width);
  }
  std::string out;
  const auto append = [&](std::size_t c, const std::string& cell) {
    const std::string blanks(widths[c] - display_width(cell), ' ');
    out += columns_[c].align == Align::kRight ? blanks + cell : cell + blanks;
    if (c + 1 < columns_.size()) {
      out += "  ";
      return;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  for (std::size_t c = 0; c < columns_.size(); ++c) append(c, columns_[c].title);
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < columns_.size(); ++c) append(c, row[c]);
  }
  return out;
}

ProgressLine::ProgressLine(std::string what)
    : what_(std::move(what)), is_terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::clear() {
  if (is_terminal_) to_stderr("\r\033[K");
}

void ProgressLine::show(std::int64_t done, std::int64_t total, std::string_view note) {
  if (!is_terminal_) return;
  const Clock::time_point now = Clock::now();
  if (done < total && now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  if (first_ < 0) {
    first_ = done;
    start_ = now;
  }
  std::string line = fmt::format("{}: {} of {}", what_, grouped(done), grouped(total));
  if (done > first_ && done < total) {
    const double spent = std::chrono::duration<double>(now - start_).count();
    line += fmt::format(", about {} left", duration(spent * static_cast<double>(total - done) /
                                                    static_cast<double>(done - first_)));
  }
  if (!note.empty()) line += fmt::format(", {}", note);
  // A line longer than the terminal would wrap and stay behind.
  line.resize(std::min(line.size(), terminal_columns() - 1));
  to_stderr(fmt::format("\r{}\033[K", line));
}

}  // namespace ripple
