#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ripple/eval/dense/program.h"
#include "ripple/eval/dense/trainer.h"

namespace ripple::dense {

/// Sums over some images.
struct Sums {
  double loss = 0;
  std::int64_t correct = 0;

  void add(const Sums& more) {
    loss += more.loss;
    correct += more.correct;
  }
};

/// The weights being trained, and one copy of the network a thread that computes with them.
class TrainingNetwork {
 public:
  /// Keeps a reference to `graph`. On another device than the CPU there is one worker, which works
  /// on the running statistics themselves.
  TrainingNetwork(const Graph& graph, const std::vector<Dropout>& dropout, const at::Device& device,
                  int workers);
  ~TrainingNetwork();

  /// Loss (as a share of `batch` images) and gradients of one part of a batch, or the sums of
  /// several.
  struct PartResult {
    Sums sums;
    std::vector<at::Tensor> gradients;   ///< one a weight
    std::vector<at::Tensor> statistics;  ///< running statistics after this part; empty if shared
    std::int64_t parts = 0;              ///< how many

    /// Adds one more; the order decides the last bits.
    void add(PartResult more);
  };
  /// `seed` says which activations are dropped.
  PartResult forward_backward(int worker, const at::Tensor& input, const at::Tensor& labels,
                              std::int64_t batch, std::uint64_t seed);

  /// What the network says of images it is not trained on.
  Sums validate(int worker, const at::Tensor& input, const at::Tensor& labels);

  /// One step of gradient descent with the sum of a batch's parts, which is used up.
  void step(PartResult& sum, const TrainOptions& options, double learning_rate);

  /// Copies the weights and statistics into the graph.
  void save(Graph& graph) const;

  /// The momentum's moving sums, one number a weight; for checkpoints.
  std::vector<float> velocity() const;

  /// Continues with the weights and statistics of `graph` and these velocities (as many as
  /// velocity() has).
  void restore(const Graph& graph, std::span<const float> velocity);

 private:
  struct Worker;

  at::Device device_;
  std::vector<std::vector<at::Tensor>> master_;  ///< by node
  std::vector<at::Tensor> weights_;              ///< of master_
  std::vector<at::Tensor> matrices_;             ///< of weights_: those of Conv and Gemm
  std::vector<std::size_t> matrix_index_;        ///< where they stand in weights_
  std::vector<at::Tensor> statistics_;           ///< of master_: running means and variances
  std::vector<at::Tensor> velocity_;             ///< by weight
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// All constants of the operators in a row, in the order of nodes and constants_of(), and back.
std::vector<float> flat_constants(const Graph& graph);
void set_constants(Graph& graph, std::span<const float> constants);

}  // namespace ripple::dense
