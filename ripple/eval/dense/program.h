#pragma once

#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/ATen.h>

#include "ripple/base/error.h"
#include "ripple/eval/dense/blocked_ops.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/dense/torch_ops.h"
#include "ripple/eval/dense/trainer.h"
#include "ripple/eval/gradient.h"
#include "ripple/model/graph.h"

namespace ripple::dense {

/// How a Program runs its graph.
enum class ProgramMode {
  kInference,  ///< blocked layouts where they help, activations overwritten; no gradients
  kAutograd,   ///< plain tensors, nothing overwritten; gradients flow to input and constants
};

/// What one image takes in memory.
struct ImageBytes {
  std::int64_t activations = 0;
  std::int64_t all = 0;  ///< with what operators pad, see padding_numbers()
  std::string largest;   ///< the node that makes it so many
};

/// A Graph made ready for LibTorch: constants as tensors, and for every activation the node that
/// reads it last, so that memory is reused.
class Program {
 public:
  /// Keeps a reference to `graph`. `wanted` are the values that run() returns.
  Program(const Graph& graph, std::vector<ValueId> wanted, ProgramMode mode, at::Device device);

  /// [n, C, H, W] -> the wanted values, [n, shape] each, plain tensors on the device. With
  /// `training_seed` (kAutograd only) BatchNormalization normalises by the batch and activations
  /// are dropped; the seed says which.
  /// Errors: kUnsupportedOp naming the node where LibTorch cannot run it; std::bad_alloc where
  /// memory runs out.
  std::vector<at::Tensor> run(const at::Tensor& input,
                              std::optional<std::uint64_t> training_seed = {});

  /// What run() drops in training. Errors: kBadArgument where the graph has no value of that name.
  void set_dropout(const std::vector<Dropout>& dropout);

  /// What rectifiers do in the backward pass of later runs (kAutograd only); kPlain at first.
  void set_relu_rule(ReluRule rule) { relu_rule_ = rule; }

  /// Where only a Relu reads a convolution, one kernel does both in later runs. On a CUDA device
  /// that needs cuDNN. Otherwise bias and Relu are passes of their own over the activations: a
  /// quarter of NiN's time and a tenth of All-CNN's in float32, nearly half with TF32 (an H100).
  /// Not beside set_relu_rule(). Returns the number of such convolutions.
  int fuse_rectifiers();

  /// Activations and weights of later runs lie in memory channel by channel within a pixel, as
  /// tensor cores want them. The shapes, and what run() returns, stay as they are.
  void use_channels_last();

  /// How later runs add up (kAutograd only); kFast at first.
  void set_summation(Summation summation) { summation_ = summation; }

  /// The constants of node i, see make_constants(); a trainer optimises them in place.
  std::vector<at::Tensor>& constants(std::size_t i) { return steps_[i].constants; }

  /// At the time when that is most, with activations in the blocked layout.
  const ImageBytes& bytes_per_image() const { return bytes_per_image_; }

  const at::Device& device() const { return device_; }

 private:
  struct Step {
    std::vector<at::Tensor> constants;
    std::optional<BlockedOp> blocked;
    std::vector<bool> may_overwrite;  ///< one an input
    std::vector<ValueId> last_read;   ///< values that nobody reads after this node
    bool rectifies = false;           ///< a Conv that applies the Relu behind it
    bool is_done_before = false;      ///< that Relu
  };
  /// An activation in the layouts that were asked for so far.
  struct Slot {
    at::Tensor plain;
    at::Tensor blocked;
  };

  void plan();
  void run_node(const Node& node, Step& step, bool training);
  void drop(ValueId id);
  at::Tensor plain(ValueId id);
  at::Tensor blocked(ValueId id);

  const Graph& graph_;
  std::vector<ValueId> wanted_;
  ProgramMode mode_;
  at::Device device_;
  ReluRule relu_rule_ = ReluRule::kPlain;
  Summation summation_ = Summation::kFast;
  bool is_channels_last_ = false;
  /// Passes of one image, which confirm what batches score, keep NaN where oneDNN would lose it: a
  /// network that overflows must not pass for a sound one. Numbers stay the same to the bit.
  bool is_one_image_ = false;
  std::vector<Step> steps_;
  std::vector<Slot> slots_;
  std::vector<double> dropout_;  ///< rate by value; empty without dropout
  at::Generator generator_;      ///< of what is dropped
  ImageBytes bytes_per_image_;
};

inline constexpr std::int64_t kMostImages = 1024;

/// Images a pass: options.batch, or `preferred` where that is 0, lowered so that `each` fits
/// options.max_memory and kMostImages.
/// Errors: kBadArgument, naming the node that needs most, where one image exceeds the limit; for a
/// negative options.batch.
int images_a_pass(const ImageBytes& each, std::int64_t preferred, const DenseOptions& options);

/// Errors: kBadArgument naming `where` unless `inputs` are images of the graph's input, [n, C, H,
/// W].
void check_inputs(const Graph& graph, const Tensor& inputs, std::string_view where);

/// Parses "cpu", "cuda", "cuda:1"; on the latter convolutions are in full float32 from then on, or
/// in TF32. Errors: kBadArgument where LibTorch has no such device; for TF32 on the CPU, and for
/// both precisions in one process.
at::Device make_device(const std::string& name, bool tf32 = false);

/// Makes the calling thread do all of its LibTorch work itself. Without it LibTorch and OpenBLAS
/// would share each operator between all cores, and evaluators in several threads would wait for
/// each other.
void use_one_thread();

/// Whether an exception of LibTorch says that memory, the CPU's or a device's, ran out. Ripple says
/// so with std::bad_alloc.
bool is_out_of_memory(const std::exception& error);

/// What `work` returns. Whatever the other side of the library border calls goes through here,
/// since LibTorch allocates wherever a tensor is made.
template <typename Work>
auto with_bad_alloc(const Work& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;  // may quote anything
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    throw;
  }
}

/// What decides how a CPU rounds the sums of a training, in the words of a message: the version of
/// LibTorch, and the instructions that its kernels, and oneDNN and BLAS, choose by.
std::string arithmetic();

/// The first line of a LibTorch message, without its stack trace.
std::string first_line(const std::string& message);

}  // namespace ripple::dense
