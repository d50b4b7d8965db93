#include "ripple/eval/dense/ordered_ops.h"

#include <algorithm>
#include <array>

#include <torch/csrc/autograd/custom_function.h>

#include "ripple/eval/dense/ordered_sum.h"

namespace ripple::dense {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Sizes = std::vector<std::int64_t>;

/// A convolution of padded planes, without its groups.
struct Windows {
  std::int64_t channels, height, width;  ///< of the padded input
  std::int64_t kernel_y, kernel_x, stride_y, stride_x, dilation_y, dilation_x;
  std::int64_t out_width;
};

/// Columns that lie side by side in the input, at most: 16 where rows are that long, 8 or 1.
int run_length(const std::array<std::int64_t, kColumns>& corner) {
  for (const int length : {kColumns, kColumns / 2}) {
    bool is_run = true;
    for (int j = 0; j < kColumns; ++j) {
      is_run &= corner[std::size_t(j)] == corner[std::size_t(j / length * length)] + j % length;
    }
    if (is_run) return length;
  }
  return 1;
}

/// The columns of one tap; `kRun` is known to the compiler, so that a run is a vector.
template <int kRun>
void gather_tap(const float* tap, const std::array<std::int64_t, kColumns>& corner, float* out) {
  for (int j = 0; j < kColumns; j += kRun) std::copy_n(tap + corner[std::size_t(j)], kRun, out + j);
}

/// What the windows of `count` output cells, from cell `first` on, see: [terms][kColumns].
void gather_columns(const float* in, const Windows& w, std::int64_t first, int count, float* out) {
  std::array<std::int64_t, kColumns> corner{};  // of each window; spare columns repeat one
  for (int j = 0; j < kColumns; ++j) {
    const std::int64_t cell = first + std::min(j, count - 1);
    corner[std::size_t(j)] =
        cell / w.out_width * w.stride_y * w.width + cell % w.out_width * w.stride_x;
  }
  const int run = run_length(corner);
  for (std::int64_t c = 0; c < w.channels; ++c) {
    for (std::int64_t i = 0; i < w.kernel_y; ++i) {
      for (std::int64_t j = 0; j < w.kernel_x; ++j, out += kColumns) {
        const float* tap = in + (c * w.height + i * w.dilation_y) * w.width + j * w.dilation_x;
        if (run == kColumns) {
          gather_tap<kColumns>(tap, corner, out);
        } else if (run == kColumns / 2) {
          gather_tap<kColumns / 2>(tap, corner, out);
        } else {
          gather_tap<1>(tap, corner, out);
        }
      }
    }
  }
}

at::Tensor convolve(const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias,
                    const Sizes& stride, const Sizes& padding, const Sizes& dilation,
                    std::int64_t groups) {
  const at::Tensor padded =
      at::constant_pad_nd(in, {padding[1], padding[1], padding[0], padding[0]}, 0.0).contiguous();
  const at::Tensor weights = weight.contiguous();
  const at::Tensor biases = bias.contiguous();
  const Windows w{weight.size(1), padded.size(2), padded.size(3), weight.size(2), weight.size(3),
                  stride[0], stride[1], dilation[0], dilation[1],
                  /*out_width=*/
                  (padded.size(3) - dilation[1] * (weight.size(3) - 1) - 1) / stride[1] + 1};
  const std::int64_t out_height = (w.height - w.dilation_y * (w.kernel_y - 1) - 1) / w.stride_y + 1;
  const std::int64_t cells = out_height * w.out_width;
  const std::int64_t outputs = weight.size(0) / groups;
  at::Tensor out = at::empty({in.size(0), weight.size(0), out_height, w.out_width}, in.options());
  OrderedSumArgs args;
  args.terms = w.channels * w.kernel_y * w.kernel_x;
  args.outputs = static_cast<int>(outputs);
  args.out_stride = cells;
  std::vector<float> columns(std::size_t(args.terms * kColumns));
  args.columns = columns.data();
  for (std::int64_t g = 0; g < in.size(0) * groups; ++g) {  // image after image
    const std::int64_t first_output = g % groups * outputs;
    args.weights = weights.data_ptr<float>() + first_output * args.terms;
    args.first = biases.data_ptr<float>() + first_output;
    const float* plane = padded.data_ptr<float>() + g * w.channels * w.height * w.width;
    for (std::int64_t cell = 0; cell < cells; cell += kColumns) {
      args.count = static_cast<int>(std::min<std::int64_t>(kColumns, cells - cell));
      gather_columns(plane, w, cell, args.count, columns.data());
      args.out = out.data_ptr<float>() + g * outputs * cells + cell;
      sum_in_order(args);
    }
  }
  return out;
}

struct OrderedConvolution : torch::autograd::Function<OrderedConvolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& in,
                            const at::Tensor& weight, const at::Tensor& bias, const Sizes& stride,
                            const Sizes& padding, const Sizes& dilation, std::int64_t groups) {
    context->save_for_backward({in, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    context->saved_data["groups"] = groups;
    return convolve(in, weight, bias, stride, padding, dilation, groups);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    auto& data = context->saved_data;
    const at::Tensor by_input = std::get<0>(at::convolution_backward(
        gradients[0], saved[0], saved[1], c10::nullopt, data["stride"].toIntVector(),
        data["padding"].toIntVector(), data["dilation"].toIntVector(), /*transposed=*/false,
        /*output_padding=*/{0, 0}, data["groups"].toInt(), {true, false, false}));
    return {by_input, {}, {}, {}, {}, {}, {}};
  }
};

struct OrderedLinear : torch::autograd::Function<OrderedLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& in,
                            const at::Tensor& weight) {
    context->save_for_backward({weight});
    const at::Tensor rows = in.contiguous();
    const at::Tensor weights = weight.contiguous();
    const std::int64_t images = rows.size(0);
    const std::int64_t terms = rows.size(1);
    at::Tensor out = at::empty({weight.size(0), images}, in.options());
    std::vector<float> columns(std::size_t(terms * kColumns));
    OrderedSumArgs args;
    args.weights = weights.data_ptr<float>();
    args.columns = columns.data();
    args.outputs = static_cast<int>(weight.size(0));
    args.terms = terms;
    args.out_stride = images;
    for (std::int64_t first = 0; first < images; first += kColumns) {
      args.count = static_cast<int>(std::min<std::int64_t>(kColumns, images - first));
      for (int j = 0; j < args.count; ++j) {
        const float* row = rows.data_ptr<float>() + (first + j) * terms;
        for (std::int64_t k = 0; k < terms; ++k) columns[std::size_t(k * kColumns + j)] = row[k];
      }
      args.out = out.data_ptr<float>() + first;
      sum_in_order(args);
    }
    return out.t().contiguous();
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {at::matmul(gradients[0], context->get_saved_variables()[0]), {}};
  }
};

}  // namespace

at::Tensor ordered_conv2d(const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias,
                          const Sizes& stride, const Sizes& padding, const Sizes& dilation,
                          std::int64_t groups) {
  return OrderedConvolution::apply(in, weight, bias, stride, padding, dilation, groups);
}

at::Tensor ordered_linear(const at::Tensor& in, const at::Tensor& weight, const at::Tensor& bias) {
  return at::add(OrderedLinear::apply(in, weight), bias);
}

}  // namespace ripple::dense
