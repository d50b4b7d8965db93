// The dense evaluator against frozen TorchScript of the same networks, the fastest form that
// LibTorch offers elsewhere; one thread each, runs interleaved, ratios of medians. Then two dense
// evaluators in two threads against one.
//   build/release/bin/dense_bench [FOLDER WITH models/ AND data/]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/script.h>

#include "ripple/base/rng.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/preprocess.h"
#include "ripple/image/dataset.h"
#include "ripple/model/model.h"

namespace ripple {
namespace {

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

CandidateBatch one_pixel_candidates(int n, Rng& rng) {
  CandidateBatch batch;
  const auto byte = [&] { return static_cast<std::uint8_t>(rng.below(256)); };
  for (int i = 0; i < n; ++i) {
    batch.edits.push_back(
        {static_cast<int>(rng.below(32)), static_cast<int>(rng.below(32)), byte(), byte(), byte()});
  }
  return batch;
}

/// The candidates as whole images [n, 3, 32, 32], which is what TorchScript takes.
at::Tensor as_images(const PixelNormalizer& normalizer, const Image& clean,
                     const CandidateBatch& batch) {
  at::Tensor out = at::empty({batch.size(), 3, 32, 32}, at::TensorOptions(at::kFloat));
  for (int i = 0; i < batch.size(); ++i) {
    Image image = clean;
    apply_edits(image, batch.candidate(i));
    const Tensor input = preprocess(normalizer, image);
    std::copy(input.data.begin(), input.data.end(),
              out.data_ptr<float>() + std::size_t(i) * input.data.size());
  }
  return out;
}

bool compare(const std::string& folder, const std::string& name) {
  const c10::InferenceMode inference;
  Model model = read_onnx(folder + "/models/" + name + ".onnx");
  model.preprocessing =
      Preprocessing{{125.307f, 122.95f, 113.865f}, {62.9932f, 62.0887f, 66.7048f}};
  auto script = torch::jit::load(folder + "/models/baseline/" + name + "_torchscript.pt");
  script.eval();
  script = torch::jit::freeze(script);
  script = torch::jit::optimize_for_inference(script);
  const Image image = open_dataset("cifar10:" + folder + "/data/cifar10")->sample(0).image;
  const auto dense = make_dense_evaluator(model);
  dense->refresh(image);
  Rng rng({1});
  for (const int n : {100, 400, 1000}) {
    const CandidateBatch batch = one_pixel_candidates(n, rng);
    const at::Tensor images = as_images(make_normalizer(model), image, batch);
    std::vector<float> logits(std::size_t(n) * 10);
    dense->score(batch, logits);
    script.forward({images});
    const at::Tensor expected = script.forward({images}).toTensor().contiguous();
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (!(std::abs(logits[i] - expected.data_ptr<float>()[i]) <= 1e-3)) {
        std::printf("%s: logit %zu is %g, TorchScript says %g\n", name.c_str(), i, logits[i],
                    expected.data_ptr<float>()[i]);
        return false;
      }
    }
    std::vector<double> ours;
    std::vector<double> theirs;
    const int runs = name == "lenet" ? 41 : 9;
    for (int i = 0; i < runs; ++i) {
      theirs.push_back(seconds_of([&] { script.forward({images}); }));
      ours.push_back(seconds_of([&] { dense->score(batch, logits); }));
    }
    std::printf("%-9s batch %4d: dense %6.0f/s, frozen TorchScript %6.0f/s, ratio %.2f\n",
                name.c_str(), n, n / median(ours), n / median(theirs),
                median(theirs) / median(ours));
  }
  const CandidateBatch batch = one_pixel_candidates(400, rng);
  const auto work = [&] {
    const auto evaluator = make_dense_evaluator(model);
    evaluator->refresh(image);
    std::vector<float> logits(4000);
    for (int i = 0; i < (name == "lenet" ? 40 : 2); ++i) evaluator->score(batch, logits);
  };
  std::vector<double> alone;
  std::vector<double> both;
  for (int i = 0; i < 5; ++i) {
    alone.push_back(seconds_of(work));
    both.push_back(seconds_of([&] {
      std::thread second(work);
      work();
      second.join();
    }));
  }
  const std::clock_t start = std::clock();
  work();
  const std::clock_t middle = std::clock();
  std::thread other(work);
  work();
  other.join();
  // On a busy machine only the processor time says whether threads get in each other's way.
  std::printf(
      "%-9s two threads do %.2f times the work of one, with %.2f times the processor time "
      "a candidate\n",
      name.c_str(), 2 * median(alone) / median(both),
      0.5 * static_cast<double>(std::clock() - middle) / static_cast<double>(middle - start));
  return true;
}

}  // namespace
}  // namespace ripple

int main(int argc, char** argv) {
  at::set_num_threads(1);
  const std::string folder = argc > 1 ? argv[1] : "../shared";
  const bool lenet = ripple::compare(folder, "lenet");
  const bool resnet = ripple::compare(folder, "resnet32");
  return lenet && resnet ? 0 : 1;
}
