#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ripple/base/array.h"
#include "ripple/eval/evaluator.h"
#include "ripple/eval/gradient.h"
#include "ripple/model/model.h"

namespace ripple {

/// The dense executor: whole networks over batches of images, on LibTorch. It lives in a library of
/// its own, libripple_dense.so beside libripple.so, which the first call below loads (LibTorch
/// brings hundreds of shared libraries and half a second of start-up to whoever needs it, and to
/// nobody else). Every function here throws kBadArgument, saying what to install or build, where
/// that library is missing.
struct DenseOptions {
  std::string device = "cpu";  ///< "cpu", or "cuda" / "cuda:N" where LibTorch has it
  /// Of make_dense_evaluator() on a CUDA device: score() multiplies with the 10 bits of TF32, which
  /// tensor cores do several times as fast as float32. logits_of() is the CPU's, in float32.
  bool tf32 = false;
  /// Images a pass; a larger batch is split. 0: as many as keep the activations in the cache.
  int batch = 0;
  /// Bytes that the activations of one pass may take, with the copies that operators pad; `batch`
  /// is lowered to fit.
  std::int64_t max_memory = std::int64_t{1} << 30;
};

/// An Evaluator that runs the whole network for every candidate, in passes of many candidates.
/// BatchNormalization is folded into convolutions; on the CPU activations stay in oneDNN's blocked
/// layout and one thread does all the work: use one evaluator a thread.
///
/// The same calls give the same bits, whatever other threads do. A row is the same whatever its
/// neighbours are; its place in the batch and the batch's size can change it by rounding only.
/// Agrees with the reference executor to about 1e-5 of the largest logit, with `tf32` to 5e-4.
/// Errors: kBadModel as make_normalizer(); kUnsupportedOp for an operator that does not run on
/// `device`; kBadArgument where there is no such device, one image exceeds `max_memory`, or for
/// `tf32` on the CPU or in a process that uses float32 on a CUDA device already, and the other way
/// round: LibTorch's convolutions have one precision a process.
std::unique_ptr<Evaluator> make_dense_evaluator(const Model& model,
                                                const DenseOptions& options = {});

/// Activations inside a network, e.g. the feature maps at the outputs of its convolutions. Nothing
/// is folded: every value of the graph is there as the model file defines it.
class DenseActivations {
 public:
  virtual ~DenseActivations() = default;
  DenseActivations() = default;
  DenseActivations(const DenseActivations&) = delete;
  DenseActivations& operator=(const DenseActivations&) = delete;

  /// The wanted values, in the order asked for, of a batch of preprocessed images (see
  /// preprocess.h): [n, C, H, W] -> [n, shape of the value] each.
  /// Errors: kBadArgument where the shape is another.
  virtual std::vector<Tensor> run(const Tensor& inputs) = 0;
};

/// Keeps a reference to `graph`, which must outlive it. Errors: kBadArgument where a ValueId is not
/// the graph's; those of make_dense_evaluator().
std::unique_ptr<DenseActivations> make_dense_activations(const Graph& graph,
                                                         std::vector<ValueId> wanted,
                                                         const DenseOptions& options = {});

/// How the forward pass under a gradient adds up the products of convolutions and fully connected
/// layers. It decides more than the last bit: a Relu whose input is 0 but for rounding has
/// derivative 0 or 1 as rounding has it, which moves single numbers of a gradient by up to some per
/// cent of the largest.
enum class Summation {
  kFast,  ///< as oneDNN and BLAS do: another order on another CPU, BLAS or number of images
  /// One product after the other, each product and sum rounded, nothing fused: the bias, then by
  /// input channel, kernel row and kernel column; in fully connected layers by input, then the
  /// bias. PyTorch computes the same bits where BLAS is the reference implementation and oneDNN is
  /// not in use. Other operators are LibTorch's own; its kernels for AVX2 are one for all CPUs that
  /// have AVX2, and its default there. Without a `batch` of the caller's an image is a pass, so
  /// that the backward pass, which is LibTorch's own, gives it the same bits beside any other
  /// images. On another device than a CPU this is kFast.
  kOrdered,
};

/// Gradients by autograd. `wanted` are values of the graph, e.g. the outputs of convolutions. With
/// kFast and no wanted values BatchNormalization is folded into convolutions. Keeps a copy of the
/// graph.
/// Errors: kBadArgument where a ValueId is not the graph's; those of make_dense_evaluator().
/// Cost: about three forward passes, with kOrdered half as much again and 1.0 to 1.3 times that for
/// one image a pass; all activations of a pass stay in memory until it is through.
std::unique_ptr<GradientEvaluator> make_dense_gradients(const Graph& graph,
                                                        std::vector<ValueId> wanted = {},
                                                        const DenseOptions& options = {},
                                                        Summation summation = Summation::kOrdered);

}  // namespace ripple
