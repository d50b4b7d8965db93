#include "ripple/report/panel_grid.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/report/gnuplot.h"

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
constexpr int kAxisX = 36;  // below a map with axes: numbers and label
constexpr int kAxisY = 50;  // at its left

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

/// gnuplot's list of tics for `cells` of an axis: round numbers counted from cell `zero`, ten at
/// most.
std::string numbers_from(int zero, int cells) {
  constexpr int kMost = 10;
  int unit = 1;
  while (cells > kMost * 5 * unit) unit *= 10;
  const int step = cells <= kMost * unit ? unit : cells <= kMost * 2 * unit ? 2 * unit : 5 * unit;
  std::string list;
  for (int cell = zero % step; cell < cells; cell += step)
    list += fmt::format("{}'{}' {}", list.empty() ? "" : ", ", cell - zero, cell);
  return list;
}

std::string title_of(const Panel& panel) {
  if (const auto* picture = std::get_if<PicturePanel>(&panel)) return picture->title;
  if (const auto* map = std::get_if<HeatMap>(&panel)) return map->title;
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

/// Smallest and largest of the values on one scale.
struct Scale {
  double low = 0.0;
  double high = 1.0;
};

/// Where everything lies on the page.
class Layout {
 public:
  explicit Layout(const PanelGrid& grid) : grid_(grid) {
    columns_ = grid.columns > 0 ? grid.columns : kDefaultColumns;
    columns_ = std::min(columns_, std::max(1, static_cast<int>(grid.panels.size())));
    rows_ = (static_cast<int>(grid.panels.size()) + columns_ - 1) / columns_;
    for (const Panel& panel : grid.panels) {
      const std::string title = title_of(panel);
      if (title.empty()) continue;
      title_lines_ = std::max(title_lines_,
                              1 + static_cast<int>(std::count(title.begin(), title.end(), '\n')));
      heat_ = heat_ || std::holds_alternative<HeatMap>(panel);
    }
    for (const Panel& panel : grid.panels) {
      const Size size = size_of(panel);
      heat_ = heat_ || std::holds_alternative<HeatMap>(panel);
      axes_ = axes_ || axes_of(panel) != nullptr;
      if (size.columns > 0)
        aspect_ = std::max(aspect_, static_cast<double>(size.rows) / size.columns);
    }
    aspect_ = std::clamp(aspect_, 0.25, 4.0);
  }

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  int width() const {
    const int panels = static_cast<int>(left()) + columns_ * pitch_x() - kGap + kMargin +
                       (heat_ && grid_.sharing != ScaleSharing::kPanel ? kBarRoom : 0);
    return std::max(panels, static_cast<int>(grid_.title.size()) * kTitleCharacter + 2 * kMargin);
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
    const double room_x = grid_.panel_pixels;
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
    return {x, y, kBar, std::min(room, 3.0 * grid_.panel_pixels)};
  }

  double left() const { return kMargin + (grid_.row_labels.empty() ? 0 : kRowLabel); }

 private:
  double label_half() const {
    return has_scale_label() ? static_cast<double>(grid_.scale_label.size()) * kCharacter / 2.0
                             : 0.0;
  }
  std::size_t first_panel() const {
    std::size_t first = 0;
    while (is_empty(grid_.panels[first])) ++first;
    return first;
  }
  int top() const { return kMargin + (grid_.title.empty() ? 0 : kTitle); }
  int pitch_x() const {
    return grid_.panel_pixels + kGap +
           (heat_ && grid_.sharing == ScaleSharing::kPanel ? kBarRoom / 2 + 8 : 0) +
           (axes_ ? kAxisY : 0);
  }
  int pitch_y() const {
    return static_cast<int>(std::ceil(grid_.panel_pixels * aspect_)) + title_lines_ * kLine + kGap +
           (axes_ ? kAxisX : 0);
  }

  const PanelGrid& grid_;
  int columns_ = 1;
  int rows_ = 1;
  int title_lines_ = 0;
  double aspect_ = 0.25;
  bool heat_ = false;
  bool axes_ = false;
};

class Writer {
 public:
  Writer(const std::filesystem::path& stem, const PanelGrid& grid)
      : grid_(grid), layout_(grid), script_(gnuplot_head(stem, layout_.width(), layout_.height())) {
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

  void find_scales() {
    scales_.assign(grid_.panels.size() + 1, {0.0, grid_.high.value_or(0.0)});
    bar_drawn_.assign(scales_.size(), false);
    if (!grid_.high) {
      for (std::size_t i = 0; i < grid_.panels.size(); ++i) {
        const auto* map = std::get_if<HeatMap>(&grid_.panels[i]);
        if (map == nullptr) continue;
        double& high = scales_[scale_of(i)].high;
        for (const float value : map->values) {
          const double size = grid_.map == ColourMap::kDiverging ? std::abs(value) : value;
          if (size > high && std::isfinite(size)) high = size;
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
    for (const Panel& panel : grid_.panels) cells += cells_of(panel);
    script_ += gnuplot_palette(grid_.map) + gnuplot_cells(cells);
    script_ +=
        "unset key\nunset tics\nset border lw 0.5 lc rgb '#808080'\nset style fill empty\n"
        "set cbtics scale 0.4 format '%.3g' textcolor rgb '#202020'\nset multiplot\n";
    const double width = layout_.width();
    const double height = layout_.height();
    if (!grid_.title.empty()) {
      script_ += fmt::format(
          "set label {} at screen 0.5,{:.5f} center font ',{}'\n", gnuplot_quoted(grid_.title),
          1.0 - (kMargin + kTitle / 2.0 - 4.0) / height, "'.(kind eq 'svg' ? 15 : 11).'");
    }
    scale_label();
    for (std::size_t row = 0; row < grid_.row_labels.size(); ++row) {
      const Box box = row_box(row);
      script_ += fmt::format("set label {} at screen {:.5f},{:.5f} center rotate by 90\n",
                             gnuplot_quoted(grid_.row_labels[row]),
                             (kMargin + kRowLabel / 2.0 - 4) / width,
                             1.0 - (box.top + box.height / 2.0) / height);
    }
  }

  /// What the colours mean, at the right of the bars.
  void scale_label() {
    if (!layout_.has_scale_label()) return;
    script_ +=
        fmt::format("set label {} at screen {:.6f},{:.6f} center rotate by 90\n",
                    gnuplot_quoted(grid_.scale_label), (layout_.width() - 12.0) / layout_.width(),
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
    const int characters = static_cast<int>((grid_.panel_pixels + kGap - 8) / kCharacter);
    script_ += fmt::format(
        "\n# panel {}\n"
        "set lmargin at screen {:.6f}; set rmargin at screen {:.6f}\n"
        "set tmargin at screen {:.6f}; set bmargin at screen {:.6f}\n"
        "set xrange [-0.5:{}-0.5]; set yrange [{}-0.5:-0.5]\n"
        "set title {} offset 0,(kind eq 'svg' ? -0.95 : -0.6)\n",
        index + 1, box.left / width, (box.left + box.width) / width, 1.0 - box.top / height,
        1.0 - (box.top + box.height) / height, size.columns, size.rows,
        gnuplot_quoted(fitted_title(title_of(panel), characters)));
    if (const auto* picture = std::get_if<PicturePanel>(&panel)) {
      marks(picture->marks);
      script_ += fmt::format("unset colorbox\nplot {}\n",
                             gnuplot_picture(blocks_++, size.rows, size.columns));
      add(*picture);
    } else {
      const auto& map = std::get<HeatMap>(panel);
      marks(map.marks);
      scale(index);
      if (map.axes) axes(*map.axes, size);
      script_ += fmt::format("plot {}\n", gnuplot_map(blocks_++, size.rows, size.columns));
      add(map);
    }
    script_ += "unset object\nunset label\nunset xtics; unset ytics\nset xlabel\nset ylabel\n";
  }

  /// Frames around cells: white inside black.
  void marks(const std::vector<Mark>& list) {
    for (const Mark& mark : list) {
      for (const auto& [out, colour] : {std::pair{0.9, "black"}, std::pair{0.6, "white"}}) {
        script_ += fmt::format(
            "set object rectangle from {:.1f},{:.1f} to {:.1f},{:.1f} front fs empty border lc rgb "
            "'{}' lw 1.5\n",
            mark.x - out, mark.y - out, mark.x + out, mark.y + out, colour);
      }
    }
  }

  void axes(const CellAxes& axes, const Size& size) {
    script_ += fmt::format(
        "set xtics scale 0.4 out nomirror ({})\nset ytics scale 0.4 out nomirror ({})\n"
        "set xlabel {}\nset ylabel {}\n",
        numbers_from(axes.zero_x, size.columns), numbers_from(axes.zero_y, size.rows),
        gnuplot_quoted(axes.x_label), gnuplot_quoted(axes.y_label));
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
  static std::string bar_numbers(const Scale& scale, double height) {
    constexpr double kLow = 110.0;
    if (height >= kLow) return "set cbtics autofreq\n";
    const double unit = std::pow(10.0, std::floor(std::log10(scale.high)));
    const double high = std::floor(scale.high / unit + 1e-9) * unit;
    const double low = scale.low < 0.0 ? -high : 0.0;
    return fmt::format("set cbtics ({:.9g}, {:.9g}, {:.9g})\n", low, 0.5 * (low + high), high);
  }

  void add(const PicturePanel& picture) {
    data_ += fmt::format("# {} (column row red green blue)\n", comment(picture.title));
    for (int y = 0; y < picture.image.height; ++y) {
      for (int x = 0; x < picture.image.width; ++x) {
        const std::uint8_t* rgb = picture.image.at(x, y);
        data_ += fmt::format("{} {} {} {} {}\n", x, y, rgb[0], rgb[1], rgb[2]);
      }
    }
    data_ += "\n\n";
  }

  void add(const HeatMap& map) {
    data_ += fmt::format("# {} ({} rows of {})\n", comment(map.title), map.rows, map.columns);
    for (int y = 0; y < map.rows; ++y) {
      for (int x = 0; x < map.columns; ++x) {
        const float value = map.values[static_cast<std::size_t>(y) * map.columns + x];
        data_ += x == 0 ? "" : " ";
        data_ += std::isfinite(value) ? fmt::format("{:.9g}", value) : "NaN";
      }
      data_ += '\n';
    }
    data_ += "\n\n";
  }

  /// A title on one line.
  static std::string comment(std::string text) {
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return text;
  }

  const PanelGrid& grid_;
  Layout layout_;
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
