#include "ripple/eval/delta/base_state.h"

#include <algorithm>
#include <cmath>

#include "ripple/eval/delta/convolve.h"
#include "ripple/eval/delta/lists.h"
#include "ripple/eval/delta/region.h"
#include "ripple/eval/delta/remap.h"

namespace ripple::delta {

/// Runs the steps of a plan one by one, unfused, over whole planes. Convolutions take the same way
/// as in an update: the input is a difference to zero, the output begins at the bias.
class FullPass {
 public:
  explicit FullPass(BaseState& state);
  void run();

 private:
  void load_image();
  void step(const Step& step, const ConvStep& conv);
  void step(const Step& step, const DepthwiseStep& depthwise);
  void step(const Step& step, const PointwiseStep& pointwise);
  void step(const Step& step, const ArithmeticStep& arithmetic);
  void step(const Step& step, const ConstantStep& constant);
  void step(const Step& step, const PoolStep& pool);
  void step(const Step& step, const LrnStep& lrn);
  void step(const Step& step, const RemapStep& remap);
  void step(const Step& step, const TableStep& table);

  const Layout& layout(ValueId id) const { return plan_.layout(id); }
  float* value(ValueId id) {
    float* base = plan_.keeps_clean(id) ? state_.kept_.data() : scratch_.data();
    return base + state_.offsets_[std::size_t(id)];
  }
  static Region full(const Layout& l, AlignedArray<Span>& rows) {
    Region region{0, 0, rows.data()};
    set_full(region, l.height, l.width);
    return region;
  }
  void clear_padding(ValueId id);
  float largest(ValueId id);
  WindowArgs window_args(const Step& step, const Window& window);

  BaseState& state_;
  const DeltaPlan& plan_;
  AlignedArray<float> scratch_;  ///< activations that only the full pass reads
  AlignedArray<float> lrn_scratch_;
  AlignedArray<Span> in_rows_, out_rows_;
  ListArena lists_;
};

FullPass::FullPass(BaseState& state) : state_(state), plan_(*state.plan_), lists_(plan_, 1) {
  std::size_t kept = 0;
  std::size_t scratch = 0;
  int height = 1;
  int padded = kBlock;
  const std::size_t values = plan_.graph().values.size();
  state_.offsets_.assign(values, 0);
  state_.largest_.assign(values, 0.0f);
  const auto place = [&](ValueId id) {
    const Layout& l = layout(id);
    std::size_t& used = plan_.keeps_clean(id) ? kept : scratch;
    state_.offsets_[std::size_t(id)] = static_cast<std::ptrdiff_t>(used) + l.origin();
    used += l.size();
    height = std::max(height, l.height);
    padded = std::max(padded, l.padded());
  };
  place(plan_.graph().input);
  for (const Step& s : plan_.steps()) place(s.output);
  state_.kept_ = AlignedArray<float>(kept);
  scratch_ = AlignedArray<float>(scratch);
  lrn_scratch_ = AlignedArray<float>(std::size_t(3 * padded));
  in_rows_ = AlignedArray<Span>(std::size_t(height));
  out_rows_ = AlignedArray<Span>(std::size_t(height));
}

void FullPass::run() {
  load_image();
  for (const Step& s : plan_.steps()) {
    std::visit([&](const auto& body) { step(s, body); }, s.body);
    clear_padding(s.output);
  }
  for (const Step& s : plan_.steps()) {
    if (std::holds_alternative<ConvStep>(s.body)) {
      state_.largest_[std::size_t(s.inputs[0])] = largest(s.inputs[0]);
    }
  }
  const ValueId out = plan_.root(plan_.graph().logits);
  // A convolution that ends the network may have a margin, and then blocks lie apart.
  for (int k = 0; k < plan_.graph().classes(); ++k)
    state_.logits_.push_back(value(out)[layout(out).at(k, 0, 0)]);
}

void FullPass::load_image() {
  const ValueId input = plan_.graph().input;
  const Layout& l = layout(input);
  float* out = value(input);
  for (int y = 0; y < l.height; ++y) {
    for (int x = 0; x < l.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        out[l.at(c, y, x)] = plan_.normalizer()(c, state_.image_.at(x, y)[c]);
      }
    }
  }
}

/// Padded channels are zero, whatever the operator made of the zeros before (0 / 0, a sigmoid).
void FullPass::clear_padding(ValueId id) {
  const Layout& l = layout(id);
  float* data = value(id);
  for (int c = l.channels; c < l.padded(); ++c) {
    for (int y = 0; y < l.height; ++y) {
      for (int x = 0; x < l.width; ++x) data[l.at(c, y, x)] = 0.0f;
    }
  }
}

float FullPass::largest(ValueId id) {
  const Layout& l = layout(id);
  const float* data = value(id);
  float most = 0.0f;
  for (int c = 0; c < l.padded(); c += kBlock) {
    for (int y = 0; y < l.height; ++y) {
      const float* row = data + l.at(c, y, 0);
      for (int i = 0; i < l.width * kBlock; ++i) most = std::max(most, std::fabs(row[i]));
    }
  }
  return most;
}

void FullPass::step(const Step& s, const ConvStep& conv) {
  const Layout& in = layout(s.inputs[0]);
  const Layout& out = layout(s.output);
  const KernelTable& kernels = plan_.kernels();
  lists_.clear();
  Lists lists = lists_.take(1, in.height, in.cells(), in.padded());
  PrepareArgs prepare;
  prepare.region = full(in, in_rows_);
  prepare.layout = prepare.clean_layout = in;
  prepare.difference[0] = value(s.inputs[0]);
  prepare.channel_offsets = conv.channel_offsets.data();
  prepare.pixel_offset = conv.pixel_offset;
  kernels.prepare(prepare, lists);
  float* result = value(s.output);
  if (conv.path == ConvPath::kFlat) {
    for (int chunk = 0; chunk < chunk_count(conv, out); ++chunk) {
      multiply(kernels, conv, lists, out, &result, chunk, {0, lists.entries}, conv.bias.data());
    }
    return;
  }
  for (int c = 0; c < out.padded(); ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) result[out.at(c, y, x)] = conv.bias[std::size_t(c)];
    }
  }
  for (int part = 0; part < part_count(kernels, conv, out); ++part) {
    convolve(kernels, conv, lists, out, &result, part);
  }
}

WindowArgs FullPass::window_args(const Step& s, const Window& w) {
  WindowArgs a;
  a.in = layout(s.inputs[0]);
  a.out = layout(s.output);
  a.in_region = full(a.in, in_rows_);
  a.out_region = full(a.out, out_rows_);
  a.kernel_y = w.kernel[0], a.kernel_x = w.kernel[1];
  a.stride_y = w.stride[0], a.stride_x = w.stride[1];
  a.dilation_y = w.dilation[0], a.dilation_x = w.dilation[1];
  a.pad_y = w.pad_begin[0], a.pad_x = w.pad_begin[1];
  a.clean = value(s.inputs[0]);
  a.result = value(s.output);
  return a;
}

void FullPass::step(const Step& s, const DepthwiseStep& depthwise) {
  WindowArgs a = window_args(s, depthwise.window);
  a.weights = depthwise.weights.data();
  a.bias = depthwise.bias.data();
  plan_.kernels().depthwise(a);
}

void FullPass::step(const Step& s, const PointwiseStep& pointwise) {
  PointwiseArgs a;
  a.in = a.clean_layout = layout(s.inputs[0]);
  a.out = layout(s.output);
  a.region = full(a.out, out_rows_);
  a.clean = value(s.inputs[0]);
  a.scale = pointwise.scale.data();
  a.shift = pointwise.shift.data();
  a.activation = pointwise.activation;
  a.result = value(s.output);
  plan_.kernels().pointwise(a);
}

void FullPass::step(const Step& s, const ArithmeticStep& arithmetic) {
  ArithmeticArgs a;
  a.kind = arithmetic.kind;
  a.a_layout = layout(s.inputs[0]);
  a.b_layout = layout(s.inputs[1]);
  a.out = layout(s.output);
  a.a_single = a.a_layout.cells() == 1;
  a.b_single = a.b_layout.cells() == 1;
  a.region = full(a.out, out_rows_);
  a.a = value(s.inputs[0]);
  a.b = value(s.inputs[1]);
  a.result = value(s.output);
  plan_.kernels().arithmetic(a);
}

void FullPass::step(const Step& s, const ConstantStep& constant) {
  ArithmeticArgs a;
  a.kind = constant.kind;
  a.a_layout = layout(s.inputs[0]);
  a.b_layout = constant.layout;
  a.a = value(s.inputs[0]);
  a.b = constant.constant.data() + constant.layout.origin();
  if (constant.constant_first) {
    std::swap(a.a, a.b);
    std::swap(a.a_layout, a.b_layout);
  }
  a.out = layout(s.output);
  a.region = full(a.out, out_rows_);
  a.result = value(s.output);
  plan_.kernels().arithmetic(a);
}

void FullPass::step(const Step& s, const PoolStep& pool) {
  WindowArgs a = window_args(s, pool.window);
  a.divisor = pool.divisor.data();
  if (pool.kind == PoolKind::kMax) plan_.kernels().max_pool(a);
  if (pool.kind == PoolKind::kAverage) plan_.kernels().average_pool(a);
  if (pool.kind == PoolKind::kGlobalAverage) plan_.kernels().global_average(a);
}

void FullPass::step(const Step& s, const LrnStep& lrn) {
  LrnArgs a;
  a.in = layout(s.inputs[0]);
  a.out = layout(s.output);
  a.region = full(a.out, out_rows_);
  a.size = lrn.op.size;
  a.alpha = lrn.op.alpha;
  a.beta = lrn.op.beta;
  a.bias = lrn.op.bias;
  a.clean = value(s.inputs[0]);
  a.scratch = lrn_scratch_.data();
  a.result = value(s.output);
  plan_.kernels().lrn(a);
}

void FullPass::step(const Step& s, const RemapStep& r) {
  const Layout& out = layout(s.output);
  float* result = value(s.output);
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) result[out.at(c, y, x)] = r.fill;
    }
  }
  for (std::size_t i = 0; i < r.parts.size(); ++i) {
    const Layout& in = layout(s.inputs[i]);
    remap(r.parts[i], in, value(s.inputs[i]), full(in, in_rows_), out, result);
  }
}

void FullPass::step(const Step& s, const TableStep& table) {
  const float* in = value(s.inputs[0]);
  float* out = value(s.output);
  for (std::size_t i = 0; i < table.from.size(); ++i) out[table.to[i]] = in[table.from[i]];
}

BaseState::BaseState(std::shared_ptr<const DeltaPlan> plan, const Image& image)
    : plan_(std::move(plan)), image_(image) {
  check_image_size(plan_->graph(), image);
  FullPass(*this).run();
}

}  // namespace ripple::delta
