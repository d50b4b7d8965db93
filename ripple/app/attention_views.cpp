#include "ripple/app/attention_views.h"

#include <algorithm>
#include <filesystem>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/attack_cases.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/in_order.h"
#include "ripple/base/json_line.h"
#include "ripple/base/npy.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/preprocess.h"
#include "ripple/eval/scores.h"
#include "ripple/report/panel_grid.h"

namespace ripple {
namespace {

constexpr std::int64_t kBlock = 16;        // views a batch
constexpr std::int64_t kFigureImages = 8;  // images in the figure

/// An image and what is done to it.
struct Subject {
  std::int64_t index = 0;
  std::vector<PixelEdit> edits;
  std::optional<AttackCase> attack;  ///< whose edits they are
};

std::vector<Subject> subjects_of(const ViewOptions& options, const Model& model,
                                 const Dataset& dataset, const Session& session) {
  const IndexRange range = parse_range(options.data.range, dataset.size());
  std::vector<Subject> subjects;
  if (!options.from.empty()) {
    if (!options.edits.empty()) {
      throw Error(ErrorCode::kBadArgument, "--edit", "goes not with --from, which has the edits");
    }
    const AttackCases all = read_attack_cases(options.from, model, dataset);
    if (!has_success(all, session)) return subjects;
    for (const AttackCase& attack : all.cases) {
      if (attack.success && attack.index >= range.begin && attack.index < range.end) {
        subjects.push_back({attack.index, attack.edits, attack});
      }
    }
    if (subjects.empty()) {
      throw Error(ErrorCode::kBadArgument, "--range", "no success of the file lies in it");
    }
    return subjects;
  }
  std::vector<PixelEdit> edits;
  for (const std::string& text : options.edits) edits.push_back(parse_edit(text));
  check_edits(edits, model.graph.width(), model.graph.height());
  for (const std::int64_t index : indices_of(range)) subjects.push_back({index, edits, {}});
  return subjects;
}

int class_of(const ViewOptions& options, const ClassNames& names, std::int64_t index,
             std::optional<int> label, int predicted, std::optional<int> adversarial) {
  if (options.map_class == "predicted") return predicted;
  if (options.map_class == "true") {
    if (label) return *label;
    throw Error(ErrorCode::kBadArgument, "--class",
                fmt::format("image {} has no label; give predicted or a class", index));
  }
  if (options.map_class == "adversarial") {
    if (adversarial) return *adversarial;
    throw Error(ErrorCode::kBadArgument, "--class",
                "adversarial is the class of an edited image; give --edit or --from");
  }
  return names.find(options.map_class, "--class");
}

/// Maps of the views `first` and on.
struct MapBlock {
  std::int64_t first = 0;
  std::vector<DrawnMap> maps;
};

/// What a MapMaker takes of some views.
struct BlockInput {
  Tensor inputs;
  std::vector<int> classes;
  std::vector<std::int64_t> indices;
};

Image image_of(const View& view, const ImageSource& images) {
  Image image = images(view.index).image;
  if (view.edited) apply_edits(image, view.edits);
  return image;
}

BlockInput input_of(std::span<const View> views, const Model& model, const ImageSource& images) {
  const PixelNormalizer normalizer = make_normalizer(model);
  BlockInput block;
  block.inputs.shape = {std::ssize(views), 3, model.graph.height(), model.graph.width()};
  for (const View& view : views) {
    const Tensor input = preprocess(normalizer, image_of(view, images));
    block.inputs.data.insert(block.inputs.data.end(), input.data.begin(), input.data.end());
    block.classes.push_back(view.map_class);
    block.indices.push_back(view.index);
  }
  return block;
}

/// Writes the arrays of a map; the JSON line that names them.
nlohmann::ordered_json write_map(const ViewOptions& options, const std::string& layer,
                                 const ClassNames& names, const View& view, const DrawnMap& map) {
  nlohmann::ordered_json line{{"index", view.index},
                              {"image", view.edited ? "edited" : "clean"},
                              {"layer", layer},
                              {"class", view.map_class},
                              {"class_name", names[view.map_class]}};
  for (const auto& [key, array] : map.files) {
    const auto path = std::filesystem::path(options.out) /
                      fmt::format("{:06}_{}_{}{}.npy", view.index, view.edited ? "edited" : "clean",
                                  view.map_class, key == "path" ? "" : "_signed");
    write_npy(path, array);
    line[key] = path.string();
  }
  return line;
}

/// Views an image: the clean one and, where there are edits, the edited one.
std::int64_t views_an_image(const std::vector<View>& views) {
  return views.front().edits.empty() ? 1 : 2;
}

/// A row an image: clean image and map, edited image and map, on one scale. `shown` are the maps of
/// the first views.
void draw(const ViewOptions& options, const std::string& kind, const ClassNames& names,
          const std::vector<View>& views, const ImageSource& images,
          const std::vector<Tensor>& shown, bool is_signed) {
  PanelGrid grid;
  grid.columns = static_cast<int>(2 * views_an_image(views));
  grid.sharing = ScaleSharing::kRow;
  grid.map = is_signed ? ColourMap::kDiverging : ColourMap::kSequential;
  grid.scale_label = kind == "gradcam" ? "Grad-CAM" : "saliency";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const View& view = views[i];
    const Image image = image_of(view, images);
    std::vector<Mark> marks;
    for (const PixelEdit& edit : view.edits) marks.push_back({edit.x, edit.y});
    grid.panels.emplace_back(PicturePanel{
        fmt::format("{} {}", view.index, view.edited ? "edited" : "clean"), image, marks});
    const Tensor& map = shown[i];
    // Marks are cells of the input; a coarser map has none at that place.
    const bool fits = map.shape[0] == image.height && map.shape[1] == image.width;
    grid.panels.emplace_back(HeatMap{names.title(view.map_class), static_cast<int>(map.shape[0]),
                                     static_cast<int>(map.shape[1]), map.data,
                                     fits ? marks : std::vector<Mark>{}});
  }
  draw_panel_grid(std::filesystem::path(options.out) / kind, grid);
}

}  // namespace

void add_view_options(CLI::App& command, ViewOptions& options) {
  add_model_options(command, options.model);
  add_data_options(command, options.data);
  command
      .add_option("--edit", options.edits,
                  "also the image with pixel x,y (column,row) changed to r,g,b; may be repeated")
      ->type_name("x,y,r,g,b");
  command
      .add_option("--from", options.from,
                  "folder or results.jsonl of pixel attacks: their successes, clean and edited")
      ->type_name("PATH");
  command
      .add_option("--class", options.map_class,
                  "whose score: predicted (of each image), true, adversarial (predicted for the "
                  "edited image), or a class by name or number")
      ->capture_default_str()
      ->type_name("CLASS");
  command.add_option("-o,--out", options.out, "folder for the maps (.npy) and a figure")
      ->required()
      ->type_name("DIR");
  add_threads_option(command, options.threads);
  command.add_flag("--no-figures", options.no_figures, "arrays only; needs no gnuplot");
  command.add_flag("--json", options.json, "one object a map");
}

std::vector<View> make_views(const ViewOptions& options, const Model& model, const Dataset& dataset,
                             const Session& session) {
  const ClassNames names(model, &dataset);
  const ImageSource images = fitted_images(dataset, model);
  const std::vector<Subject> subjects = subjects_of(options, model, dataset, session);
  const int threads = thread_count(options.threads);
  const DenseOptions dense{.max_memory = memory_limit(options.model)};
  WorkerEvaluators evaluators([&] { return make_dense_evaluator(model, dense); }, threads);
  std::vector<std::vector<View>> found(subjects.size());
  parallel_for(static_cast<std::int64_t>(subjects.size()), threads, &session.cancel,
               [&](std::int64_t i, int worker) {
                 const Subject& subject = subjects[static_cast<std::size_t>(i)];
                 const Sample sample = images(subject.index);
                 const auto predict = [&](const Image& image) {
                   std::vector<float> logits(static_cast<std::size_t>(model.graph.classes()));
                   evaluators.of(worker).logits_of(image, logits);
                   check_finite(logits, subject.index);
                   return argmax(logits);
                 };
                 if (subject.attack)
                   check_answer(options.from, *subject.attack, sample.image, evaluators.of(worker));
                 const int clean = predict(sample.image);
                 Image edited = sample.image;
                 apply_edits(edited, subject.edits);
                 const bool has_edits = !subject.edits.empty();
                 const std::optional<int> adversarial =
                     has_edits ? std::optional(predict(edited)) : std::nullopt;
                 std::vector<View>& views = found[static_cast<std::size_t>(i)];
                 const auto add = [&](bool is_edited, int predicted) {
                   views.push_back({subject.index, is_edited, subject.edits,
                                    class_of(options, names, subject.index, sample.label, predicted,
                                             adversarial)});
                 };
                 add(false, clean);
                 if (has_edits) add(true, *adversarial);
               });
  if (session.cancel) throw Error(ErrorCode::kCancelled, "maps", "stopped before the end");
  std::vector<View> views;
  for (std::vector<View>& some : found) {
    for (View& view : some) views.push_back(std::move(view));
  }
  return views;
}

void run_views(const ViewOptions& options, const std::string& kind, const std::string& layer,
               const Model& model, const Dataset& dataset, const std::vector<View>& views,
               std::vector<ValueId> wanted, bool is_signed, const MapMaker& make,
               const CancelFlag& cancel) {
  make_folder(options.out);
  const ClassNames names(model, &dataset);
  const ImageSource images = fitted_images(dataset, model);
  const int threads = thread_count(options.threads);
  const DenseOptions dense{.max_memory = memory_limit(options.model)};
  std::vector<std::unique_ptr<GradientEvaluator>> networks(static_cast<std::size_t>(threads));
  const std::int64_t count = std::ssize(views);
  const auto make_block = [&](std::int64_t b, int worker) -> std::optional<MapBlock> {
    auto& network = networks[static_cast<std::size_t>(worker)];
    if (!network) network = make_dense_gradients(model.graph, wanted, dense);
    const std::int64_t first = b * kBlock;
    const std::int64_t size = std::min(kBlock, count - first);
    const auto part =
        std::span(views).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size));
    const BlockInput block = input_of(part, model, images);
    return MapBlock{first, make(*network, block.inputs, block.classes, block.indices)};
  };
  const std::int64_t in_figure = std::min(count, kFigureImages * views_an_image(views));
  std::vector<Tensor> shown;
  std::int64_t done = 0;
  ProgressLine progress(kind);
  progress.show(0, count);
  const auto take_block = [&](const MapBlock& block) {
    std::int64_t place = block.first;
    if (options.json) progress.clear();
    for (const DrawnMap& map : block.maps) {
      const nlohmann::ordered_json line =
          write_map(options, layer, names, views[static_cast<std::size_t>(place)], map);
      if (options.json) fmt::print("{}\n", json_line(line));
      if (place++ < in_figure && !options.no_figures) shown.push_back(map.shown);
    }
    flush_output();
    done += std::ssize(block.maps);
    progress.show(done, count);
  };
  const bool whole = parallel_in_order<MapBlock>((count + kBlock - 1) / kBlock, threads, &cancel,
                                                 make_block, take_block);
  progress.clear();
  if (!whole) {
    throw Error(
        ErrorCode::kCancelled, kind,
        fmt::format("stopped; the first {} of {} maps are in {}", done, count, options.out));
  }
  if (!options.no_figures) draw(options, kind, names, views, images, shown, is_signed);
  if (options.json) return;
  std::string figure;
  if (!options.no_figures) figure = fmt::format(", {}/{}.png", options.out, kind);
  if (!options.no_figures && in_figure < count) {
    figure += fmt::format(" (the first {} of {} images)", kFigureImages,
                          grouped(count / views_an_image(views)));
  }
  fmt::print("{} of {} by {}\n", counted(count, "map"), layer, kind);
  fmt::print("written: {}{}\n", options.out, figure);
}

}  // namespace ripple
