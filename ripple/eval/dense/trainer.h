#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ripple/base/parallel.h"
#include "ripple/image/dataset.h"
#include "ripple/model/model.h"

namespace ripple {

/// Activations that training drops (Srivastava et al. 2014): each becomes zero with probability
/// `rate`, the others are divided by 1 - rate. See Architecture::dropout.
struct Dropout {
  std::string value;  ///< name in Graph::values
  double rate = 0.0;  ///< in [0, 1)
};

/// Stochastic gradient descent with momentum; defaults are those of He et al. 2016 (4.2) for
/// CIFAR-10, but for the schedule: a linear warm-up, then a cosine to zero (Loshchilov & Hutter
/// 2017, arXiv:1608.03983).
struct TrainOptions {
  int epochs = 30;
  int batch = 128;             ///< images a step; the last one of an epoch may be smaller
  double learning_rate = 0.1;  ///< the highest, at the end of the warm-up; see architectures()
  double warmup_epochs = 1.0;  ///< may be a fraction
  double momentum = 0.9;
  double weight_decay = 5e-4;  ///< on the weights of Conv and Gemm; not on biases and scales
  bool flips = true;           ///< mirror left and right, half of the images
  int shift = 4;               ///< move by up to this many pixels; the mean colour comes in
  std::vector<Dropout> dropout;
  std::uint64_t seed = 1;
  int threads = 0;             ///< 0 = one a core
  std::string device = "cpu";  ///< or "cuda", "cuda:N" where LibTorch has it
  /// Written after every epoch, see checkpoint.h; empty: none.
  std::filesystem::path checkpoint;
  bool resume = false;  ///< continue from `checkpoint` instead of beginning
  /// Images of another size than the network's are resized to it; false: they are an error.
  bool resize = true;
  std::string network;  ///< a name for messages and the checkpoint, e.g. "resnet20"
  /// Hears, before the first step, what is no error but makes the result another than it seems:
  /// validation images that are trained on, a checkpoint of another LibTorch or CPU. May be empty.
  std::function<void(const std::string&)> note;
};

/// What train() checks before it loads anything. Errors: kBadArgument for a number out of range.
void check_train_options(const TrainOptions& options);

struct TrainProgress {
  int epoch = 0;  ///< from 1
  int epochs = 0;
  std::int64_t step = 0;  ///< over all epochs, from 1
  std::int64_t steps = 0;
  double learning_rate = 0;
  double loss = 0;          ///< mean cross entropy of the epoch so far (augmented training images)
  double accuracy = 0;      ///< share of them classified correctly
  bool epoch_done = false;  ///< the next two are of this epoch
  double validation_loss = 0;      ///< of the last finished epoch; 0 before
  double validation_accuracy = 0;  ///< same
  double best_accuracy = 0;        ///< highest validation accuracy so far
  int best_epoch = 0;              ///< its epoch; 0 before the first
  double seconds = 0;  ///< of this run since its start, and of the epochs that it resumes
};

enum class TrainEnd {
  kFinished,
  kCancelled,  ///< by the CancelFlag
  kDiverged,   ///< see Divergence; a lower learning rate helps
};

/// What was no finite number.
enum class Divergence {
  kLoss,            ///< of TrainResult::step
  kWeights,         ///< after that step, the last of an epoch
  kValidationLoss,  ///< the same
};

struct TrainResult {
  TrainEnd end = TrainEnd::kFinished;
  int best_epoch = 0;  ///< whose weights the model has; 0: stopped before one was done, as it came
  double best_accuracy = 0;  ///< share of the validation images classified correctly
  double best_loss = 0;      ///< mean cross entropy of the same epoch on them
  std::int64_t step = 0;     ///< the last one, from 1
  Divergence divergence = Divergence::kLoss;  ///< where kDiverged
};

/// Trains the weights of model.graph and leaves those with the highest validation accuracy in it
/// (the earlier epoch of two equal ones), however training ends. Before the first step it sets
/// model.preprocessing to the training images' mean and deviation and model.labels to the class
/// names of the data.
///
/// Every batch is cut into parts of up to 32 images, which threads compute side by side and whose
/// gradients are added in order; BatchNormalization normalises by the part (ghost batches, Hoffer
/// et al. 2017, arXiv:1705.08741) and keeps running statistics (momentum 0.1), which validation and
/// the trained model use. Order and augmentation come from Rng streams keyed by (seed, epoch,
/// image). So one seed gives the same weights with any number of threads. A last part of one image
/// takes another from the part before it; a last batch of one image is left out of its epoch.
///
/// On "cuda" a part is the whole batch, the next one is prepared while the device computes, and the
/// same seed gives the same weights up to rounding only.
///
/// With `checkpoint` a run that was stopped and resumed (also killed in the middle of an epoch,
/// which is then done again) gives on the CPU the same bits as an unbroken one, with the same
/// LibTorch on a CPU with the same instructions; of another one `note` hears. It is written before
/// `progress` hears of the epoch.
///
/// `progress` (may be empty) is called after every step, from the calling thread; `cancel` (may be
/// null) is looked at after every step.
/// Errors: kBadArgument for options out of range, a dataset without images or labels, training
/// images of a single class, labels that the network has no class for, images of another size than
/// the network's where options.resize is false, or where
/// libripple_dense.so is missing (see dense.h); those of read_checkpoint() with `resume`; those of
/// the datasets; kIo where the checkpoint cannot be written; std::bad_alloc where memory, the CPU's
/// or the device's, runs out.
/// Memory on the CPU: the images; the weights, momentum and best weights; gradients and activations
/// of one part for every thread.
TrainResult train(Model& model, const Dataset& training, const Dataset& validation,
                  const TrainOptions& options,
                  const std::function<void(const TrainProgress&)>& progress = {},
                  const CancelFlag* cancel = nullptr);

}  // namespace ripple
