#include "ripple/app/attention_views.h"

#include <algorithm>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/attack_cases.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/base/json_line.h"
#include "ripple/base/npy.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/preprocess.h"
#include "ripple/eval/scores.h"
#include "ripple/report/panel_grid.h"

namespace ripple {
namespace {

constexpr std::int64_t kBlock = 16;       // views a batch
constexpr std::size_t kFigureImages = 8;  // images in the figure

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
  return names.find(options.map_class);
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

/// A row an image: clean image and map, edited image and map, on one scale.
void draw(const ViewOptions& options, const std::string& kind, const ClassNames& names,
          const std::vector<View>& views, const std::vector<DrawnMap>& maps, bool is_signed) {
  const bool has_edits = !views.front().edits.empty();
  PanelGrid grid;
  grid.columns = has_edits ? 4 : 2;
  grid.sharing = ScaleSharing::kRow;
  grid.map = is_signed ? ColourMap::kDiverging : ColourMap::kSequential;
  grid.scale_label = kind == "gradcam" ? "Grad-CAM" : "saliency";
  const std::size_t count =
      std::min(views.size(), kFigureImages * (has_edits ? std::size_t{2} : std::size_t{1}));
  for (std::size_t i = 0; i < count; ++i) {
    const View& view = views[i];
    std::vector<Mark> marks;
    for (const PixelEdit& edit : view.edits) marks.push_back({edit.x, edit.y});
    grid.panels.emplace_back(PicturePanel{
        fmt::format("{} {}", view.index, view.edited ? "edited" : "clean"), view.image, marks});
    const Tensor& shown = maps[i].shown;
    // Marks are cells of the input; a coarser map has none at that place.
    const bool fits = shown.shape[0] == view.image.height && shown.shape[1] == view.image.width;
    grid.panels.emplace_back(HeatMap{names[view.map_class], static_cast<int>(shown.shape[0]),
                                     static_cast<int>(shown.shape[1]), shown.data,
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
      ->check(not_empty())
      ->type_name("DIR");
  command.add_option("-j,--threads", options.threads, "threads; 0 = one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command.add_flag("--no-figures", options.no_figures, "arrays only; needs no gnuplot");
  command.add_flag("--json", options.json, "one object a map");
}

std::vector<View> make_views(const ViewOptions& options, const Model& model, const Dataset& dataset,
                             const Session& session) {
  const ClassNames names(model, &dataset);
  const ImageSource images = fitted_images(dataset, model);
  const PixelNormalizer normalizer = make_normalizer(model);
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
                 const auto add = [&](bool is_edited, const Image& image, int predicted) {
                   views.push_back({subject.index, is_edited, image, subject.edits,
                                    class_of(options, names, subject.index, sample.label, predicted,
                                             adversarial),
                                    preprocess(normalizer, image)});
                 };
                 add(false, sample.image, clean);
                 if (has_edits) add(true, edited, *adversarial);
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
  const int threads = thread_count(options.threads);
  const DenseOptions dense{.max_memory = memory_limit(options.model)};
  std::vector<std::unique_ptr<GradientEvaluator>> networks(static_cast<std::size_t>(threads));
  const auto count = static_cast<std::int64_t>(views.size());
  std::vector<DrawnMap> maps(views.size());
  ProgressLine progress(kind);
  progress.show(0, count);
  std::atomic<std::int64_t> done{0};
  parallel_for((count + kBlock - 1) / kBlock, threads, &cancel, [&](std::int64_t b, int worker) {
    auto& network = networks[static_cast<std::size_t>(worker)];
    if (!network) network = make_dense_gradients(model.graph, wanted, dense);
    const std::int64_t first = b * kBlock;
    const std::int64_t size = std::min(kBlock, count - first);
    Tensor inputs{{size, 3, model.graph.height(), model.graph.width()}, {}};
    std::vector<int> classes;
    std::vector<std::int64_t> indices;
    for (std::int64_t i = first; i < first + size; ++i) {
      const View& view = views[static_cast<std::size_t>(i)];
      inputs.data.insert(inputs.data.end(), view.input.data.begin(), view.input.data.end());
      classes.push_back(view.map_class);
      indices.push_back(view.index);
    }
    std::vector<DrawnMap> made = make(*network, inputs, classes, indices);
    std::move(made.begin(), made.end(), maps.begin() + first);
    done += size;
    if (worker == 0) progress.show(done, count);
  });
  progress.clear();
  if (cancel) throw Error(ErrorCode::kCancelled, kind, "stopped before the end");
  for (std::size_t i = 0; i < views.size(); ++i) {
    const nlohmann::ordered_json line = write_map(options, layer, names, views[i], maps[i]);
    if (options.json) fmt::print("{}\n", json_line(line));
  }
  if (!options.no_figures) draw(options, kind, names, views, maps, is_signed);
  if (options.json) return;
  fmt::print("{} maps of {} by {}\n", grouped(count), layer, kind);
  fmt::print("written: {}{}\n", options.out,
             options.no_figures ? "" : fmt::format(", {}/{}.png", options.out, kind));
}

}  // namespace ripple
