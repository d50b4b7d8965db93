#pragma once

#include <string>
#include <string_view>

#include "ripple/base/array.h"
#include "ripple/eval/gradient.h"
#include "ripple/model/graph.h"

namespace ripple {

/// How a class activation map is made of feature maps A [K, h, w] and the class score's derivative
/// by them, G [K, h, w].
enum class GradCamFormula {
  /// sum over k of A_k[y, x] * (mean over positions of G_k): Selvaraju et al. 2017,
  /// arXiv:1610.02391, eq. (1), (2), without their final ReLU.
  kSelvaraju,
  /// sum over k of A_k[y, x] * (mean over channels of G at [y, x]): Kotyan & Vargas, eq. (8) as it
  /// is printed, f(x) times mean_c of the derivative. Deviation: the printed product still has
  /// channels, the text says that it has none; Ripple sums over them. The paper's g is the
  /// probability: give Score::kProbability for that.
  kKotyanVargas,
};
GradCamFormula parse_grad_cam_formula(std::string_view name);

/// The convolution called `name`; where it is empty the last one of the graph whose map has more
/// than one cell, else the first one. Errors: kBadArgument listing the convolutions where there is
/// none of that name, the node is no convolution, or the network has none.
const Node& find_convolution(const Graph& graph, const std::string& name);

/// The signed map [h, w] of image `i` at wanted value `which` of a GradientEvaluator::run() with
/// ReluRule::kPlain.
Tensor grad_cam(const Gradients& gradients, std::size_t which, std::size_t i,
                GradCamFormula formula);

/// Negative values become 0: what is usually shown.
Tensor positive_part(Tensor map);

/// [h, w] -> [height, width], bilinear, centres of cells aligned with the pixels they cover,
/// borders clamped. For display, and for distances to pixels.
Tensor upsample(const Tensor& map, int height, int width);

}  // namespace ripple
