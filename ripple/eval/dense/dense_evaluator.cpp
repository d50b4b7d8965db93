#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include "ripple/base/error.h"
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
  const std::int64_t each = program.bytes_per_image();
  return images_a_pass(each, program.device().is_cpu() ? kCacheBytes / each : kMostImages, options);
}

class DenseEvaluator final : public Evaluator {
 public:
  DenseEvaluator(const Model& model, const DenseOptions& options)
      : graph_(fold_batch_normalization(model.graph)),
        normalizer_(make_normalizer(model)),
        program_(graph_, {graph_.logits}, ProgramMode::kInference, make_device(options.device)),
        pass_(inference_pass(program_, options)) {
    const at::TensorOptions floats(at::kFloat);
    buffer_ = at::zeros({pass_, 3, graph_.height(), graph_.width()}, floats);
    program_.run(buffer_.narrow(0, 0, 1).to(program_.device()));  // refuses now, not in an attack
  }

  int classes() const override { return graph_.classes(); }

  void refresh(const Image& image) override {
    check_image_size(graph_, image);
    clean_ = preprocess(normalizer_, image).data;
    for (int i = 0; i < pass_; ++i) {
      std::memcpy(row(i), clean_.data(), clean_.size() * sizeof(float));
    }
  }

  void score(const CandidateBatch& batch, std::span<float> logits) override {
    const c10::InferenceMode inference;
    use_one_thread();
    const int n = batch.size();
    for (int first = 0; first < n; first += pass_) {
      const int count = std::min(pass_, n - first);
      for (int i = 0; i < count; ++i) write(row(i), batch.candidate(first + i));
      run(buffer_.narrow(0, 0, count), logits.data() + std::size_t(first) * std::size_t(classes()));
      for (int i = 0; i < count; ++i) restore(row(i), batch.candidate(first + i));
    }
  }

  void logits_of(const Image& image, std::span<float> logits) override {
    check_image_size(graph_, image);
    const c10::InferenceMode inference;
    use_one_thread();
    Tensor input = preprocess(normalizer_, image);
    input.shape.insert(input.shape.begin(), 1);
    run(to_torch(input, at::kCPU), logits.data());
  }

 private:
  float* row(int i) { return buffer_.data_ptr<float>() + std::size_t(i) * clean_.size(); }
  std::size_t position(const PixelEdit& edit) const {
    return std::size_t(edit.y) * std::size_t(graph_.width()) + std::size_t(edit.x);
  }
  void write(float* pixels, std::span<const PixelEdit> edits) const {
    const std::size_t plane = clean_.size() / 3;
    for (const PixelEdit& edit : edits) {
      pixels[position(edit)] = normalizer_(0, edit.r);
      pixels[plane + position(edit)] = normalizer_(1, edit.g);
      pixels[2 * plane + position(edit)] = normalizer_(2, edit.b);
    }
  }
  void restore(float* pixels, std::span<const PixelEdit> edits) const {
    const std::size_t plane = clean_.size() / 3;
    for (const PixelEdit& edit : edits) {
      for (std::size_t i = position(edit); i < clean_.size(); i += plane) pixels[i] = clean_[i];
    }
  }
  void run(const at::Tensor& input, float* logits) {
    const at::Tensor out =
        program_.run(input.to(program_.device())).front().to(at::kCPU).contiguous();
    std::memcpy(logits, out.data_ptr<float>(), std::size_t(out.numel()) * sizeof(float));
  }

  Graph graph_;
  PixelNormalizer normalizer_;
  Program program_;
  int pass_;
  std::vector<float> clean_;  ///< the preprocessed clean image
  at::Tensor buffer_;         ///< [pass_, 3, H, W]: the clean image, again and again
};

class TorchActivations final : public DenseActivations {
 public:
  TorchActivations(const Graph& graph, std::vector<ValueId> wanted, const DenseOptions& options)
      : graph_(graph),
        program_(graph, std::move(wanted), ProgramMode::kInference, make_device(options.device)),
        pass_(inference_pass(program_, options)) {}

  std::vector<Tensor> run(const Tensor& inputs) override {
    Shape image = inputs.shape;
    if (!image.empty()) image.erase(image.begin());
    if (inputs.shape.empty() || image != graph_.shape(graph_.input) || inputs.shape[0] < 1) {
      throw Error(ErrorCode::kBadArgument, "inputs",
                  fmt::format("are {}, the network takes n x {}", to_string(inputs.shape),
                              to_string(graph_.shape(graph_.input))));
    }
    const c10::InferenceMode inference;
    use_one_thread();
    const at::Tensor all = to_torch(inputs, program_.device());
    std::vector<Tensor> out;
    for (std::int64_t first = 0; first < inputs.shape[0]; first += pass_) {
      const std::int64_t count = std::min<std::int64_t>(pass_, inputs.shape[0] - first);
      append(program_.run(all.narrow(0, first, count)), out);
    }
    return out;
  }

 private:
  static void append(const std::vector<at::Tensor>& part, std::vector<Tensor>& out) {
    if (out.empty()) {
      for (const at::Tensor& tensor : part) out.push_back(from_torch(tensor));
      return;
    }
    for (std::size_t i = 0; i < part.size(); ++i) {
      const Tensor more = from_torch(part[i]);
      out[i].shape[0] += more.shape[0];
      out[i].data.insert(out[i].data.end(), more.data.begin(), more.data.end());
    }
  }

  const Graph& graph_;
  Program program_;
  int pass_;
};

}  // namespace

std::unique_ptr<Evaluator> make_evaluator(const Model& model, const DenseOptions& options) {
  const c10::InferenceMode inference;
  use_one_thread();
  return std::make_unique<DenseEvaluator>(model, options);
}

std::unique_ptr<DenseActivations> make_activations(const Graph& graph, std::vector<ValueId> wanted,
                                                   const DenseOptions& options) {
  const c10::InferenceMode inference;
  use_one_thread();
  return std::make_unique<TorchActivations>(graph, std::move(wanted), options);
}

}  // namespace ripple::dense
