#include "ripple/eval/reference/reference.h"

#include <algorithm>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/preprocess.h"

namespace ripple {
namespace {

class ReferenceEvaluator final : public Evaluator {
 public:
  explicit ReferenceEvaluator(const Model& model)
      : graph_(model.graph), normalizer_(make_normalizer(model)) {}

  int classes() const override { return graph_.classes(); }

  void refresh(const Image& image) override {
    check_image_size(graph_, image);
    clean_ = image;
  }

  void score(const CandidateBatch& batch, std::span<float> logits) override {
    for (int i = 0; i < batch.size(); ++i) {
      Image edited = clean_;
      apply_edits(edited, batch.candidate(i));
      const auto row = std::size_t(classes());
      logits_of(edited, logits.subspan(std::size_t(i) * row, row));
    }
  }

  void logits_of(const Image& image, std::span<float> logits) override {
    check_image_size(graph_, image);
    const auto values = reference_activations(graph_, preprocess(normalizer_, image));
    const auto& out = values[std::size_t(graph_.logits)].data;
    std::transform(out.begin(), out.end(), logits.begin(),
                   [](double v) { return static_cast<float>(v); });
  }

 private:
  const Graph& graph_;
  PixelNormalizer normalizer_;
  Image clean_;
};

}  // namespace

std::vector<Array<double>> reference_activations(const Graph& graph, const Tensor& input) {
  if (input.shape != graph.shape(graph.input)) {
    throw Error(ErrorCode::kBadArgument, "input",
                fmt::format("is {}, the network takes {}", to_string(input.shape),
                            to_string(graph.shape(graph.input))));
  }
  std::vector<Array<double>> values(graph.values.size());
  values[std::size_t(graph.input)] = {input.shape, {input.data.begin(), input.data.end()}};
  for (const Node& node : graph.nodes) {
    std::vector<const Array<double>*> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(&values[std::size_t(id)]);
    values[std::size_t(node.output)] = reference_op(node.op, inputs, graph.shape(node.output));
  }
  return values;
}

std::unique_ptr<Evaluator> make_reference_evaluator(const Model& model) {
  return std::make_unique<ReferenceEvaluator>(model);
}

}  // namespace ripple
