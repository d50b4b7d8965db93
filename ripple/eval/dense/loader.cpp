#include <filesystem>
#include <string_view>

#include <dlfcn.h>
#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/dense/dense_library.h"

namespace ripple {
namespace {

constexpr char kAdvice[] =
    "install libtorch-dev and libopenblas0-pthread and build Ripple with -DRIPPLE_WITH_TORCH=ON";

/// Where another engine does the same.
constexpr char kOtherwise[] = ", or choose another engine";

/// Loads libripple_dense.so from the folder of the library that this code is in. Loading again is
/// free, and it stays loaded: LibTorch cannot be unloaded. `otherwise` ends the advice of an error.
const DenseLibrary& dense_library(std::string_view otherwise = "") {
  Dl_info self{};
  ::dladdr(reinterpret_cast<const void*>(&dense_library), &self);
  const std::filesystem::path path =
      std::filesystem::path(self.dli_fname == nullptr ? "" : self.dli_fname).parent_path() /
      "libripple_dense.so";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw Error(ErrorCode::kBadArgument, path.string(),
                fmt::format("the dense engine (LibTorch) is not there; {}{}", kAdvice, otherwise));
  }
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* entry = handle == nullptr ? nullptr : ::dlsym(handle, kDenseEntry);
  if (entry == nullptr) {
    const char* reason = ::dlerror();
    throw Error(ErrorCode::kBadArgument, path.string(),
                fmt::format("the dense engine does not load ({}); {}{}",
                            reason == nullptr ? "no reason given" : reason, kAdvice, otherwise));
  }
  return *reinterpret_cast<DenseEntry>(entry)();
}

}  // namespace

std::unique_ptr<Evaluator> make_dense_evaluator(const Model& model, const DenseOptions& options) {
  return dense_library(kOtherwise).make_evaluator(model, options);
}

std::unique_ptr<DenseActivations> make_dense_activations(const Graph& graph,
                                                         std::vector<ValueId> wanted,
                                                         const DenseOptions& options) {
  return dense_library(kOtherwise).make_activations(graph, std::move(wanted), options);
}

std::unique_ptr<GradientEvaluator> make_dense_gradients(const Graph& graph,
                                                        std::vector<ValueId> wanted,
                                                        const DenseOptions& options,
                                                        Summation summation) {
  return dense_library().make_gradients(graph, std::move(wanted), options, summation);
}

TrainResult train(Model& model, const Dataset& training, const Dataset& validation,
                  const TrainOptions& options,
                  const std::function<void(const TrainProgress&)>& progress,
                  const CancelFlag* cancel) {
  return dense_library().train(model, training, validation, options, progress, cancel);
}

}  // namespace ripple
