#include "ripple/app/terminal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

/// Characters a cell takes on the screen: UTF-8 continuation bytes take none.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
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
  const std::string line = fmt::format("ripple: {}\n", text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> cells) {
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = width_of(columns_[c].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row[c]));
    widths.push_back(width);
  }
  std::string out;
  const auto append = [&](std::size_t c, const std::string& cell) {
    const std::string blanks(widths[c] - width_of(cell), ' ');
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
  if (!is_terminal_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
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
  fmt::print(stderr, "\r{}\033[K", line);
  std::fflush(stderr);
}

}  // namespace ripple
