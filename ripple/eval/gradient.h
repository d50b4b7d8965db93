#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/model/graph.h"

namespace ripple {

/// How the backward pass goes through a rectifier y = max(0, x); g is what arrives at y. The rule
/// is applied at every rectifier of the graph, see is_rectifier().
enum class ReluRule {
  kPlain,      ///< the derivative: g where x > 0
  kGuided,     ///< g where x > 0 and g > 0 (Springenberg et al. 2014, arXiv:1412.6806)
  kDeconvnet,  ///< g where g > 0, whatever x is (Zeiler & Fergus 2014, arXiv:1311.2901)
};

/// The number whose gradient is taken, of one class c of one image.
enum class Score {
  kLogit,         ///< the score before any softmax
  kProbability,   ///< softmax(logits)[c]
  kCrossEntropy,  ///< -log softmax(logits)[c]: what PGD raises for the true class
};

/// What a person's word names. Errors: kBadArgument for an unknown one, listing those there are.
ReluRule parse_relu_rule(std::string_view name);
Score parse_score(std::string_view name);

/// Whether a ReluRule changes the backward pass of the operator: Relu, and Clip from 0 upwards (a
/// Relu6, or a Relu written as a Clip; its upper bound stays a plain derivative in the guided rule
/// and is ignored by deconvnet). LeakyRelu, PRelu, Elu, HardSwish, Sigmoid and the rest let both
/// signs through and always get their plain derivative.
bool is_rectifier(const Op& op);

/// Number of rectifiers. Where it is 0 guided and deconvnet are the plain gradient.
int count_rectifiers(const Graph& graph);

struct GradientQuery {
  Score score = Score::kLogit;
  ReluRule rule = ReluRule::kPlain;
  bool by_input = true;  ///< false leaves Gradients::input empty, which saves part of the time
};

/// Of n images; derivatives of each image's own score.
struct Gradients {
  Tensor logits;                      ///< [n, classes]
  Tensor input;                       ///< [n, C, H, W]: by the preprocessed input
  std::vector<Tensor> activations;    ///< the wanted values: [n, shape] each
  std::vector<Tensor> by_activation;  ///< the score's derivative by them: [n, shape] each
};

/// Gradients of a network with fixed weights. One object serves one thread.
class GradientEvaluator {
 public:
  virtual ~GradientEvaluator() = default;
  GradientEvaluator() = default;
  GradientEvaluator(const GradientEvaluator&) = delete;
  GradientEvaluator& operator=(const GradientEvaluator&) = delete;

  /// Number of classes, the length of a row of logits.
  virtual int classes() const = 0;

  /// One pass forward and one back for a batch of preprocessed images (see preprocess.h):
  /// `inputs` [n, C, H, W]; classes[i] is the class of image i. A batch that takes too much memory
  /// is split.
  /// Errors: kBadArgument where a shape or class is not the network's; kUnsupportedOp naming the
  /// node that cannot run; kBadModel where a logit is no finite number.
  virtual Gradients run(const Tensor& inputs, std::span<const int> classes,
                        const GradientQuery& query) = 0;
};

}  // namespace ripple
