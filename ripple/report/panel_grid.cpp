#include "ripple/report/panel_grid.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/report/axes.h"
#include "ripple/report/figure_text.h"
#include "ripple/report/gnuplot.h"
#include "ripple/report/map_blocks.h"

namespace ripple {
namespace {

// Sizes in pixels of the .png.
constexpr int kGap = 16;
constexpr int kLine = 15;      // a line of a panel's title
constexpr int kCharacter = 7;  // width of one, for cutting titles
constexpr int kTitle = 28;     // the figure's title
constexpr int kTitleCharacter = 9;
constexpr int kMargin = 12;
constexpr int kRowLabel = 24;
constexpr int kBar = 14;      // width of a colour bar
constexpr int kBarRoom = 80;  // with its numbers and label
constexpr int kDefaultColumns = 8;
constexpr int kAxisX = 36;          // below a map with axes: numbers and label
constexpr int kAxisY = 50;          // at its left
constexpr int kMostPixels = 240;    // to which panels of many cells grow
constexpr double kSpare = 2.0;      // that gnuplot may take from a panel when it rounds its edges
constexpr double kLeastMark = 4.0;  // a framed pixel

struct Box {
  double left = 0.0, top = 0.0, width = 0.0, height = 0.0;
};

struct Size {
  int columns = 0, rows = 0;
};

Size size_of(const Panel& panel) {
  if (const auto* picture = std::get_if<PicturePanel>(&panel))
    return {picture->image.width, picture->image.height};
  if (const auto* map = std::get_if<HeatMap>(&panel)) return {map->columns, map->rows};
  return {};
}

std::size_t cells_of(const Panel& panel) {
  const Size size = size_of(panel);
  return static_cast<std::size_t>(size.columns) * static_cast<std::size_t>(size.rows);
}

bool is_empty(const Panel& panel) {
  return std::holds_alternative<std::monostate>(panel);
}

const CellAxes* axes_of(const Panel& panel) {
  const auto* map = std::get_if<HeatMap>(&panel);
  return map != nullptr && map->axes ? &*map->axes : nullptr;
}

/// 1, 2, 5, 10, ... of which `most` or fewer reach `end`.
int round_step(double end, int most) {
  int unit = 1;
  while (end > most * 5.0 * unit) unit *= 10;
  return end <= most * 1.0 * unit ? unit : end <= most * 2.0 * unit ? 2 * unit : 5 * unit;
}

/// gnuplot's list of tics for `cells` of an axis: round numbers counted from cell `zero`, ten at
/// most.
std::string numbers_from(int zero, int cells) {
  const int step = round_step(cells, 10);
  std::string list;
  for (int cell = zero % step; cell < cells; cell += step)
    list += fmt::format("{}'{}' {}", list.empty() ? "" : ", ", cell - zero, cell);
  return list;
}

std::string title_of(const Panel& panel) {
  if (const auto* picture = std::get_if<PicturePanel>(&panel)) return figure_text(picture->title);
  if (const auto* map = std::get_if<HeatMap>(&panel)) return figure_text(map->title);
  return "";
}

void check_panel(const Panel& panel, std::size_t number) {
  if (is_empty(panel)) return;
  const Size size = size_of(panel);
  const auto refuse = [&](const std::string& problem) {
    throw Error(ErrorCode::kBadArgument, fmt::format("panel {}", number), problem);
  };
  if (size.columns < 1 || size.rows < 1) refuse("it has no cells; leave it out");
  if (const auto* map = std::get_if<HeatMap>(&panel);
      map && map->values.size() != cells_of(panel)) {
    refuse(fmt::format("{} values for {} rows of {}; give one a cell", map->values.size(),
                       size.rows, size.columns));
  }
}

/// Lines of `text`, each cut to its last `characters`: names and numbers tell panels apart by their
/// ends.
std::string fitted_title(const std::string& text, int characters) {
  std::string out;
  const auto limit = static_cast<std::size_t>(std::max(characters, 6));
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += (begin == 0 ? "" : "\n") + last_characters(text.substr(begin, end - begin), limit);
    begin = end + 1;
  }
  return out;
}

/// Smallest and largest of the values on one scale, and whether there are any beyond.
struct Scale {
  double low = 0.0, high = 1.0;
  bool below = false, above = false;
};

/// Where everything lies on the page.
class Layout {
 public:
  explicit Layout(const PanelGrid& grid) : grid_(grid) {
    columns_ = grid.columns > 0 ? grid.columns : kDefaultColumns;
    columns_ = std::min(columns_, std::max(1, static_cast<int>(grid.panels.size())));
    rows_ = (static_cast<int>(grid.panels.size()) + columns_ - 1) / columns_;
    for (const Panel& panel : grid.panels) {
      const Size size = size_of(panel);
      heat_ = heat_ || std::holds_alternative<HeatMap>(panel);
      axes_ = axes_ || axes_of(panel) != nullptr;
      if (size.columns > 0)
        aspect_ = std::max(aspect_, static_cast<double>(size.rows) / size.columns);
      const std::string title = title_of(panel);
      const auto ends = static_cast<int>(std::count(title.begin(), title.end(), '\n'));
      if (!title.empty()) title_lines_ = std::max(title_lines_, 1 + ends);
    }
    aspect_ = std::clamp(aspect_, 0.25, 4.0);
    double wanted = 0.0;
    for (const Panel& panel : grid.panels) {
      const Size size = size_of(panel);
      wanted = std::max({wanted, size.columns + kSpare, (size.rows + kSpare) / aspect_});
    }
    panel_pixels_ = std::max(grid.panel_pixels,
                             static_cast<int>(std::ceil(std::min(wanted, 1.0 * kMostPixels))));
  }

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  int panel_pixels() const { return panel_pixels_; }
  int width() const {
    const int panels = static_cast<int>(left()) + columns_ * pitch_x() - kGap + kMargin +
                       (heat_ && grid_.sharing != ScaleSharing::kPanel ? kBarRoom : 0);
    return std::max(panels,
                    static_cast<int>(characters_of(grid_.title)) * kTitleCharacter + 2 * kMargin);
  }
  int height() const {
    const int panels = top() + rows_ * pitch_y() - kGap + kMargin;
    return std::max(panels, static_cast<int>(std::ceil(scale_label_middle() + label_half())) + 4);
  }

  /// Of the text beside the colour bars, in pixels from the top: that of the only bar or of all
  /// panels, but low enough for a long text.
  double scale_label_middle() const {
    if (!has_scale_label()) return 0.0;
    const Box first = bar(first_panel());
    const double middle = grid_.sharing == ScaleSharing::kAll
                              ? first.top + first.height / 2.0
                              : (top() + rows_ * pitch_y() - kGap + kMargin) / 2.0;
    return std::max(middle, label_half() + 4.0);
  }

  /// Beside bars that each panel has there is no room for it.
  bool has_scale_label() const {
    return heat_ && !grid_.scale_label.empty() && grid_.sharing != ScaleSharing::kPanel;
  }

  /// Of panel `index` without its title: its cells are square.
  Box panel(std::size_t index) const {
    const Size size = size_of(grid_.panels[index]);
    const double room_x = panel_pixels_;
    const double room_y = room_x * aspect_;
    const double cell = std::min(room_x / size.columns, room_y / size.rows);
    const double width = cell * size.columns;
    const double height = cell * size.rows;
    const int column = static_cast<int>(index) % columns_;
    const int row = static_cast<int>(index) / columns_;
    return {left() + column * pitch_x() + (axes_ ? kAxisY : 0) + (room_x - width) / 2.0,
            top() + row * pitch_y() + title_lines_ * kLine + (room_y - height) / 2.0, width,
            height};
  }

  /// Of the colour bar that belongs to panel `index`.
  Box bar(std::size_t index) const {
    const Box box = panel(index);
    if (grid_.sharing == ScaleSharing::kPanel)
      return {box.left + box.width + 4, box.top, kBar / 2.0, box.height};
    const double x = left() + columns_ * pitch_x() - kGap + 10;
    if (grid_.sharing == ScaleSharing::kRow) return {x, box.top, kBar, box.height};
    const double y = top() + title_lines_ * kLine;
    const double room = rows_ * pitch_y() - kGap - title_lines_ * kLine - (axes_ ? kAxisX : 0);
    return {x, y, kBar, std::min(room, 3.0 * panel_pixels_)};
  }

  double left() const { return kMargin + (grid_.row_labels.empty() ? 0 : kRowLabel); }

 private:
  double label_half() const {
    return has_scale_label()
               ? static_cast<double>(characters_of(grid_.scale_label)) * kCharacter / 2.0
               : 0.0;
  }
  std::size_t first_panel() const {
    std::size_t first = 0;
    while (is_empty(grid_.panels[first])) ++first;
    return first;
  }
  int top() const { return kMargin + (grid_.title.empty() ? 0 : kTitle); }
  int pitch_x() const {
    return panel_pixels_ + kGap +
           (heat_ && grid_.sharing == ScaleSharing::kPanel ? kBarRoom / 2 + 8 : 0) +
           (axes_ ? kAxisY : 0);
  }
  int pitch_y() const {
    return static_cast<int>(std::ceil(panel_pixels_ * aspect_)) + title_lines_ * kLine + kGap +
           (axes_ ? kAxisX : 0);
  }

  const PanelGrid& grid_;
  int columns_ = 1;
  int rows_ = 1;
  int title_lines_ = 0;
  int panel_pixels_ = 0;
  double aspect_ = 0.25;
  bool heat_ = false;
  bool axes_ = false;
};

class Writer {
 public:
  Writer(const std::filesystem::path& stem, const PanelGrid& grid)
      : grid_(grid), layout_(grid), script_(gnuplot_head(stem, layout_.width(), layout_.height())) {
    reduce_maps();
    find_scales();
    begin();
    for (std::size_t i = 0; i < grid_.panels.size(); ++i) {
      if (!is_empty(grid_.panels[i])) panel(i);
    }
    script_ += "unset multiplot\n";
  }

  const std::string& script() const { return script_; }
  const std::string& data() const { return data_; }

 private:
  std::size_t scale_of(std::size_t index) const {
    switch (grid_.sharing) {
      case ScaleSharing::kAll:
        return 0;
      case ScaleSharing::kRow:
        return index / static_cast<std::size_t>(layout_.columns());
      case ScaleSharing::kPanel:
        return index;
    }
    return 0;
  }

  /// Every cell of a map that is drawn has a pixel.
  void reduce_maps() {
    sides_.assign(grid_.panels.size(), 1);
    drawn_.resize(grid_.panels.size());
    for (std::size_t i = 0; i < grid_.panels.size(); ++i) {
      const auto* map = std::get_if<HeatMap>(&grid_.panels[i]);
      if (map == nullptr) continue;
      const Box box = layout_.panel(i);  // its cells are square, but one side may have little room
      const double cells = std::max(map->columns / std::max(1.0, box.width - kSpare),
                                    map->rows / std::max(1.0, box.height - kSpare));
      sides_[i] = std::max(1, static_cast<int>(std::ceil(cells - 1e-6)));
      drawn_[i] = largest_of_blocks(map->values, map->rows, map->columns, sides_[i]);
    }
  }

  void find_scales() {
    scales_.assign(grid_.panels.size() + 1, {0.0, grid_.high.value_or(0.0)});
    bar_drawn_.assign(scales_.size(), false);
    for (std::size_t i = 0; i < grid_.panels.size(); ++i) {
      Scale& scale = scales_[scale_of(i)];
      for (const float value : drawn_[i].values) {
        const double size = grid_.map == ColourMap::kDiverging ? std::abs(value) : value;
        if (!(size > scale.high) || !std::isfinite(size)) continue;
        if (!grid_.high) {
          scale.high = size;
        } else if (size > scale.high * (1.0 + 1e-6)) {
          (value < 0.0f ? scale.below : scale.above) = true;
        }
      }
    }
    for (Scale& scale : scales_) {
      // A scale of no extent cannot be drawn: zero has the colour of zero on any other.
      if (!(scale.high > 0.0)) scale.high = 1.0;
      if (grid_.map == ColourMap::kDiverging) scale.low = -scale.high;
    }
  }

  void begin() {
    std::size_t cells = 0;
    for (std::size_t i = 0; i < grid_.panels.size(); ++i) {
      const bool is_map = std::holds_alternative<HeatMap>(grid_.panels[i]);
      cells += is_map ? drawn_[i].values.size() : cells_of(grid_.panels[i]);
    }
    script_ += gnuplot_palette(grid_.map) + gnuplot_cells(cells);
    script_ +=
        "unset key\nunset tics\nset border back lw 0.5 lc rgb '#808080'\nset style fill empty\n"
        "set cbtics scale 0.4 format '%.3g' textcolor rgb '#202020'\nset multiplot\n";
    const double width = layout_.width();
    const double height = layout_.height();
    if (!grid_.title.empty()) {
      script_ += fmt::format(
          "set label {} at screen 0.5,{:.5f} center font ',{}'\n", gnuplot_text(grid_.title),
          1.0 - (kMargin + kTitle / 2.0 - 4.0) / height, "'.(kind eq 'svg' ? 15 : 11).'");
    }
    scale_label();
    for (std::size_t row = 0; row < grid_.row_labels.size(); ++row) {
      const Box box = row_box(row);
      script_ +=
          fmt::format("set label {} at screen {:.5f},{:.5f} center rotate by 90\n",
                      gnuplot_text(grid_.row_labels[row]), (kMargin + kRowLabel / 2.0 - 4) / width,
                      1.0 - (box.top + box.height / 2.0) / height);
    }
  }

  /// What the colours mean, at the right of the bars.
  void scale_label() {
    if (!layout_.has_scale_label()) return;
    script_ +=
        fmt::format("set label {} at screen {:.6f},{:.6f} center rotate by 90\n",
                    gnuplot_text(grid_.scale_label), (layout_.width() - 12.0) / layout_.width(),
                    1.0 - layout_.scale_label_middle() / layout_.height());
  }

  Box row_box(std::size_t row) const {
    const std::size_t first = row * static_cast<std::size_t>(layout_.columns());
    for (std::size_t i = first; i < grid_.panels.size(); ++i) {
      if (!is_empty(grid_.panels[i])) return layout_.panel(i);
    }
    return {};
  }

  void panel(std::size_t index) {
    const Panel& panel = grid_.panels[index];
    const Size size = size_of(panel);
    const Box box = layout_.panel(index);
    const double width = layout_.width();
    const double height = layout_.height();
    const int characters = static_cast<int>((layout_.panel_pixels() + kGap - 8) / kCharacter);
    script_ += fmt::format(
        "\n# panel {}\n"
        "set lmargin at screen {:.6f}; set rmargin at screen {:.6f}\n"
        "set tmargin at screen {:.6f}; set bmargin at screen {:.6f}\n"
        "set xrange [-0.5:{}-0.5]; set yrange [{}-0.5:-0.5]\n"
        "set title {} offset 0,(kind eq 'svg' ? -0.95 : -0.6)\n",
        index + 1, box.left / width, (box.left + box.width) / width, 1.0 - box.top / height,
        1.0 - (box.top + box.height) / height, size.columns, size.rows,
        gnuplot_text(fitted_title(title_of(panel), characters)));
    if (const auto* picture = std::get_if<PicturePanel>(&panel)) {
      marks(picture->marks, box.width / size.columns, &picture->image);
      script_ += fmt::format("unset colorbox\nplot {}\n",
                             gnuplot_picture(blocks_++, size.rows, size.columns));
      add(*picture);
    } else {
      const auto& map = std::get<HeatMap>(panel);
      marks(map.marks, box.width / size.columns, nullptr);
      scale(index);
      if (map.axes) axes(*map.axes, size);
      const BlockMap& drawn = drawn_[index];
      const CellSize cell{1.0 * size.columns / drawn.columns, 1.0 * size.rows / drawn.rows};
      script_ += fmt::format("plot {}\n", gnuplot_map(blocks_++, drawn.rows, drawn.columns, cell));
      add(map, drawn, sides_[index]);
    }
    script_ += "unset object\nunset label\nunset xtics; unset ytics\nset xlabel\nset ylabel\n";
  }

  /// Frames around cells of `pixels` width, white inside black, with the cell's colour free inside;
  /// a cell of `image` that is too small to be seen is enlarged.
  void marks(const std::vector<Mark>& list, double pixels, const Image* image) {
    const double free = std::max(0.5, kLeastMark / 2.0 / pixels);
    const double inner = std::max(0.6, free + 1.25 / pixels);
    const double outer = std::max(0.9, inner + 1.75 / pixels);
    const auto box = [&](const Mark& mark, double out, const std::string& style) {
      script_ +=
          fmt::format("set object rectangle from {:.4g},{:.4g} to {:.4g},{:.4g} front noclip {}\n",
                      mark.x - out, mark.y - out, mark.x + out, mark.y + out, style);
    };
    for (const Mark& mark : list) {
      box(mark, outer, "fs empty border lc rgb 'black' lw 1.5");
      box(mark, inner, "fs empty border lc rgb 'white' lw 1.5");
    }
    if (image == nullptr || pixels >= kLeastMark) return;
    for (const Mark& mark : list) {  // above the frames of neighbours
      const std::uint8_t* rgb = image->at(mark.x, mark.y);
      box(mark, free,
          fmt::format("fc rgb '#{:02x}{:02x}{:02x}' fs solid noborder", rgb[0], rgb[1], rgb[2]));
    }
  }

  void axes(const CellAxes& axes, const Size& size) {
    script_ += fmt::format(
        "set tics textcolor rgb '#202020'\n"
        "set xtics scale 0.4 out nomirror ({})\nset ytics scale 0.4 out nomirror ({})\n"
        "set xlabel {}\nset ylabel {}\n",
        numbers_from(axes.zero_x, size.columns), numbers_from(axes.zero_y, size.rows),
        gnuplot_text(axes.x_label), gnuplot_text(axes.y_label));
  }

  void scale(std::size_t index) {
    const Scale& scale = scales_[scale_of(index)];
    script_ += fmt::format("set cbrange [{:.9g}:{:.9g}]\n", scale.low, scale.high);
    if (bar_drawn_[scale_of(index)]) {
      script_ += "unset colorbox\n";
      return;
    }
    bar_drawn_[scale_of(index)] = true;
    const Box bar = layout_.bar(index);
    const double width = layout_.width();
    const double height = layout_.height();
    script_ += fmt::format("set colorbox vertical user origin {:.6f},{:.6f} size {:.6f},{:.6f}\n",
                           bar.left / width, 1.0 - (bar.top + bar.height) / height,
                           bar.width / width, bar.height / height);
    script_ += bar_numbers(scale, bar.height);
  }

  /// gnuplot numbers a bar without regard to its height: a low one gets three numbers, of one digit
  /// each, so that they run neither into each other nor into the label beside them.
  std::string bar_numbers(const Scale& scale, double height) const {
    constexpr double kLow = 110.0;
    std::string out = "set cbtics autofreq\n";
    if (grid_.whole_numbers) {
      out = fmt::format("set cbtics autofreq {}\n", round_step(scale.high, height < kLow ? 2 : 8));
    } else if (height < kLow) {
      const double unit = std::pow(10.0, std::floor(std::log10(scale.high)));
      const double high =
          scale.above || scale.below ? scale.high : std::floor(scale.high / unit + 1e-9) * unit;
      const double low = scale.low < 0.0 ? -high : 0.0;
      out = fmt::format("set cbtics ({:.9g}, {:.9g}, {:.9g})\n", low, 0.5 * (low + high), high);
    }
    if (scale.above) out += fmt::format("set cbtics add ('\u2265 {0:.3g}' {0:.9g})\n", scale.high);
    if (scale.below) out += fmt::format("set cbtics add ('\u2264 {0:.3g}' {0:.9g})\n", scale.low);
    return out;
  }

  void add(const PicturePanel& picture) {
    data_ += fmt::format("# {} (column row red green blue)\n", one_line(picture.title));
    for (int y = 0; y < picture.image.height; ++y) {
      for (int x = 0; x < picture.image.width; ++x) {
        const std::uint8_t* rgb = picture.image.at(x, y);
        data_ += fmt::format("{} {} {} {} {}\n", x, y, rgb[0], rgb[1], rgb[2]);
      }
    }
    data_ += "\n\n";
  }

  void add(const HeatMap& map, const BlockMap& drawn, int side) {
    data_ += fmt::format("# {} ({} rows of {})\n", one_line(map.title), map.rows, map.columns);
    if (side > 1) {
      data_ +=
          fmt::format("# by {} x {} blocks of about {} x {} cells, each its largest magnitude\n",
                      drawn.rows, drawn.columns, side, side);
    }
    for (std::size_t i = 0; i < drawn.values.size(); ++i) {
      data_ += number_or_nan(drawn.values[i]);
      data_ += (i + 1) % static_cast<std::size_t>(drawn.columns) == 0 ? "\n" : " ";
    }
    data_ += "\n\n";
  }

  const PanelGrid& grid_;
  Layout layout_;
  std::vector<int> sides_;       // of the blocks of a panel's map, in cells
  std::vector<BlockMap> drawn_;  // a panel each, empty where it is no map
  std::vector<Scale> scales_;
  std::vector<bool> bar_drawn_;
  std::string script_;
  std::string data_;
  int blocks_ = 0;
};

}  // namespace

void draw_panel_grid(const std::filesystem::path& stem, const PanelGrid& grid) {
  for (std::size_t i = 0; i < grid.panels.size(); ++i) check_panel(grid.panels[i], i + 1);
  if (std::all_of(grid.panels.begin(), grid.panels.end(), is_empty))
    throw Error(ErrorCode::kBadArgument, stem.string(), "a figure without panels; give one");
  const auto rows = static_cast<std::size_t>(Layout(grid).rows());
  if (!grid.row_labels.empty() && grid.row_labels.size() != rows) {
    throw Error(ErrorCode::kBadArgument, stem.string(),
                fmt::format("{} row labels for {} rows", grid.row_labels.size(), rows));
  }
  const Writer writer(stem, grid);
  draw_figure(stem, writer.data(), writer.script());
}

}  // namespace ripple
