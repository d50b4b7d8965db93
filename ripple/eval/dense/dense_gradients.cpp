#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "ripple/base/error.h"
#include "ripple/eval/dense/factories.h"
#include "ripple/eval/dense/program.h"

namespace ripple::dense {
namespace {

/// Images a pass on a CPU; more leave the caches (see kCacheBytes in dense_evaluator.cpp).
constexpr std::int64_t kPassBytes = std::int64_t{64} << 20;

/// Of one image's activations and of the gradients by them: all are kept until the backward pass is
/// through.
ImageBytes bytes_per_image(const Graph& graph, Summation summation) {
  constexpr auto kEach = std::int64_t{2 * sizeof(float)};
  ImageBytes out;
  for (const Value& value : graph.values) out.activations += kEach * element_count(value.shape);
  out.all = out.activations;
  std::int64_t most = 0;
  for (const Node& node : graph.nodes) {
    const Shape& shape = graph.shape(node.output);
    const char* name = node.name.c_str();
    const std::int64_t padding = checked_mul(
        kEach, padding_numbers(node.op, graph.shape(node.inputs.front()), shape, summation), name);
    out.all = checked_add(out.all, padding, name);
    const std::int64_t own = checked_add(padding, kEach * element_count(shape), name);
    if (own > most) {
      most = own;
      out.largest = node.name;
    }
  }
  return out;
}

/// The wanted scores of a batch, summed: the images do not meet, so that the derivative of the sum
/// is that of each image's own score.
at::Tensor sum_of_scores(const at::Tensor& logits, std::span<const int> classes, Score score) {
  std::vector<std::int64_t> index(classes.begin(), classes.end());
  const at::Tensor column =
      at::tensor(index, at::TensorOptions(at::kLong)).to(logits.device()).unsqueeze(1);
  switch (score) {
    case Score::kLogit:
      return at::sum(at::gather(logits, 1, column));
    case Score::kProbability:
      return at::sum(at::gather(at::softmax(logits, 1), 1, column));
    case Score::kCrossEntropy:
      return at::neg(at::sum(at::gather(at::log_softmax(logits, 1), 1, column)));
  }
  return {};
}

/// Logits may be finite where a bounded activation hides that a layer overflows.
void check_numbers(const Tensor& numbers, const char* who) {
  if (std::ranges::all_of(numbers.data, [](float x) { return std::isfinite(x); })) return;
  throw Error(ErrorCode::kBadModel, "gradient",
              fmt::format("{} a number that is not finite; check the network's weights and "
                          "preprocessing",
                          who));
}

class DenseGradients final : public GradientEvaluator {
 public:
  DenseGradients(const Graph& graph, std::vector<ValueId> wanted, const DenseOptions& options,
                 Summation summation)
      : graph_(wanted.empty() && summation == Summation::kFast ? fold_batch_normalization(graph)
                                                               : graph),
        wanted_(wanted.size()),
        program_(graph_, with_logits(std::move(wanted), graph_), ProgramMode::kAutograd,
                 make_device(options.device)),
        pass_(images(summation, options)) {
    program_.set_summation(summation);
  }

  int classes() const override { return graph_.classes(); }

  Gradients run(const Tensor& inputs, std::span<const int> classes,
                const GradientQuery& query) override {
    check_inputs(graph_, inputs, "gradient");
    check_classes(classes, inputs.shape[0]);
    return with_bad_alloc([&] { return run_all(inputs, classes, query); });
  }

 private:
  Gradients run_all(const Tensor& inputs, std::span<const int> classes,
                    const GradientQuery& query) {
    use_one_thread();
    program_.set_relu_rule(query.rule);
    const at::Tensor all = to_torch(inputs, program_.device());
    Gradients out;
    out.activations.resize(wanted_);
    out.by_activation.resize(wanted_);
    for (std::int64_t first = 0; first < inputs.shape[0]; first += pass_) {
      const std::int64_t count = std::min<std::int64_t>(pass_, inputs.shape[0] - first);
      add_pass(all.narrow(0, first, count).detach().clone(),
               classes.subspan(std::size_t(first), std::size_t(count)), query, out);
    }
    check_numbers(out.logits, "the network answers an image with");
    check_numbers(out.input, "the gradient by an image holds");
    for (std::size_t i = 0; i < wanted_; ++i) {
      check_numbers(out.activations[i], "a layer answers an image with");
      check_numbers(out.by_activation[i], "the gradient by a layer holds");
    }
    return out;
  }

  /// Images a pass. The backward pass is LibTorch's, where the number of images decides the order
  /// of sums on some CPUs; one a pass, so that an image's gradient is the same beside any others.
  int images(Summation summation, const DenseOptions& options) const {
    const bool is_cpu = program_.device().is_cpu();
    const bool is_ordered = is_cpu && summation == Summation::kOrdered;
    const ImageBytes each =
        bytes_per_image(graph_, is_ordered ? Summation::kOrdered : Summation::kFast);
    std::int64_t preferred = is_cpu ? kPassBytes / each.activations : kMostImages;
    if (is_ordered) preferred = 1;
    return images_a_pass(each, preferred, options);
  }

  static std::vector<ValueId> with_logits(std::vector<ValueId> wanted, const Graph& graph) {
    wanted.push_back(graph.logits);
    return wanted;
  }

  void check_classes(std::span<const int> classes, std::int64_t images) const {
    if (std::ssize(classes) != images) {
      throw Error(ErrorCode::kBadArgument, "gradient",
                  fmt::format("there are {} images and {} classes; give one class an image", images,
                              classes.size()));
    }
    for (const int c : classes) {
      if (c >= 0 && c < graph_.classes()) continue;
      throw Error(ErrorCode::kBadArgument, "class",
                  fmt::format("{} does not exist; the network has classes 0 to {}", c,
                              graph_.classes() - 1));
    }
  }

  void add_pass(at::Tensor input, std::span<const int> classes, const GradientQuery& query,
                Gradients& out) {
    // The gradient by an activation needs a graph from it on; that starts at the input.
    input.requires_grad_(true);
    const std::vector<at::Tensor> values = program_.run(input);
    const at::Tensor& logits = values.back();
    std::vector<at::Tensor> by(values.begin(), values.end() - 1);
    if (query.by_input) by.push_back(input);
    std::vector<at::Tensor> gradients;
    if (!by.empty()) gradients = backward(sum_of_scores(logits, classes, query.score), by);
    append(logits, out.logits);
    if (query.by_input) append(gradients.back(), out.input);
    for (std::size_t i = 0; i < wanted_; ++i) {
      append(values[i], out.activations[i]);
      append(gradients[i], out.by_activation[i]);
    }
  }

  static std::vector<at::Tensor> backward(const at::Tensor& score,
                                          const std::vector<at::Tensor>& by) {
    try {
      return torch::autograd::grad({score}, by);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      if (is_out_of_memory(error)) throw std::bad_alloc();
      throw Error(ErrorCode::kUnsupportedOp, "gradient",
                  fmt::format("LibTorch has no derivative of an operator of this network ({})",
                              first_line(error.what())));
    }
  }

  Graph graph_;
  std::size_t wanted_;
  Program program_;
  int pass_;
};

}  // namespace

std::unique_ptr<GradientEvaluator> make_gradients(const Graph& graph, std::vector<ValueId> wanted,
                                                  const DenseOptions& options,
                                                  Summation summation) {
  return with_bad_alloc([&]() -> std::unique_ptr<GradientEvaluator> {
    use_one_thread();
    return std::make_unique<DenseGradients>(graph, std::move(wanted), options, summation);
  });
}

}  // namespace ripple::dense
