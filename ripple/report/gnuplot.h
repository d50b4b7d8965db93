#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ripple {

/// What every figure is made of: four files that share a stem. The data and the script are kept, so
/// that people can restyle a figure: `gnuplot STEM.gp` draws STEM.png again, `gnuplot -e
/// "kind='svg'" STEM.gp` draws STEM.svg.
struct FigureFiles {
  std::filesystem::path data;    ///< STEM.dat, plain text
  std::filesystem::path script;  ///< STEM.gp
  std::filesystem::path png;
  std::filesystem::path svg;
};

/// The four paths of `stem`, e.g. out/maps -> out/maps.dat, out/maps.gp, ...
FigureFiles figure_files(const std::filesystem::path& stem);

/// `text` as a gnuplot string that gnuplot does not look into (single quotes, so that backquotes
/// run nothing); lines are joined by "\n", other control characters become blanks.
std::string gnuplot_quoted(std::string_view text);

/// The same of text that is drawn: with figure_text().
std::string gnuplot_text(std::string_view text);

/// The same of a tic's label, which gnuplot reads as the format of a number: "%" is doubled.
std::string gnuplot_tic(std::string_view text);

/// `text`, or ".." and its end in `room` bytes or less: names tell layers apart by their ends. No
/// character of UTF-8 is cut.
std::string last_characters(const std::string& text, std::size_t room);

/// The first lines of a script: the terminal (chosen by the variable `kind`), its size in pixels,
/// fonts and the output file of `stem`.
std::string gnuplot_head(const std::filesystem::path& stem, int width, int height);

/// The line that a figure of `count` cells in all needs before its first gnuplot_map or
/// gnuplot_picture. An SVG gets a square a cell (about 130 bytes each) up to 20,000: many programs
/// other than browsers smooth the cells of an embedded picture into each other.
std::string gnuplot_cells(std::size_t count);

/// Size of a cell of a map on its axes.
struct CellSize {
  double width = 1.0;
  double height = 1.0;
};

/// What `plot` draws of a matrix in block `block` of the data, [rows, columns]: a cell of size 1 at
/// its column and row, larger ones beside each other from -0.5 on. Its colours are the palette's.
std::string gnuplot_map(std::size_t block, int rows, int columns, CellSize cell = {});

/// The same of a picture, whose lines are column, row, red, green, blue.
std::string gnuplot_picture(std::size_t block, int rows, int columns);

/// Writes data and script beside each other and has gnuplot draw the .png and the .svg. gnuplot is
/// started without a shell, in the script's folder, without the person's own settings. Folders are
/// made where they are missing. Neither half a picture stays nor, beside new numbers, an old one.
///
/// Errors: kIo where a file cannot be written; where there is no gnuplot (naming the package: data
/// and script are there all the same); where gnuplot fails, with its message; where a picture has
/// no end, as on a full disk.
void draw_figure(const std::filesystem::path& stem, std::string_view data, std::string_view script);

/// Calls all of `figures`, each of which draws one, also after one that met kIo: without gnuplot,
/// data and script of every figure are there. Errors: the first kIo, after the last figure; any
/// other at once.
void draw_each(const std::vector<std::function<void()>>& figures);

}  // namespace ripple
