#include "ripple/eval/dense/relu_rule.h"

#include <limits>

#include <torch/csrc/autograd/custom_function.h>

namespace ripple::dense {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Rectifier : torch::autograd::Function<Rectifier> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& in, double high,
                            bool guided) {
    if (guided) context->save_for_backward({in});
    context->saved_data["high"] = high;
    context->saved_data["guided"] = guided;
    return at::clamp(in, 0.0, high);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    at::Tensor gradient = at::relu(gradients[0]);
    if (context->saved_data["guided"].toBool()) {
      const at::Tensor in = context->get_saved_variables()[0];
      const double high = context->saved_data["high"].toDouble();
      gradient = at::mul(gradient, at::logical_and(at::gt(in, 0.0), at::lt(in, high)));
    }
    return {gradient, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor run_rectifier(const Op& op, const at::Tensor& in, ReluRule rule) {
  const Clip* clip = std::get_if<Clip>(&op);
  const double high = clip == nullptr ? std::numeric_limits<double>::infinity() : clip->high;
  if (rule == ReluRule::kPlain) {
    // The derivative of clamp is 1 at its bounds, that of hardtanh 0, as of a Relu.
    return std::isinf(high) ? at::relu(in) : at::hardtanh(in, 0.0, high);
  }
  return Rectifier::apply(in, high, rule == ReluRule::kGuided);
}

}  // namespace ripple::dense
