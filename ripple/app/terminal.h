#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ripple {

/// "1,234,567"
std::string grouped(std::int64_t number);

/// "1 image", "1,234 images"; `plural` where an s is not enough, e.g. "classes".
std::string counted(std::int64_t number, std::string_view one, std::string_view plural = "");

/// "12 s", "3 min 20 s", "1 h 05 min"
std::string duration(double seconds);

/// "62.0 %"; "-" of no trials (NaN).
std::string percent(double rate);

/// "0.0312", "< 0.0001" of a test; "" where there is none (NaN).
std::string p_text(double p);

/// Puts what was printed on its way. Errors: kIo where stdout does not take it.
void flush_output();

/// "ripple: TEXT" as a line on stderr. What it does not take is lost: a note ends no run.
void note(std::string_view text);

/// Columns of a terminal that UTF-8 text takes: characters of the wide East Asian scripts and
/// pictographs take two, those that join the one before none.
std::size_t display_width(std::string_view text);

/// Columns aligned by their widest cell: text to the left, numbers to the right.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit Table(std::vector<Column> columns);
  /// Assumes one cell a column.
  void add(std::vector<std::string> cells);
  /// All lines, each ended, without trailing blanks.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// One line on stderr that says how far the work is and how long it will still take. Silent where
/// stderr is no terminal, so that logs stay clean.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what);
  /// Clears the line, so that results do not mix with it.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Takes the line off the screen; the next show() brings it back.
  void clear();

  /// Shows "what: done of total, about 2 min left, note"; at most five times a second. The time
  /// left follows from what was done since the first call: a resumed run begins in the middle, and
  /// training after its images are read. Where one item takes long, the first call says 0 done.
  void show(std::int64_t done, std::int64_t total, std::string_view note = "");

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  bool is_terminal_;
  Clock::time_point start_;  ///< of the first call
  Clock::time_point last_;
  std::int64_t first_ = -1;  ///< `done` of the first call; -1 before it
};

}  // namespace ripple
