#include "ripple/report/gnuplot.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ripple/base/descriptor.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/report/figure_text.h"

namespace ripple {
namespace {

constexpr std::int64_t kMaxPicture = std::int64_t{1} << 30;

/// posix_spawn's list of what the child does before it starts the program.
class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

[[noreturn]] void refuse(const std::filesystem::path& script, const std::string& problem) {
  throw Error(
      ErrorCode::kIo, "gnuplot",
      fmt::format("{}; the numbers and the script are kept beside {}", problem, script.string()));
}

/// What the child writes until it closes the pipe; the last kilobytes are enough, for gnuplot goes
/// on after warnings but not after an error.
std::string read_messages(int pipe) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > 2 * buffer.size()) text.erase(0, text.size() - buffer.size());
  }
}

/// The line that says what is wrong: gnuplot repeats the command and marks the place before it, and
/// has warned of other lines.
std::string error_line(const std::string& text) {
  std::string error;
  std::string last = "it says nothing";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const bool warns = line.find("warning:") != std::string::npos;
    if (!warns && line.find(" line ") != std::string::npos) error = line;
    if (line.find_first_not_of(" \t^") != std::string::npos) last = line;
    begin = end + 1;
  }
  return error.empty() ? last : error;
}

/// Runs `gnuplot -d -e "kind='KIND'" SCRIPT` in the script's folder.
void run_gnuplot(const std::filesystem::path& script, const std::string& kind) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    refuse(script, std::string("no pipe can be made: ") + std::strerror(errno));
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);

  const std::filesystem::path folder = script.has_parent_path() ? script.parent_path() : ".";
  SpawnActions actions;
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), writer.get(), STDERR_FILENO);
  posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());
  std::array<std::string, 5> words = {"gnuplot", "-d", "-e", "kind='" + kind + "'",
                                      "./" + script.filename().string()};
  std::array<char*, 6> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  pid_t child = 0;
  const int failure =
      ::posix_spawnp(&child, "gnuplot", actions.get(), nullptr, arguments.data(), environ);
  ::close(writer.release());
  if (failure == ENOENT) {
    refuse(script,
           "it is not installed, so that no picture is drawn (apt-get install gnuplot-nox)");
  }
  if (failure != 0) refuse(script, std::string("it cannot be started: ") + std::strerror(failure));
  const std::string messages = read_messages(reader.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  // Ctrl-C at a terminal reaches it too.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) {
    throw Error(ErrorCode::kCancelled, "gnuplot", "stopped before the end");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    refuse(script, "it failed: " + error_line(messages));
  }
}

/// gnuplot does not notice that a disk is full.
void check_end(const std::filesystem::path& script, const std::filesystem::path& picture,
               std::string_view end) {
  std::vector<std::uint8_t> bytes;
  if (std::filesystem::exists(picture)) bytes = read_file(picture, kMaxPicture);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with(end)) return;
  refuse(script, fmt::format("{} is cut off after {} bytes: no space left on the disk? make room "
                             "and draw it again",
                             picture.string(), bytes.size()));
}

/// Cells of maps are squares of one colour: browsers would smooth those of an embedded picture
/// into each other.
void keep_cells_sharp(const std::filesystem::path& svg) {
  const std::vector<std::uint8_t> bytes = read_file(svg, kMaxPicture);
  std::string text(bytes.begin(), bytes.end());
  constexpr std::string_view kTag = "<image ";
  constexpr std::string_view kStyle = "style='image-rendering:pixelated' ";
  std::size_t at = text.find(kTag);
  if (at == std::string::npos) return;
  for (; at != std::string::npos; at = text.find(kTag, at + 1))
    text.insert(at + kTag.size(), kStyle);
  write_file(svg, text);
}

void remove_picture(const std::filesystem::path& picture) {
  std::error_code ignored;  // what cannot be removed cannot be drawn over either, and that is said
  std::filesystem::remove(picture, ignored);
}

/// gnuplot draws nothing of an image of a single row or column.
bool is_image(int rows, int columns) {
  return rows > 1 && columns > 1;
}

}  // namespace

FigureFiles figure_files(const std::filesystem::path& stem) {
  const auto with = [&](const char* end) { return std::filesystem::path(stem.string() + end); };
  return {with(".dat"), with(".gp"), with(".png"), with(".svg")};
}

std::string gnuplot_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\n') {
      out += "'.\"\\n\".'";
    } else if (c == '\'') {
      out += "''";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return out + "'";
}

std::string gnuplot_text(std::string_view text) {
  return gnuplot_quoted(figure_text(text));
}

std::string gnuplot_tic(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled.append(c == '%' ? 2 : 1, c);
  return gnuplot_text(doubled);
}

std::string last_characters(const std::string& text, std::size_t room) {
  if (text.size() <= room) return text;
  std::size_t begin = text.size() - room + 2;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) ++begin;
  return ".." + text.substr(begin);
}

std::string gnuplot_head(const std::filesystem::path& stem, int width, int height) {
  const std::string name = stem.filename().string();
  return fmt::format(
      "# Draws {0}.png; `gnuplot -e \"kind='svg'\" {0}.gp` draws {0}.svg.\n"
      "if (!exists('kind')) kind = 'png'\n"
      "if (kind eq 'svg') set terminal svg standalone noenhanced size {1},{2} font 'DejaVu "
      "Sans,12' background 'white'\n"
      "if (kind eq 'png') set terminal pngcairo noenhanced size {1},{2} font 'DejaVu Sans,9' "
      "background 'white'\n"
      "set encoding utf8\n"
      "set output {3}.'.'.kind\n"
      "data = {4}\n",
      name, width, height, gnuplot_quoted(name), gnuplot_quoted(name + ".dat"));
}

std::string gnuplot_cells(std::size_t count) {
  constexpr std::size_t kMostSquares = 20'000;
  return count <= kMostSquares ? "cells = kind eq 'svg' ? 'pixels' : ''\n" : "cells = ''\n";
}

std::string gnuplot_map(std::size_t block, int rows, int columns, CellSize cell) {
  const auto place = [](const char* column, double size) {
    return size == 1.0 ? column + 1
                       : fmt::format("({:.9g}*{}{:+.9g})", size, column, (size - 1.0) / 2.0);
  };
  const std::string places =
      fmt::format("{}:{}", place("$1", cell.width), place("$2", cell.height));
  return fmt::format(
      "data index {} matrix using {}:{}", block, places,
      is_image(rows, columns)
          ? "3 with image @cells"
          : fmt::format("({:.9g}):({:.9g}):3 with boxxyerror fs solid noborder lc palette",
                        cell.width / 2.0, cell.height / 2.0));
}

std::string gnuplot_picture(std::size_t block, int rows, int columns) {
  return fmt::format("data index {} {}", block,
                     is_image(rows, columns)
                         ? "using 1:2:3:4:5 with rgbimage @cells"
                         : "using 1:2:(0.5):(0.5):(65536*$3+256*$4+$5) with boxxyerror fs solid "
                           "noborder lc rgb variable");
}

void draw_figure(const std::filesystem::path& stem, std::string_view data,
                 std::string_view script) {
  const FigureFiles files = figure_files(stem);
  if (stem.has_parent_path()) make_folder(stem.parent_path());
  write_file(files.data, data);
  write_file(files.script, script);
  constexpr std::string_view kPngEnd("IEND\xae\x42\x60\x82");
  const auto draw = [&](const char* kind, const std::filesystem::path& picture,
                        std::string_view end) {
    try {
      run_gnuplot(files.script, kind);
      check_end(files.script, picture, end);
    } catch (const Error&) {
      remove_picture(picture);
      throw;
    }
  };
  for (const auto& picture : {files.png, files.svg}) remove_picture(picture);
  draw("png", files.png, kPngEnd);
  draw("svg", files.svg, "</svg>");
  keep_cells_sharp(files.svg);
}

void draw_each(const std::vector<std::function<void()>>& figures) {
  std::exception_ptr first;
  for (const std::function<void()>& figure : figures) {
    try {
      figure();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kIo) throw;
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace ripple
