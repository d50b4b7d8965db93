#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ripple/image/image.h"
#include "ripple/report/colour_map.h"

namespace ripple {

/// A cell to be framed: column x, row y. In a picture whose pixels are smaller than 4 on the page
/// the framed one is drawn that large.
struct Mark {
  int x = 0;
  int y = 0;
};

/// A colour image, each pixel a square.
struct PicturePanel {
  std::string title = {};  ///< one or two lines
  Image image = {};
  std::vector<Mark> marks = {};  ///< framed in black and white, so that it shows on every colour
};

/// Numbers beside the cells of a map, which count from one of them.
struct CellAxes {
  std::string x_label = {};
  std::string y_label = {};
  int zero_x = 0;  ///< the column numbered 0
  int zero_y = 0;
};

/// A matrix as colours. One with more cells than its panel has pixels is drawn by blocks of cells,
/// each with its value of largest magnitude (see largest_of_blocks).
struct HeatMap {
  std::string title = {};  ///< one or two lines
  int rows = 0;
  int columns = 0;
  std::vector<float> values = {};  ///< [rows, columns]; NaN is left blank
  std::vector<Mark> marks = {};
  std::optional<CellAxes> axes = std::nullopt;
};

/// std::monostate leaves a cell of the grid empty.
using Panel = std::variant<std::monostate, PicturePanel, HeatMap>;

/// Which heat maps share a scale and a colour bar. Pictures that are compared share one.
enum class ScaleSharing { kAll, kRow, kPanel };

/// Panels in reading order, each of the same size on the page whatever its number of cells.
struct PanelGrid {
  std::string title = {};
  std::vector<Panel> panels = {};
  int columns = 0;  ///< panels a row; 0: as many as a page holds (8)
  std::vector<std::string> row_labels =
      {};  ///< one a row of panels, drawn at its left; may be empty
  ColourMap map = ColourMap::kSequential;
  ScaleSharing sharing = ScaleSharing::kAll;
  /// End of the scale, which begins at 0, or kDiverging at -high; larger values are drawn in the
  /// last colour, which is then numbered ">= high". Absent: the largest value.
  std::optional<double> high = std::nullopt;
  bool whole_numbers = false;    ///< values are counts: the scale has no number between two
  std::string scale_label = {};  ///< what the colours mean, beside the bar
  /// Width of a panel; up to 240 where it takes that for a pixel a cell.
  int panel_pixels = 118;
};

/// Draws STEM.png and STEM.svg; STEM.dat holds the values of every panel as they are drawn, by
/// blocks where the panel is (see draw_figure). Titles too long for a panel lose their beginning.
/// Errors: kBadArgument where a panel has no cells or as many values as rows x columns, or where
/// row_labels has another number of rows; those of draw_figure.
void draw_panel_grid(const std::filesystem::path& stem, const PanelGrid& grid);

}  // namespace ripple
