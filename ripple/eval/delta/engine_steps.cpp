// The operators that an update computes cell by cell; convolutions are in engine.cpp.

#include <algorithm>

#include "ripple/eval/delta/engine.h"
#include "ripple/eval/delta/region.h"
#include "ripple/eval/delta/remap.h"

namespace ripple::delta {

WindowArgs Engine::window_args(const Step& s, const Window& w, ValueId in, int candidate) {
  WindowArgs a;
  a.in = layout(in);
  a.out = layout(s.output);
  a.in_region = region(candidate, in);
  Region& out = region(candidate, s.output);
  out.y0 = out.y1 = 0;
  add_window_outputs(out, a.in_region, w, a.out.height, a.out.width);
  a.out_region = out;
  a.kernel_y = w.kernel[0], a.kernel_x = w.kernel[1];
  a.stride_y = w.stride[0], a.stride_x = w.stride[1];
  a.dilation_y = w.dilation[0], a.dilation_x = w.dilation[1];
  a.pad_y = w.pad_begin[0], a.pad_x = w.pad_begin[1];
  a.difference = difference(candidate, in);
  a.result = difference(candidate, s.output);
  return a;
}

void Engine::step(const Step& s, const DepthwiseStep& depthwise) {
  for (int c = 0; c < count_; ++c) {
    WindowArgs a = window_args(s, depthwise.window, s.inputs[0], c);
    a.weights = depthwise.weights.data();
    plan_.kernels().depthwise(a);
    multiply_adds_ += std::int64_t{area(a.out_region)} * a.kernel_y * a.kernel_x * a.out.channels;
  }
}

void Engine::step(const Step& s, const PointwiseStep& pointwise) {
  for (int c = 0; c < count_; ++c) {
    PointwiseArgs a;
    copy_region(region(c, s.output), region(c, pointwise.source));
    a.region = region(c, s.output);
    a.in = layout(pointwise.source);
    a.out = layout(s.output);
    a.difference = difference(c, pointwise.source);
    if (pointwise.activation.kind != ActivationKind::kNone) {
      a.clean = base_->clean(s.inputs[0]);
      a.clean_layout = layout(s.inputs[0]);
    }
    if (pointwise.update_scale != nullptr) a.scale = pointwise.update_scale->data();
    a.activation = pointwise.activation;
    a.result = difference(c, s.output);
    plan_.kernels().pointwise(a);
  }
}

void Engine::step(const Step& s, const ArithmeticStep& arithmetic) {
  const bool linear = arithmetic.kind == Arithmetic::kAdd || arithmetic.kind == Arithmetic::kSub;
  const Layout& out = layout(s.output);
  for (int c = 0; c < count_; ++c) {
    Region& dirty = region(c, s.output);
    dirty.y0 = dirty.y1 = 0;
    for (const ValueId id : s.inputs) {
      const Region& in = region(c, id);
      if (in.empty()) continue;
      if (layout(id).cells() == 1) {
        set_full(dirty, out.height, out.width);
      } else {
        add_region(dirty, in);
      }
    }
    if (dirty.empty()) continue;
    for (const ValueId id : s.inputs) {
      extent_.y0 = extent_.y1 = 0;
      if (layout(id).cells() == 1) {
        set_full(extent_, 1, 1);
      } else {
        add_region(extent_, dirty);
      }
      extend(c, id, extent_);
    }
    ArithmeticArgs a;
    a.region = dirty;
    a.kind = arithmetic.kind;
    a.a_layout = layout(s.inputs[0]);
    a.b_layout = layout(s.inputs[1]);
    a.out = out;
    a.a_single = a.a_layout.cells() == 1;
    a.b_single = a.b_layout.cells() == 1;
    a.a_difference = difference(c, s.inputs[0]);
    a.b_difference = difference(c, s.inputs[1]);
    if (!linear) {
      a.a = base_->clean(s.inputs[0]);
      a.b = base_->clean(s.inputs[1]);
    }
    a.result = difference(c, s.output);
    plan_.kernels().arithmetic(a);
  }
}

void Engine::step(const Step& s, const ConstantStep& constant) {
  for (int c = 0; c < count_; ++c) {
    copy_region(region(c, s.output), region(c, s.inputs[0]));
    ArithmeticArgs a;
    a.region = region(c, s.output);
    a.kind = constant.kind;
    a.a_layout = layout(s.inputs[0]);
    a.b_layout = constant.layout;
    a.out = layout(s.output);
    a.a_difference = difference(c, s.inputs[0]);
    a.a = base_->clean(s.inputs[0]);
    a.b = constant.constant.data() + constant.layout.origin();
    if (constant.constant_first) {
      std::swap(a.a, a.b);
      std::swap(a.a_layout, a.b_layout);
      std::swap(a.a_difference, a.b_difference);
    }
    a.result = difference(c, s.output);
    plan_.kernels().arithmetic(a);
  }
}

void Engine::step(const Step& s, const PoolStep& pool) {
  for (int c = 0; c < count_; ++c) {
    if (pool.kind == PoolKind::kGlobalAverage) {
      WindowArgs a;
      a.in = layout(s.inputs[0]);
      a.out = layout(s.output);
      a.in_region = region(c, s.inputs[0]);
      Region& out = region(c, s.output);
      out.y0 = out.y1 = 0;
      if (a.in_region.empty()) continue;
      set_full(out, 1, 1);
      a.difference = difference(c, s.inputs[0]);
      a.result = difference(c, s.output);
      plan_.kernels().global_average(a);
      continue;
    }
    WindowArgs a = window_args(s, pool.window, pool.source, c);
    if (pool.kind == PoolKind::kMax) {
      extent_.y0 = extent_.y1 = 0;
      add_window_inputs(extent_, a.out_region, pool.window, a.in.height, a.in.width);
      extend(c, pool.source, extent_);
      a.clean = base_->clean(pool.source);
      a.clean_out = base_->clean(s.output);
      a.floor = pool.floor;
      plan_.kernels().max_pool(a);
    } else {
      a.divisor = pool.divisor.data();
      plan_.kernels().average_pool(a);
    }
  }
}

void Engine::step(const Step& s, const LrnStep& lrn) {
  for (int c = 0; c < count_; ++c) {
    copy_region(region(c, s.output), region(c, s.inputs[0]));
    LrnArgs a;
    a.region = region(c, s.output);
    a.in = layout(s.inputs[0]);
    a.out = layout(s.output);
    a.size = lrn.op.size;
    a.alpha = lrn.op.alpha;
    a.beta = lrn.op.beta;
    a.bias = lrn.op.bias;
    a.difference = difference(c, s.inputs[0]);
    a.clean = base_->clean(s.inputs[0]);
    a.clean_out = base_->clean(s.output);
    a.scratch = scratch_.data();
    a.result = difference(c, s.output);
    plan_.kernels().lrn(a);
  }
}

void Engine::step(const Step& s, const RemapStep& r) {
  const Layout& out = layout(s.output);
  for (int c = 0; c < count_; ++c) {
    extent_.y0 = extent_.y1 = 0;
    for (std::size_t i = 0; i < r.parts.size(); ++i) {
      add_remapped(extent_, region(c, s.inputs[i]), r.parts[i], out);
    }
    Region& dirty = region(c, s.output);
    dirty.y0 = dirty.y1 = 0;
    extend(c, s.output, extent_);
    for (std::size_t i = 0; i < r.parts.size(); ++i) {
      remap(r.parts[i], layout(s.inputs[i]), difference(c, s.inputs[i]), region(c, s.inputs[i]),
            out, difference(c, s.output));
    }
  }
}

void Engine::step(const Step& s, const TableStep& table) {
  const ValueId in = s.inputs[0];
  for (int c = 0; c < count_; ++c) {
    Region& dirty = region(c, s.output);
    dirty.y0 = dirty.y1 = 0;
    if (region(c, in).empty()) continue;
    set_full(extent_, layout(in).height, layout(in).width);
    extend(c, in, extent_);
    set_full(extent_, layout(s.output).height, layout(s.output).width);
    extend(c, s.output, extent_);
    const float* from = difference(c, in);
    float* to = difference(c, s.output);
    for (std::size_t i = 0; i < table.from.size(); ++i) to[table.to[i]] = from[table.from[i]];
  }
}

}  // namespace ripple::delta
