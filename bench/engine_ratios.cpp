// The delta engine against the best dense engine on the same candidates of real searches, one
// thread, taking turns: the own dense engine and, where there is one, frozen TorchScript, the
// fastest form that LibTorch offers elsewhere, each at its best number of images a pass. The
// networks of 224x224 have random He weights. Then what a second thread gives and costs.
//   usage: engine_ratios [FOLDER WITH models/ AND data/ [NETWORK...]]
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/script.h>

#include "ripple/app/bench_run.h"
#include "ripple/eval/preprocess.h"
#include "ripple/image/dataset.h"
#include "ripple/image/resize.h"
#include "ripple/model/architectures.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

constexpr float kTolerance = 1e-4f;
constexpr int kPasses[] = {0, 1, 100, 400, 1000};  // 0: the dense engine's own choice

struct Network {
  std::string name;
  int images = 3;
  int candidates = 2000;
  bool frozen = false;  ///< there is a TorchScript of it
};

const Network kNetworks[] = {{"lenet", 3, 2000, true},
                             {"resnet32", 2, 1000, true},
                             {"resnet20_pytorch", 2, 1000},
                             {"alexnet", 1, 400},
                             {"resnet18", 1, 400}};

/// A frozen TorchScript of the network in passes of `pass` images, as the dense engine runs its
/// own.
class FrozenEvaluator : public Evaluator {
 public:
  FrozenEvaluator(const std::string& path, const Model& model, int pass)
      : normalizer_(make_normalizer(model)), pass_(pass), classes_(model.graph.classes()) {
    const c10::InferenceMode inference;
    script_ = torch::jit::load(path);
    script_.eval();
    script_ = torch::jit::freeze(script_);
    script_ = torch::jit::optimize_for_inference(script_);
    buffer_ = at::zeros({pass, 3, model.graph.height(), model.graph.width()},
                        at::TensorOptions(at::kFloat));
  }
  int classes() const override { return classes_; }
  void refresh(const Image& image) override {
    image_ = image;
    clean_ = preprocess(normalizer_, image).data;
    for (int i = 0; i < pass_; ++i) restore(i);
  }
  void score(const CandidateBatch& batch, std::span<float> logits) override {
    for (int first = 0; first < batch.size(); first += pass_) {
      const int count = std::min(pass_, batch.size() - first);
      for (int i = 0; i < count; ++i) edit(i, batch.candidate(first + i));
      forward(count, logits.data() + std::ptrdiff_t(first) * classes_);
      for (int i = 0; i < count; ++i) clean(i, batch.candidate(first + i));
    }
  }
  void logits_of(const Image& image, std::span<float> logits) override {
    const Image before = image_;
    refresh(image);
    forward(1, logits.data());
    if (before.width > 0) refresh(before);
  }

 private:
  float* row(int i) { return buffer_.data_ptr<float>() + std::size_t(i) * clean_.size(); }
  void restore(int i) { std::copy(clean_.begin(), clean_.end(), row(i)); }
  void write(int i, int x, int y, const std::uint8_t* colour) {
    const std::size_t plane = clean_.size() / 3;
    const auto place = std::size_t(y) * std::size_t(image_.width) + std::size_t(x);
    for (int c = 0; c < 3; ++c) row(i)[std::size_t(c) * plane + place] = normalizer_(c, colour[c]);
  }
  void edit(int i, std::span<const PixelEdit> edits) {
    for (const PixelEdit& e : edits) {
      const std::uint8_t colour[] = {e.r, e.g, e.b};
      write(i, e.x, e.y, colour);
    }
  }
  void clean(int i, std::span<const PixelEdit> edits) {
    for (const PixelEdit& e : edits) write(i, e.x, e.y, image_.at(e.x, e.y));
  }
  void forward(int count, float* logits) {
    const c10::InferenceMode inference;
    const at::Tensor out = script_.forward({buffer_.narrow(0, 0, count)}).toTensor().contiguous();
    std::memcpy(logits, out.data_ptr<float>(), std::size_t(out.numel()) * sizeof(float));
  }

  PixelNormalizer normalizer_;
  int pass_;
  int classes_;
  torch::jit::Module script_;
  at::Tensor buffer_;
  Image image_;
  std::vector<float> clean_;
};

Model load(const std::string& folder, const std::string& name) {
  Model model;
  if (name == "alexnet" || name == "resnet18") {
    model.graph = make_architecture(name, {3, 224, 224}, 1000);
  } else {
    model = read_onnx(folder + "/models/" + name + ".onnx");
  }
  model.preprocessing =
      name == "lenet" || name == "resnet32"
          ? Preprocessing{{125.307f, 122.95f, 113.865f}, {62.9932f, 62.0887f, 66.7048f}}
          : Preprocessing{{123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}};
  return model;
}

/// The pass with the highest rate; each is tried alone, so that only one engine is in memory.
template <typename Make>
int best_pass(std::span<const BenchImage> images, const Make& make) {
  int best = 0;
  double best_rate = 0.0;
  for (const int pass : kPasses) {
    if (pass > images.front().candidates.size()) continue;
    std::optional<TimedEngine> engine = make(pass);
    if (!engine) continue;
    TimedEngine* const only[] = {&*engine};
    const double rate =
        time_engines(only, images.first(1), {.seconds = 0.0, .rounds = 3}).front().rate;
    if (rate > best_rate) best_rate = rate, best = pass;
  }
  return best;
}

std::vector<BenchImage> record(const Network& network, const Model& model,
                               const std::string& folder, Evaluator& scorer) {
  const auto data = open_dataset("cifar10:" + folder + "/data/cifar10");
  std::vector<BenchImage> images;
  for (int i = 0; i < network.images; ++i) {
    Image image = fit_image(data->sample(i).image, model.graph.width(), model.graph.height());
    images.push_back(record_candidates(scorer, std::move(image), i, network.candidates, 1));
  }
  return images;
}

/// Delta evaluators of one thread and of two, and the dense ones: what the second thread gives.
void print_threads(const Model& model, const std::shared_ptr<const delta::DeltaPlan>& plan,
                   std::span<const BenchImage> images, int pass) {
  TimedEngine dense = dense_engine(model, {.batch = pass}, 2);
  TimedEngine delta = delta_engine(plan, 0.0f, 2);
  TimedEngine* const both[] = {&dense, &delta};
  const auto one = time_engines(both, images, {.threads = 1, .seconds = 2.0});
  const auto two = time_engines(both, images, {.threads = 2, .seconds = 2.0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    fmt::print(
        "  {} with two threads: {:.2f} times the candidates, {:.2f} times the processor "
        "time a candidate\n",
        i == 0 ? "dense" : "delta", two[i].rate / one[i].rate, two[i].processor / one[i].processor);
  }
}

void require_agreement(Evaluator& delta, const char* name, TimedEngine& other,
                       std::span<const BenchImage> images) {
  const Agreement agreement =
      check_agreement({"delta", delta}, {name, *other.evaluators[0]}, images);
  if (agreement.problem) throw std::runtime_error(*agreement.problem);
}

void compare(const Network& network, const std::string& folder) {
  const Model model = load(folder, network.name);
  const auto plan = make_delta_plan(model);
  const auto scorer = make_delta_evaluator(plan);
  const std::vector<BenchImage> images = record(network, model, folder, *scorer);
  const auto make_dense = [&](int pass) {
    return std::optional(dense_engine(model, {.batch = pass}, 1));
  };
  const auto make_frozen = [&](int pass) -> std::optional<TimedEngine> {
    if (pass == 0 || !network.frozen) return std::nullopt;
    TimedEngine engine{std::to_string(pass), {}, {}, std::max(pass, kBenchGeneration)};
    engine.evaluators.push_back(std::make_unique<FrozenEvaluator>(
        folder + "/models/baseline/" + network.name + "_torchscript.pt", model, pass));
    return engine;
  };
  const int dense_pass = best_pass(images, make_dense);
  const int frozen_pass = best_pass(images, make_frozen);
  TimedEngine dense = dense_engine(model, {.batch = dense_pass}, 1);
  std::optional<TimedEngine> frozen = make_frozen(frozen_pass);
  TimedEngine exact = delta_engine(plan, 0.0f, 1);
  TimedEngine tolerant = delta_engine(plan, kTolerance, 1);
  require_agreement(*scorer, "dense", dense, images);
  if (frozen) require_agreement(*scorer, "frozen TorchScript", *frozen, images);

  std::vector<TimedEngine*> engines{&dense, &exact, &tolerant};
  if (frozen) engines.push_back(&*frozen);
  const std::vector<EngineSpeed> speeds = time_engines(engines, images, {.seconds = 10.0});
  const double theirs = frozen ? speeds[3].rate : 0.0;
  const double best = std::max(speeds[0].rate, theirs);
  fmt::print("{}, {} images, {} candidates each\n", network.name, network.images,
             network.candidates);
  fmt::print("  dense             {:>9.0f}/s, {} a pass\n", speeds[0].rate, dense.name);
  if (frozen) {
    fmt::print("  frozen            {:>9.0f}/s, {} a pass; dense / frozen {:.2f}\n", theirs,
               frozen->name, speeds[0].rate / theirs);
  }
  fmt::print("  delta exact       {:>9.0f}/s, {:.2f} times the best dense\n", speeds[1].rate,
             speeds[1].rate / best);
  fmt::print("  delta {:<11.0e} {:>9.0f}/s, {:.2f} times the best dense\n", kTolerance,
             speeds[2].rate, speeds[2].rate / best);
  print_threads(model, plan, images, dense_pass);
  std::fflush(stdout);
}

}  // namespace
}  // namespace ripple

int main(int argc, char** argv) {
  at::set_num_threads(1);
  const std::string folder = argc > 1 ? argv[1] : ripple::shared_folder().string();
  try {
    for (int i = 2; i < argc; ++i) {
      const bool known = std::any_of(std::begin(ripple::kNetworks), std::end(ripple::kNetworks),
                                     [&](const auto& n) { return n.name == std::string(argv[i]); });
      if (!known) throw std::runtime_error(std::string(argv[i]) + " is no network that it knows");
    }
    for (const ripple::Network& network : ripple::kNetworks) {
      const bool wanted = argc < 3 || std::find(argv + 2, argv + argc, network.name) != argv + argc;
      if (wanted) ripple::compare(network, folder);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "engine_ratios: %s\n", error.what());
    return 1;
  }
}
