#include <algorithm>
#include <cstring>
#include <optional>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/dense/candidate_images.h"
#include "ripple/eval/dense/factories.h"
#include "ripple/eval/dense/program.h"
#include "ripple/eval/preprocess.h"

namespace ripple::dense {
namespace {

/// What the activations of one pass take on a CPU: some 60 to 100 CIFAR-10 images. Fewer pay for
/// the calls; more leave the caches, and the allocator gives their pages back after every operator
/// (passes of 1000 ran at half the speed on LeNet and at two thirds on ResNet-32).
constexpr std::int64_t kCacheBytes = std::int64_t{12} << 20;

int inference_pass(const Program& program, const DenseOptions& options) {
  const ImageBytes& each = program.bytes_per_image();
  const bool is_cpu = program.device().is_cpu();
  return images_a_pass(each, is_cpu ? kCacheBytes / each.activations : kMostImages, options);
}

/// A stream of a device for one evaluator: those of several threads do not wait for each other
/// then. None on the CPU.
std::optional<c10::Stream> own_stream(const at::Device& device) {
  if (device.is_cpu()) return std::nullopt;
  return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

/// While it lives, the calling thread runs LibTorch for inference, alone, in `stream` if any.
class InferenceScope {
 public:
  explicit InferenceScope(const std::optional<c10::Stream>& stream = {}) {
    if (stream) stream_.reset_stream(*stream);
    use_one_thread();
  }

 private:
  c10::InferenceMode inference_;
  c10::OptionalStreamGuard stream_;
};

class DenseEvaluator final : public Evaluator {
 public:
  /// Assumes an InferenceScope of `stream`.
  DenseEvaluator(const Model& model, const DenseOptions& options, const at::Device& device,
                 const std::optional<c10::Stream>& stream)
      : stream_(stream),
        graph_(fold_batch_normalization(model.graph)),
        normalizer_(make_normalizer(model)),
        program_(graph_, {graph_.logits}, ProgramMode::kInference, device),
        pass_(inference_pass(program_, options)),
        images_(normalizer_, pass_, graph_.height(), graph_.width(), device) {
    if (device.is_cuda() && at::Context::hasCuDNN()) program_.fuse_rectifiers();
    if (options.tf32) {
      program_.use_channels_last();
      exact_.emplace(graph_, std::vector{graph_.logits}, ProgramMode::kInference,
                     at::Device(at::kCPU));
    }
    Tensor zeros{graph_.shape(graph_.input), {}};
    zeros.data.resize(std::size_t(element_count(zeros.shape)));
    run(program_, zeros);  // refuses now, not in an attack
  }

  int classes() const override { return graph_.classes(); }

  void refresh(const Image& image) override {
    check_image_size(graph_, image);
    with_bad_alloc([&] {
      const InferenceScope scope(stream_);
      images_.refresh(preprocess(normalizer_, image));
    });
  }

  void score(const CandidateBatch& batch, std::span<float> logits) override {
    with_bad_alloc([&] {
      const InferenceScope scope(stream_);
      const std::size_t row = std::size_t(classes());
      for (int first = 0; first < batch.size(); first += pass_) {
        const int count = std::min(pass_, batch.size() - first);
        const at::Tensor input = images_.write(batch, first, count);
        at::Tensor out;
        try {
          out = run(program_, input);
        } catch (...) {
          images_.restore();  // a smaller batch may fit
          throw;
        }
        images_.restore();
        std::memcpy(logits.data() + std::size_t(first) * row, out.data_ptr<float>(),
                    std::size_t(count) * row * sizeof(float));
      }
    });
  }

  void logits_of(const Image& image, std::span<float> logits) override {
    check_image_size(graph_, image);
    with_bad_alloc([&] {
      const InferenceScope scope(stream_);
      const at::Tensor out = run(exact_ ? *exact_ : program_, preprocess(normalizer_, image));
      std::memcpy(logits.data(), out.data_ptr<float>(), logits.size_bytes());
    });
  }

 private:
  /// [n, 3, H, W] on the program's device -> [n, classes] on the CPU
  static at::Tensor run(Program& program, const at::Tensor& images) {
    return program.run(images).front().to(at::kCPU).contiguous();
  }
  /// One image, [3, H, W].
  static at::Tensor run(Program& program, const Tensor& image) {
    return run(program, to_torch(image, program.device()).unsqueeze(0));
  }

  std::optional<c10::Stream> stream_;
  Graph graph_;
  PixelNormalizer normalizer_;
  Program program_;
  std::optional<Program> exact_;  ///< of logits_of(), where program_ is not in float32
  int pass_;
  CandidateImages images_;  ///< pass_ of them
};

class TorchActivations final : public DenseActivations {
 public:
  TorchActivations(const Graph& graph, std::vector<ValueId> wanted, const DenseOptions& options)
      : graph_(graph),
        wanted_(wanted.size()),
        program_(graph, std::move(wanted), ProgramMode::kInference, make_device(options.device)),
        pass_(inference_pass(program_, options)) {}

  std::vector<Tensor> run(const Tensor& inputs) override {
    check_inputs(graph_, inputs, "activations");
    return with_bad_alloc([&] {
      const InferenceScope scope;
      const at::Tensor all = to_torch(inputs, program_.device());
      std::vector<Tensor> out(wanted_);
      for (std::int64_t first = 0; first < inputs.shape[0]; first += pass_) {
        const std::int64_t count = std::min<std::int64_t>(pass_, inputs.shape[0] - first);
        const std::vector<at::Tensor> part = program_.run(all.narrow(0, first, count));
        for (std::size_t i = 0; i < part.size(); ++i) append(part[i], out[i]);
      }
      return out;
    });
  }

 private:
  const Graph& graph_;
  std::size_t wanted_;
  Program program_;
  int pass_;
};

}  // namespace

std::unique_ptr<Evaluator> make_evaluator(const Model& model, const DenseOptions& options) {
  return with_bad_alloc([&]() -> std::unique_ptr<Evaluator> {
    const at::Device device = make_device(options.device, options.tf32);
    const std::optional<c10::Stream> stream = own_stream(device);
    const InferenceScope scope(stream);
    return std::make_unique<DenseEvaluator>(model, options, device, stream);
  });
}

std::unique_ptr<DenseActivations> make_activations(const Graph& graph, std::vector<ValueId> wanted,
                                                   const DenseOptions& options) {
  return with_bad_alloc([&]() -> std::unique_ptr<DenseActivations> {
    const InferenceScope scope;
    return std::make_unique<TorchActivations>(graph, std::move(wanted), options);
  });
}

}  // namespace ripple::dense
