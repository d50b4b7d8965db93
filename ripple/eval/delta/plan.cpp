#include "ripple/eval/delta/plan.h"

#include <algorithm>

#include "ripple/base/error.h"
#include "ripple/eval/delta/convolve.h"
#include "ripple/eval/delta/plan_builder.h"

namespace ripple::delta {
namespace {

/// Candidates that share a pass over the weights of a layer: a multiple of kMaxGroup.
constexpr int kMiniBatch = 12;
/// Weights of a layer that stay in L1 beside lists and outputs.
constexpr std::size_t kSmallWeights = 20 << 10;
/// Weights of a part and a slice of a layer that stay in L1 while lists and outputs stream by.
constexpr std::size_t kSliceWeights = 36 << 10;
/// Weights of a fully connected layer that stay in L2 from candidate to candidate.
constexpr std::size_t kCachedWeights = 512 << 10;
/// Fully connected layers of more are read from memory for every mini-batch, so that it is worth
/// making that large.
constexpr std::size_t kUncachedWeights = 8 << 20;
constexpr int kLargeMiniBatch = 192;

Graph prepared(const Model& model) {
  if (const auto problem = unsupported(model.graph)) {
    throw Error(ErrorCode::kUnsupportedOp, model.path.empty() ? "network" : model.path,
                *problem + "; the delta engine cannot update it, use --engine dense");
  }
  return fold_batch_normalization(model.graph);
}

}  // namespace

void ListRoom::raise(const Layout& layout, int slices) {
  const auto cells = static_cast<std::size_t>(layout.cells());
  const auto n = static_cast<std::size_t>(slices);
  rows = std::max(rows, n * std::size_t(layout.height));
  counts = std::max(counts, n * (cells + 1));
  entries = std::max(entries, cells * std::size_t(layout.padded()) + n * 2 * kBlock);
}

DeltaPlan::DeltaPlan(const Model& model, const KernelTable& kernels, std::size_t thread_bytes)
    : graph_(prepared(model)), kernels_(kernels), normalizer_(make_normalizer(model)) {
  PlanBuilder builder(*this);
  builder.find_layouts();
  builder.find_aliases();
  builder.find_needed();
  builder.lower_nodes();
  builder.fuse();
  builder.find_margins();
  builder.place_tables();
  builder.find_outside_weights();
  builder.place_differences();
  builder.find_clean();
  builder.size_lists(thread_bytes);
}

std::size_t DeltaPlan::weight_bytes() const {
  std::size_t bytes = 0;
  for (const Step& step : steps_) {
    std::visit(Overloaded{
                   [&](const ConvStep& s) { bytes += s.weights.bytes() + s.bias.bytes(); },
                   [&](const DepthwiseStep& s) { bytes += s.weights.bytes() + s.bias.bytes(); },
                   [&](const PointwiseStep& s) {
                     bytes += s.scale.bytes() + s.shift.bytes() + s.slope.bytes();
                   },
                   [&](const ArithmeticStep&) {},
                   [&](const ConstantStep& s) { bytes += s.constant.bytes(); },
                   [&](const PoolStep& s) { bytes += s.divisor.bytes(); },
                   [&](const LrnStep&) {},
                   [&](const RemapStep&) {},
                   [&](const TableStep& s) { bytes += 8 * s.from.size(); },
               },
               step.body);
  }
  return bytes;
}

void PlanBuilder::find_layouts() {
  for (const Value& value : graph_.values) {
    Layout l;
    if (value.shape.size() == 1) l.channels = static_cast<int>(value.shape[0]);
    if (value.shape.size() == 3) {
      l = {static_cast<int>(value.shape[0]), static_cast<int>(value.shape[1]),
           static_cast<int>(value.shape[2])};
    }
    plan_.layouts_.push_back(l);
  }
}

bool PlanBuilder::is_alias(const Node& node) const {
  if (!std::holds_alternative<Reshape>(node.op)) return false;
  const Shape& in = graph_.shape(node.inputs[0]);
  const Shape& out = graph_.shape(node.output);
  const auto is_vector = [](const Shape& s) {
    return s.size() == 1 || (s.size() == 3 && s[1] == 1 && s[2] == 1);
  };
  return in == out || (is_vector(in) && is_vector(out));
}

void PlanBuilder::find_aliases() {
  const std::size_t values = graph_.values.size();
  plan_.roots_.resize(values);
  for (std::size_t i = 0; i < values; ++i) plan_.roots_[i] = static_cast<ValueId>(i);
  producing_node_.assign(values, nullptr);
  for (const Node& node : graph_.nodes) {
    producing_node_[std::size_t(node.output)] = &node;
    if (is_alias(node)) plan_.roots_[std::size_t(node.output)] = root(node.inputs[0]);
  }
}

PlanBuilder::View PlanBuilder::walk(ValueId id) const {
  View view;
  view.source_element.resize(std::size_t(element_count(graph_.shape(id))));
  for (std::size_t i = 0; i < view.source_element.size(); ++i) {
    view.source_element[i] = static_cast<std::int64_t>(i);
  }
  for (;;) {
    const Node* node = producing_node_[std::size_t(id)];
    if (node == nullptr) break;
    if (const auto* transpose = std::get_if<Transpose>(&node->op)) {
      const Shape& in = graph_.shape(node->inputs[0]);
      const Shape& out = graph_.shape(id);
      Shape stride(in.size(), 1);
      for (std::size_t a = in.size() - 1; a > 0; --a) stride[a - 1] = stride[a] * in[a];
      for (std::int64_t& element : view.source_element) {
        std::int64_t rest = element;
        std::int64_t from = 0;
        for (std::size_t a = out.size(); a-- > 0; rest /= out[a]) {
          from += rest % out[a] * stride[std::size_t(transpose->permutation[a])];
        }
        element = from;
      }
    } else if (!std::holds_alternative<Reshape>(node->op)) {
      break;
    }
    id = node->inputs[0];
  }
  view.source = root(id);
  return view;
}

std::ptrdiff_t PlanBuilder::place(ValueId id, std::int64_t element) const {
  const Layout& l = plan_.layouts_[std::size_t(id)];
  const std::int64_t cells = l.cells();
  const auto cell = static_cast<int>(element % cells);
  return l.at(static_cast<int>(element / cells), cell / l.width, cell % l.width);
}

std::vector<ValueId> PlanBuilder::effective_inputs(const Node& node) const {
  if (std::holds_alternative<Gemm>(node.op)) return {walk(node.inputs[0]).source};
  if (std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op)) {
    return {walk(node.output).source};
  }
  std::vector<ValueId> inputs;
  for (const ValueId id : node.inputs) inputs.push_back(root(id));
  return inputs;
}

void PlanBuilder::find_needed() {
  needed_.assign(graph_.values.size(), false);
  consumers_.assign(graph_.values.size(), 0);
  needed_[std::size_t(root(graph_.logits))] = true;
  consumers_[std::size_t(root(graph_.logits))] = 1;
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    const Node& node = graph_.nodes[i];
    if (is_alias(node) || !needed_[std::size_t(node.output)]) continue;
    for (const ValueId id : effective_inputs(node)) {
      needed_[std::size_t(id)] = true;
      ++consumers_[std::size_t(id)];
    }
  }
}

void PlanBuilder::lower_nodes() {
  producer_.assign(graph_.values.size(), -1);
  plan_.steps_.reserve(graph_.nodes.size());
  for (const Node& node : graph_.nodes) {
    plan_.dense_multiply_adds_ += multiply_adds(graph_, node);
    if (is_alias(node) || !needed_[std::size_t(node.output)]) continue;
    std::vector<ValueId> inputs = effective_inputs(node);
    StepBody body = lower(node, inputs);
    producer_[std::size_t(node.output)] = static_cast<int>(plan_.steps_.size());
    plan_.steps_.push_back({&node, op_name(node.op), std::move(body), inputs, node.output});
  }
  for (Step& step : plan_.steps_) {
    if (auto* conv = std::get_if<ConvStep>(&step.body)) {
      conv->source = step.inputs[0];
      conv->result = step.output;
    }
    if (auto* pool = std::get_if<PoolStep>(&step.body)) pool->source = step.inputs[0];
    if (auto* pointwise = std::get_if<PointwiseStep>(&step.body)) {
      pointwise->source = step.inputs[0];
      if (!pointwise->scale.empty()) pointwise->update_scale = &pointwise->scale;
    }
  }
}

void PlanBuilder::fuse() {
  for (Step& step : plan_.steps_) fuse_affine(step);
  for (Step& step : plan_.steps_) {
    if (auto* conv = std::get_if<ConvStep>(&step.body)) fuse_activation(*conv, step.inputs[0]);
    if (auto* pool = std::get_if<PoolStep>(&step.body)) fuse_relu(*pool, step.inputs[0]);
  }
  for (std::size_t i = 0; i < plan_.steps_.size(); ++i) fuse_residual(i);
}

/// BatchNormalization, then activation: the update of the second takes over the scale of the first.
void PlanBuilder::fuse_affine(Step& step) {
  auto* second = std::get_if<PointwiseStep>(&step.body);
  if (second == nullptr || second->activation.kind == ActivationKind::kNone) return;
  const ValueId between = step.inputs[0];
  const int producer = producer_[std::size_t(between)];
  if (producer < 0 || consumers_[std::size_t(between)] != 1) return;
  Step& before = plan_.steps_[std::size_t(producer)];
  auto* first = std::get_if<PointwiseStep>(&before.body);
  if (first == nullptr || first->activation.kind != ActivationKind::kNone) return;
  second->source = first->source;
  second->update_scale = first->update_scale;
  before.in_update = false;
}

void PlanBuilder::fuse_activation(ConvStep& conv, ValueId input) {
  const int producer = producer_[std::size_t(input)];
  if (producer < 0 || consumers_[std::size_t(input)] != 1) return;
  Step& before = plan_.steps_[std::size_t(producer)];
  auto* first = std::get_if<PointwiseStep>(&before.body);
  if (first == nullptr) return;
  const ActivationKind kind = first->activation.kind;
  if (kind != ActivationKind::kNone && kind != ActivationKind::kRelu &&
      kind != ActivationKind::kClip) {
    return;
  }
  conv.source = first->source;
  conv.scale = first->update_scale;
  conv.activation = first->activation;
  if (kind != ActivationKind::kNone) conv.clean = before.inputs[0];
  before.in_update = false;
}

/// max(relu(x)) is max(0, x): one pass less over the differences. Not where dilation can leave a
/// window without a cell, whose maximum is -inf.
void PlanBuilder::fuse_relu(PoolStep& pool, ValueId input) {
  const int producer = producer_[std::size_t(input)];
  if (pool.kind != PoolKind::kMax || pool.window.dilation != std::array{1, 1}) return;
  if (producer < 0 || consumers_[std::size_t(input)] != 1) return;
  Step& before = plan_.steps_[std::size_t(producer)];
  const auto* relu = std::get_if<PointwiseStep>(&before.body);
  if (relu == nullptr || relu->activation.kind != ActivationKind::kRelu ||
      relu->source != before.inputs[0]) {
    return;
  }
  pool.source = relu->source;
  pool.floor = 0.0f;
  before.in_update = false;
}

void PlanBuilder::fuse_residual(std::size_t index) {
  Step& sum = plan_.steps_[index];
  const auto* arithmetic = std::get_if<ArithmeticStep>(&sum.body);
  if (arithmetic == nullptr || arithmetic->kind != Arithmetic::kAdd) return;
  for (const int side : {0, 1}) {
    const ValueId mine = sum.inputs[std::size_t(side)];
    const ValueId other = sum.inputs[std::size_t(1 - side)];
    const int producer = producer_[std::size_t(mine)];
    if (producer < 0 || mine == other || consumers_[std::size_t(mine)] != 1) continue;
    if (graph_.shape(other) != graph_.shape(mine) || producer_[std::size_t(other)] >= producer) {
      continue;
    }
    auto* conv = std::get_if<ConvStep>(&plan_.steps_[std::size_t(producer)].body);
    if (conv == nullptr || conv->path == ConvPath::kFlat || conv->residual >= 0) continue;
    conv->residual = other;
    conv->result = sum.output;
    sum.in_update = false;
    return;
  }
}

/// Sliding convolutions add beyond the border; what shares a place must share a layout.
void PlanBuilder::find_margins() {
  const auto raise = [&](ValueId id, int margin) {
    const bool changed = layout(id).margin < margin;
    if (changed) layout(id).margin = margin;
    return changed;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const Step& step : plan_.steps_) {
      const auto* conv = std::get_if<ConvStep>(&step.body);
      if (conv == nullptr) continue;
      int margin = 0;
      if (conv->path == ConvPath::kSliding) {
        for (const int axis : {0, 1}) {
          const std::size_t a = std::size_t(axis);
          const Window& w = conv->window;
          margin =
              std::max({margin, w.kernel[a] - 1 - w.pad_begin[a], w.kernel[a] - 1 - w.pad_end[a]});
        }
      }
      if (conv->residual >= 0) {
        margin = std::max({margin, layout(conv->residual).margin, layout(conv->result).margin});
        changed |= raise(conv->residual, margin);
      }
      changed |= raise(conv->result, margin);
      changed |= raise(step.output, margin);
    }
  }
}

void PlanBuilder::place_tables() {
  for (Step& step : plan_.steps_) {
    auto* table = std::get_if<TableStep>(&step.body);
    if (table == nullptr) continue;
    for (std::size_t i = 0; i < table->from.size(); ++i) {
      table->from[i] = static_cast<std::int32_t>(place(step.inputs[0], table->from[i]));
      table->to.push_back(static_cast<std::int32_t>(place(step.output, std::int64_t(i))));
    }
  }
}

std::vector<ValueId> PlanBuilder::update_reads(const Step& step) const {
  if (const auto* conv = std::get_if<ConvStep>(&step.body)) {
    if (conv->residual >= 0) return {conv->source, conv->residual};
    return {conv->source};
  }
  if (const auto* pointwise = std::get_if<PointwiseStep>(&step.body)) return {pointwise->source};
  if (const auto* pool = std::get_if<PoolStep>(&step.body)) return {pool->source};
  return step.inputs;
}

ValueId PlanBuilder::update_write(const Step& step) const {
  const auto* conv = std::get_if<ConvStep>(&step.body);
  return conv != nullptr ? conv->result : step.output;
}

void PlanBuilder::find_outside_weights() {
  for (Step& step : plan_.steps_) {
    auto* conv = std::get_if<ConvStep>(&step.body);
    if (conv == nullptr) continue;
    const std::size_t weights = conv->weights.bytes();
    if (conv->path == ConvPath::kFlat) {
      conv->weights_outside = weights > kCachedWeights;
      continue;
    }
    const Layout& in = layout(step.inputs[0]);
    // A single input block has short lists, and little to gain.
    const bool sliding = conv->path == ConvPath::kSliding;
    conv->weights_outside = weights > kSmallWeights && (sliding || in.blocks() > 1);
    if (!conv->weights_outside) continue;
    const std::size_t parts = std::size_t(part_count(plan_.kernels(), *conv, layout(step.output)));
    const std::size_t of_block = weights / parts / std::size_t(in.blocks());
    const int most = std::max(1, static_cast<int>(kSliceWeights / of_block));
    conv->slices = (in.blocks() + most - 1) / most;
  }
}

ConvStep* PlanBuilder::taker_of_edits() {
  ConvStep* taker = nullptr;
  for (Step& step : plan_.steps_) {
    if (!step.in_update) continue;
    const std::vector<ValueId> reads = update_reads(step);
    if (std::find(reads.begin(), reads.end(), graph_.input) == reads.end()) continue;
    auto* conv = std::get_if<ConvStep>(&step.body);
    if (taker != nullptr || conv == nullptr || conv->source != graph_.input ||
        conv->residual >= 0 || conv->weights_outside) {
      return nullptr;
    }
    taker = conv;
  }
  return taker;
}

void PlanBuilder::place_differences() {
  const std::size_t values = graph_.values.size();
  const int steps = static_cast<int>(plan_.steps_.size());
  std::vector<int> last_use(values, -1);
  std::vector<int> defined(values, steps);
  defined[std::size_t(graph_.input)] = -1;
  for (int i = 0; i < steps; ++i) {
    const Step& step = plan_.steps_[std::size_t(i)];
    if (!step.in_update) continue;
    for (const ValueId id : update_reads(step)) last_use[std::size_t(id)] = i;
    defined[std::size_t(update_write(step))] = i;
  }
  last_use[std::size_t(root(graph_.logits))] = steps;

  struct Place {
    std::ptrdiff_t offset;
    std::size_t size;
    ValueId owner;
  };
  std::vector<Place> places;
  plan_.slots_.assign(values, -1);
  const auto take = [&](ValueId id) {
    // A cache line more than needed: planes of equal size then do not share L1 sets.
    const std::size_t size = layout(id).size() + kBlock;
    Place* best = nullptr;
    for (Place& p : places) {
      if (p.owner < 0 && p.size >= size && (best == nullptr || p.size < best->size)) best = &p;
    }
    if (best == nullptr) {
      places.push_back({static_cast<std::ptrdiff_t>(plan_.arena_floats_), size, -1});
      plan_.arena_floats_ += size;
      best = &places.back();
    }
    best->owner = id;
    plan_.slots_[std::size_t(id)] = best->offset;
  };
  if (ConvStep* taker = taker_of_edits()) {
    taker->takes_edits = true;
  } else {
    take(graph_.input);
  }
  for (int i = 0; i < steps; ++i) {
    Step& step = plan_.steps_[std::size_t(i)];
    if (!step.in_update) continue;
    for (std::size_t v = 0; v < values; ++v) {
      if (defined[v] < i && last_use[v] >= i) step.live.push_back(static_cast<ValueId>(v));
    }
    const ValueId out = update_write(step);
    const auto* conv = std::get_if<ConvStep>(&step.body);
    const bool in_place =
        conv != nullptr && conv->residual >= 0 && last_use[std::size_t(conv->residual)] == i;
    if (in_place) {
      plan_.slots_[std::size_t(out)] = plan_.slots_[std::size_t(conv->residual)];
      for (Place& p : places) {
        if (p.owner == conv->residual) p.owner = out;
      }
    } else {
      take(out);
    }
    for (Place& p : places) {
      if (p.owner >= 0 && last_use[std::size_t(p.owner)] <= i) p.owner = -1;
    }
  }
  plan_.arena_floats_ += kBlock;
}

void PlanBuilder::find_clean() {
  plan_.keeps_clean_.assign(graph_.values.size(), false);
  const auto keep = [&](ValueId id) { plan_.keeps_clean_[std::size_t(id)] = true; };
  keep(root(graph_.logits));
  for (const Step& step : plan_.steps_) {
    std::visit(Overloaded{
                   [&](const ConvStep& s) {
                     if (s.clean >= 0) keep(s.clean);
                   },
                   [&](const DepthwiseStep&) {},
                   [&](const PointwiseStep& s) {
                     if (s.activation.kind != ActivationKind::kNone) keep(step.inputs[0]);
                   },
                   [&](const ArithmeticStep& s) {
                     if (s.kind == Arithmetic::kAdd || s.kind == Arithmetic::kSub) return;
                     for (const ValueId id : step.inputs) keep(id);
                   },
                   [&](const ConstantStep&) { keep(step.inputs[0]); },
                   [&](const PoolStep& s) {
                     if (s.kind != PoolKind::kMax) return;
                     keep(s.source);
                     keep(step.output);
                   },
                   [&](const LrnStep&) {
                     keep(step.inputs[0]);
                     keep(step.output);
                   },
                   [&](const RemapStep&) {},
                   [&](const TableStep&) {},
               },
               step.body);
  }
}

void PlanBuilder::size_lists(std::size_t thread_bytes) {
  std::size_t flat_weights = 0;
  for (const Step& step : plan_.steps_) {
    const auto* conv = std::get_if<ConvStep>(&step.body);
    if (conv == nullptr) continue;
    const Layout& in = layout(step.inputs[0]);
    plan_.list_room_.raise(in, conv->slices);
    if (conv->weights_outside) plan_.outside_list_room_.raise(in, conv->slices);
    if (conv->path == ConvPath::kFlat) flat_weights = std::max(flat_weights, conv->weights.bytes());
  }
  // A plane of the input for each candidate of a group, where no candidate holds one. An entry of
  // the lists is an offset and a value, of four bytes each.
  const std::size_t lane = plan_.slot(graph_.input) < 0 ? layout(graph_.input).size() : 0;
  const auto bytes = [&](int batch) {
    const auto all = std::size_t(batch), group = std::min(all, std::size_t(kMaxGroup));
    const std::size_t entries =
        std::max(group * plan_.list_room_.entries, all * plan_.outside_list_room_.entries);
    return (all * plan_.arena_floats_ + group * lane + 2 * entries) * sizeof(float);
  };
  plan_.mini_batch_ = flat_weights > kUncachedWeights ? kLargeMiniBatch : kMiniBatch;
  while (plan_.mini_batch_ > 1 && bytes(plan_.mini_batch_) > thread_bytes) {
    plan_.mini_batch_ =
        plan_.mini_batch_ > kMaxGroup ? plan_.mini_batch_ - kMaxGroup : plan_.mini_batch_ - 1;
  }
}

}  // namespace ripple::delta
