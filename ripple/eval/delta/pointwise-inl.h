// Elementwise kernels: activations, scales, arithmetic of two activations, LRN. Included once a
// target.
#if defined(RIPPLE_EVAL_DELTA_POINTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIPPLE_EVAL_DELTA_POINTWISE_INL_H_
#undef RIPPLE_EVAL_DELTA_POINTWISE_INL_H_
#else
#define RIPPLE_EVAL_DELTA_POINTWISE_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "ripple/eval/delta/prepare-inl.h"

HWY_BEFORE_NAMESPACE();
namespace ripple::delta::HWY_NAMESPACE {

struct LeakyReluActivation {
  V alpha;
  explicit LeakyReluActivation(const Activation& a) : alpha(hn::Set(D(), a.a)) {}
  HWY_INLINE V operator()(V x) const {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(D())), hn::Mul(alpha, x), x);
  }
};
/// x between -limit and limit, beyond which an activation is at its ends anyway; NaN stays.
HWY_INLINE V clamped(V x, float limit) {
  const D d;
  return at_most(at_least(x, hn::Set(d, -limit)), hn::Set(d, limit));
}
/// `y`, or NaN where the finite x that it was computed from is NaN.
HWY_INLINE V with_nan_of(V x, V y) {
  return hn::MulAdd(x, hn::Zero(D()), y);
}
/// exp(x) for any x.
HWY_INLINE V safe_exp(V x) {
  const V finite = clamped(x, 88.0f);
  return with_nan_of(finite, hn::Exp(D(), finite));
}
struct SigmoidActivation {
  explicit SigmoidActivation(const Activation&) {}
  HWY_INLINE V operator()(V x) const {
    const D d;
    const V one = hn::Set(d, 1.0f);
    return hn::Div(one, hn::Add(one, safe_exp(hn::Neg(x))));
  }
};
struct TanhActivation {
  explicit TanhActivation(const Activation&) {}
  HWY_INLINE V operator()(V x) const {
    // Beyond 10 tanh is 1 in float; the library's own formula divides infinities there.
    const V finite = clamped(x, 10.0f);
    return with_nan_of(finite, hn::Tanh(D(), finite));
  }
};
struct HardSigmoidActivation {
  V alpha, beta;
  explicit HardSigmoidActivation(const Activation& a)
      : alpha(hn::Set(D(), a.a)), beta(hn::Set(D(), a.b)) {}
  HWY_INLINE V operator()(V x) const {
    const D d;
    return at_least(at_most(hn::MulAdd(alpha, x, beta), hn::Set(d, 1.0f)), hn::Zero(d));
  }
};
struct HardSwishActivation {
  explicit HardSwishActivation(const Activation&) {}
  HWY_INLINE V operator()(V x) const {
    const D d;
    const V gate = hn::MulAdd(x, hn::Set(d, 1.0f / 6.0f), hn::Set(d, 0.5f));
    return hn::Mul(x, at_least(at_most(gate, hn::Set(d, 1.0f)), hn::Zero(d)));
  }
};
struct EluActivation {
  V alpha;
  explicit EluActivation(const Activation& a) : alpha(hn::Set(D(), a.a)) {}
  HWY_INLINE V operator()(V x) const {
    const D d;
    const V below = hn::Expm1(d, hn::Max(hn::Min(x, hn::Zero(d)), hn::Set(d, -88.0f)));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(alpha, below), x);
  }
};

template <class Function>
HWY_INLINE void pointwise_rows(const PointwiseArgs& a, int channel, const Function& function) {
  const D d;
  const bool full = a.difference == nullptr;
  const V scale = a.scale != nullptr ? hn::Load(d, a.scale + channel) : hn::Set(d, 1.0f);
  const V shift = a.shift != nullptr ? hn::Load(d, a.shift + channel) : hn::Zero(d);
  const int block = channel / kBlock;
  const int lane = channel % kBlock;
  for (int y = a.region.y0; y < a.region.y1; ++y) {
    const Span span = a.region.rows[y];
    const float* difference =
        full ? nullptr : a.difference + block * a.in.plane() + y * a.in.row() + lane;
    const float* clean = a.clean == nullptr ? nullptr
                                            : a.clean + block * a.clean_layout.plane() +
                                                  y * a.clean_layout.row() + lane;
    float* result = a.result + block * a.out.plane() + y * a.out.row() + lane;
    for (int x = span.begin; x < span.end; ++x) {
      const std::ptrdiff_t at = x * std::ptrdiff_t(kBlock);
      V value;
      if (full) {
        value = function(hn::MulAdd(hn::Load(d, clean + at), scale, shift));
      } else if (clean == nullptr) {
        value = hn::Mul(hn::Load(d, difference + at), scale);
      } else {
        const V c = hn::Load(d, clean + at);
        const V moved = hn::Add(c, hn::Mul(hn::Load(d, difference + at), scale));
        value = difference_of(function(moved), function(c));
      }
      hn::Store(value, d, result + at);
    }
  }
}

template <class Function>
void pointwise_function(const PointwiseArgs& a) {
  const Function function(a.activation);
  for (int channel = 0; channel < a.out.padded(); channel += kLanes) {
    pointwise_rows(a, channel, function);
  }
}

void pointwise_prelu(const PointwiseArgs& a) {
  const D d;
  for (int channel = 0; channel < a.out.padded(); channel += kLanes) {
    const V slope = hn::Load(d, a.activation.slope + channel);
    pointwise_rows(a, channel, [&](V x) HWY_ATTR {
      return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(slope, x), x);
    });
  }
}

void pointwise(const PointwiseArgs& a) {
  switch (a.activation.kind) {
    case ActivationKind::kNone:
      return pointwise_function<NoActivation>(a);
    case ActivationKind::kRelu:
      return pointwise_function<ReluActivation>(a);
    case ActivationKind::kLeakyRelu:
      return pointwise_function<LeakyReluActivation>(a);
    case ActivationKind::kClip:
      return pointwise_function<ClipActivation>(a);
    case ActivationKind::kSigmoid:
      return pointwise_function<SigmoidActivation>(a);
    case ActivationKind::kTanh:
      return pointwise_function<TanhActivation>(a);
    case ActivationKind::kHardSigmoid:
      return pointwise_function<HardSigmoidActivation>(a);
    case ActivationKind::kHardSwish:
      return pointwise_function<HardSwishActivation>(a);
    case ActivationKind::kElu:
      return pointwise_function<EluActivation>(a);
    case ActivationKind::kPRelu:
      return pointwise_prelu(a);
  }
}

HWY_INLINE V compute(Arithmetic kind, V a, V b) {
  switch (kind) {
    case Arithmetic::kAdd:
      return hn::Add(a, b);
    case Arithmetic::kSub:
      return hn::Sub(a, b);
    case Arithmetic::kMul:
      return hn::Mul(a, b);
    case Arithmetic::kDiv:
      break;
  }
  return hn::Div(a, b);
}

void arithmetic(const ArithmeticArgs& a) {
  const D d;
  const bool full = a.a_difference == nullptr && a.b_difference == nullptr;
  const bool linear = a.kind == Arithmetic::kAdd || a.kind == Arithmetic::kSub;
  const auto address = [](const float* base, const Layout& layout, bool single, int channel, int y,
                          int x) -> const float* {
    if (base == nullptr) return nullptr;
    return base + layout.at(channel, single ? 0 : y, single ? 0 : x);
  };
  for (int channel = 0; channel < a.out.padded(); channel += kLanes) {
    for (int y = a.region.y0; y < a.region.y1; ++y) {
      const Span span = a.region.rows[y];
      const float* pa = address(a.a, a.a_layout, a.a_single, channel, y, span.begin);
      const float* pb = address(a.b, a.b_layout, a.b_single, channel, y, span.begin);
      const float* pda = address(a.a_difference, a.a_layout, a.a_single, channel, y, span.begin);
      const float* pdb = address(a.b_difference, a.b_layout, a.b_single, channel, y, span.begin);
      const std::ptrdiff_t step_a = a.a_single ? 0 : kBlock;
      const std::ptrdiff_t step_b = a.b_single ? 0 : kBlock;
      float* result = a.result + a.out.at(channel, y, span.begin);
      for (std::ptrdiff_t x = 0; x < span.end - span.begin; ++x, result += kBlock) {
        const V da = pda != nullptr ? hn::Load(d, pda + x * step_a) : hn::Zero(d);
        const V db = pdb != nullptr ? hn::Load(d, pdb + x * step_b) : hn::Zero(d);
        if (linear && !full) {
          hn::Store(compute(a.kind, da, db), d, result);
          continue;
        }
        const V va = hn::Load(d, pa + x * step_a);
        const V vb = hn::Load(d, pb + x * step_b);
        const V clean = compute(a.kind, va, vb);
        if (full) {
          hn::Store(clean, d, result);
          continue;
        }
        const V moved = compute(a.kind, hn::Add(va, da), hn::Add(vb, db));
        // 0 / 0 of padded channels must stay a difference of zero, and an infinity that stays is
        // one.
        const V zero = hn::Zero(d);
        const auto still =
            hn::Or(hn::And(hn::Eq(da, zero), hn::Eq(db, zero)), hn::Eq(moved, clean));
        hn::Store(hn::IfThenElse(still, zero, hn::Sub(moved, clean)), d, result);
      }
    }
  }
}

/// in / (bias + alpha / size * sum of squares of the channels around)^beta of one cell.
HWY_INLINE void lrn_cell(const LrnArgs& a, const float* in, float* squares, float* out) {
  const D d;
  const int channels = a.in.channels;
  const int before = (a.size - 1) / 2;
  const int after = a.size / 2;
  for (int c = 0; c < channels; ++c) squares[c] = in[c] * in[c];
  for (int c = 0; c < channels; ++c) {
    float sum = 0.0f;
    for (int i = std::max(0, c - before); i <= std::min(channels - 1, c + after); ++i) {
      sum += squares[i];
    }
    out[c] = sum;
  }
  for (int c = channels; c < a.in.padded(); ++c) out[c] = 0.0f;
  const V factor = hn::Set(d, a.alpha / static_cast<float>(a.size));
  const V power = hn::Set(d, -a.beta);
  for (int c = 0; c < a.in.padded(); c += kLanes) {
    const V base = hn::MulAdd(factor, hn::Load(d, out + c), hn::Set(d, a.bias));
    const V scale = safe_exp(hn::Mul(power, hn::Log(d, base)));
    hn::Store(hn::Mul(hn::Load(d, in + c), scale), d, out + c);
  }
}

void lrn(const LrnArgs& a) {
  const D d;
  float* moved = a.scratch;
  float* squares = moved + a.in.padded();
  float* answer = squares + a.in.padded();
  for (int y = a.region.y0; y < a.region.y1; ++y) {
    for (int x = a.region.rows[y].begin; x < a.region.rows[y].end; ++x) {
      for (int c = 0; c < a.in.padded(); c += kLanes) {
        V value = hn::Load(d, a.clean + a.in.at(c, y, x));
        if (a.difference != nullptr) {
          value = hn::Add(value, hn::Load(d, a.difference + a.in.at(c, y, x)));
        }
        hn::Store(value, d, moved + c);
      }
      lrn_cell(a, moved, squares, answer);
      for (int c = 0; c < a.in.padded(); c += kLanes) {
        V value = hn::Load(d, answer + c);
        if (a.difference != nullptr) {
          value = hn::Sub(value, hn::Load(d, a.clean_out + a.out.at(c, y, x)));
        }
        hn::Store(value, d, a.result + a.out.at(c, y, x));
      }
    }
  }
}

}  // namespace ripple::delta::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
