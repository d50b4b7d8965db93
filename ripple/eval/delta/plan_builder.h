#pragma once

#include <vector>

#include "ripple/eval/delta/plan.h"

namespace ripple::delta {

/// Fills a DeltaPlan from its graph. The steps of a construction, in order; each relies on those
/// before it.
class PlanBuilder {
 public:
  explicit PlanBuilder(DeltaPlan& plan) : plan_(plan), graph_(plan.graph_) {}

  void find_layouts();
  /// Values that are the same numbers in the same order and layout.
  void find_aliases();
  /// Drops what the logits do not need, so that a flatten that a Gemm reads through costs nothing.
  void find_needed();
  void lower_nodes();
  /// Several nodes, one step: scale and activation into the lists of the next convolution, the
  /// residual sum into the convolution before it.
  void fuse();
  void find_margins();
  /// Row-major elements of the tables become places, which the margins have moved.
  void place_tables();
  /// Which layers are taken block by block over a mini-batch.
  void find_outside_weights();
  void place_differences();
  void find_clean();
  /// How many candidates go through the network together, within `thread_bytes`.
  void size_lists(std::size_t thread_bytes);

 private:
  /// A value behind shape changes: where its numbers come from. source_element[i] is the row-major
  /// index in `source` of element i.
  struct View {
    ValueId source = -1;
    std::vector<std::int64_t> source_element;
  };
  View walk(ValueId id) const;
  /// Place of a row-major element of a value in its layout, from the origin.
  std::ptrdiff_t place(ValueId id, std::int64_t element) const;
  /// What the node reads, past aliases and, for Gemm and shape changes, past all shape changes.
  std::vector<ValueId> effective_inputs(const Node& node) const;
  bool is_alias(const Node& node) const;

  StepBody lower(const Node& node, std::vector<ValueId>& inputs);
  StepBody lower_conv(const Node& node, const Conv& op);
  StepBody lower_gemm(const Node& node, const Gemm& op);
  StepBody lower_affine(const std::vector<double>& scale, const std::vector<double>& shift);
  StepBody lower_binary(const Node& node, const Binary& op);
  StepBody lower_pool(const Node& node, const Window& window, bool average, bool count_pad);
  StepBody lower_concat(const Node& node, const Concat& op);
  StepBody lower_slice(const Node& node, const Slice& op);
  StepBody lower_pad(const Node& node, const Pad& op);
  StepBody lower_table(const Node& node);

  void fuse_affine(Step& step);
  void fuse_activation(ConvStep& conv, ValueId input);
  void fuse_relu(PoolStep& pool, ValueId input);
  void fuse_residual(std::size_t index);

  /// The convolution that alone reads the input, unless it needs the lists of all candidates at a
  /// time; null where there is none.
  ConvStep* taker_of_edits();
  std::vector<ValueId> update_reads(const Step& step) const;
  ValueId update_write(const Step& step) const;
  Layout& layout(ValueId id) { return plan_.layouts_[std::size_t(id)]; }
  ValueId root(ValueId id) const { return plan_.roots_[std::size_t(id)]; }

  DeltaPlan& plan_;
  const Graph& graph_;
  std::vector<bool> needed_;    ///< by root
  std::vector<int> consumers_;  ///< by root, in a full pass
  std::vector<int> producer_;   ///< step that writes the root in a full pass, or -1
  std::vector<const Node*> producing_node_;
};

}  // namespace ripple::delta
