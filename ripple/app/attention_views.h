#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/eval/gradient.h"

namespace ripple {

/// What `saliency` and `gradcam` share: which images, clean or edited, and which class.
struct ViewOptions {
  ModelOptions model;
  DataOptions data;
  std::vector<std::string> edits;
  std::string from;  ///< results.jsonl of pixel attacks: their successes, clean and edited
  std::string map_class = "predicted";
  std::string out;
  int threads = 0;
  bool no_figures = false;
  bool json = false;
};
void add_view_options(CLI::App& command, ViewOptions& options);

/// One image and the class whose map is made. The image itself is read when its turn comes: there
/// may be more than memory holds.
struct View {
  std::int64_t index = 0;
  bool edited = false;
  std::vector<PixelEdit> edits;  ///< of an edited view; of the clean one beside it too
  int map_class = 0;
};

/// The views that the options ask for: of each image the clean one and, where there are edits, the
/// edited one behind it. None where --from holds no success, see has_success().
/// Errors: kBadArgument for a class that nobody knows here (true without a label, adversarial
/// without edits), for --edit beside --from; kBadModel where an answer is no numbers; those of
/// read_attack_cases(). Cost: a pass an image, clean and edited.
std::vector<View> make_views(const ViewOptions& options, const Model& model, const Dataset& dataset,
                             const Session& session);

/// A map with what is drawn and written of it.
struct DrawnMap {
  Tensor shown;                                       ///< [h, w]: what the figure draws
  std::vector<std::pair<std::string, Tensor>> files;  ///< JSON key and array, e.g. "path"
};

/// Makes the maps of views first .. first + n - 1, which `inputs` [n, 3, H, W] and `classes` hold.
using MapMaker = std::function<std::vector<DrawnMap>(GradientEvaluator&, const Tensor& inputs,
                                                     std::span<const int> classes,
                                                     std::span<const std::int64_t> indices)>;

/// Makes all maps on --threads threads, writes them under --out as .npy in the order of the views,
/// prints a line a map and draws --out/KIND.png of the first views. Maps are dropped once they are
/// written; those made before it ends early are there. `wanted` are values that the gradients are
/// taken by. Errors: kCancelled; those of the network and of what writes.
void run_views(const ViewOptions& options, const std::string& kind, const std::string& layer,
               const Model& model, const Dataset& dataset, const std::vector<View>& views,
               std::vector<ValueId> wanted, bool is_signed, const MapMaker& make,
               const CancelFlag& cancel);

}  // namespace ripple
