#include "ripple/eval/dense/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/rng.h"
#include "ripple/eval/dense/factories.h"
#include "ripple/eval/dense/program.h"
#include "ripple/eval/dense/training_set.h"

namespace ripple::dense {
namespace {

/// Images that one thread takes forward and backward at a time; part of the result, see trainer.h.
constexpr std::int64_t kPart = 32;
constexpr std::int64_t kValidationPart = 100;

void check(const TrainOptions& o) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::kBadArgument, "train", what);
  };
  require(o.epochs >= 1 && o.epochs <= 100000, "epochs must be 1 to 100000");
  require(o.batch >= 2 && o.batch <= 65536, "the batch must be 2 to 65536 images");
  require(o.learning_rate > 0 && std::isfinite(o.learning_rate),
          "the learning rate must be above 0");
  require(o.warmup_epochs >= 0 && o.warmup_epochs <= o.epochs,
          "the warm-up must be 0 to the number of epochs");
  require(o.momentum >= 0 && o.momentum < 1, "the momentum must be in [0, 1)");
  require(o.weight_decay >= 0 && o.weight_decay < 1, "the weight decay must be in [0, 1)");
  require(o.shift >= 0 && o.shift <= 4096, "the shift must be 0 to 4096 pixels");
  require(o.threads >= 0 && o.threads <= 4096, "threads must be 0 (one a core) to 4096");
}

/// What training does with constant k of an operator.
enum class Role { kWeight, kStatistic, kFixed };

Role role_of(const Op& op, std::size_t k) {
  if (std::holds_alternative<Binary>(op)) return Role::kFixed;
  const bool is_norm = std::holds_alternative<BatchNormalization>(op);
  return is_norm && k >= 2 ? Role::kStatistic : Role::kWeight;  // mean and variance
}

/// A share of a part's results: sums over its images.
struct Sums {
  double loss = 0;
  std::int64_t correct = 0;
};

Sums sums_of(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& loss_sum) {
  const at::Tensor hits = at::eq(at::argmax(logits.detach(), 1), labels).sum();
  return {loss_sum.item<double>(), hits.item<std::int64_t>()};
}

/// The weights being trained, and one copy of the network a thread that computes with them.
class Network {
 public:
  Network(const Graph& graph, int threads) {
    for (const Node& node : graph.nodes) {
      master_.push_back(make_constants(node.op, at::kCPU));
      for (std::size_t k = 0; k < master_.back().size(); ++k) {
        const Role role = role_of(node.op, k);
        if (role == Role::kWeight) weights_.push_back(master_.back()[k]);
        if (role == Role::kStatistic) statistics_.push_back(master_.back()[k]);
      }
    }
    for (const at::Tensor& weight : weights_) velocity_.push_back(at::zeros_like(weight));
    for (int i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>(graph, *this));
  }

  /// Loss (as a share of `batch` images) and gradients of one part of a batch.
  struct PartResult {
    Sums sums;
    std::vector<at::Tensor> gradients;   ///< one a weight
    std::vector<at::Tensor> statistics;  ///< running statistics after this part
  };
  PartResult forward_backward(int worker, const at::Tensor& input, const at::Tensor& labels,
                              std::int64_t batch) {
    Worker& w = *workers_[std::size_t(worker)];
    w.load_statistics(*this);
    const at::Tensor logits = w.program.run(input, true).front();
    const at::Tensor loss =
        at::cross_entropy_loss(logits, labels, at::Tensor(), at::Reduction::Sum);
    at::div(loss, static_cast<double>(batch)).backward();
    PartResult out;
    out.sums = sums_of(logits, labels, loss.detach());
    for (at::Tensor& weight : w.weights) {
      out.gradients.push_back(weight.grad().defined() ? weight.grad() : at::zeros_like(weight));
      weight.mutable_grad().reset();
    }
    for (const at::Tensor& s : w.statistics) out.statistics.push_back(s.clone());
    return out;
  }

  Sums validate(int worker, const at::Tensor& input, const at::Tensor& labels) {
    const c10::NoGradGuard no_gradients;
    Worker& w = *workers_[std::size_t(worker)];
    w.load_statistics(*this);
    const at::Tensor logits = w.program.run(input).front();
    return sums_of(logits, labels,
                   at::cross_entropy_loss(logits, labels, at::Tensor(), at::Reduction::Sum));
  }

  /// One step of gradient descent with the sum of the parts, added in their order.
  void step(std::vector<PartResult>& parts, const TrainOptions& options, double learning_rate) {
    const c10::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      at::Tensor gradient = parts[0].gradients[i];
      for (std::size_t p = 1; p < parts.size(); ++p) gradient.add_(parts[p].gradients[i]);
      if (weights_[i].dim() > 1) gradient.add_(weights_[i], options.weight_decay);
      velocity_[i].mul_(options.momentum).add_(gradient);
      weights_[i].add_(velocity_[i], -learning_rate);
    }
    for (std::size_t i = 0; i < statistics_.size(); ++i) {
      at::Tensor sum = parts[0].statistics[i];
      for (std::size_t p = 1; p < parts.size(); ++p) sum.add_(parts[p].statistics[i]);
      statistics_[i].copy_(sum.div_(static_cast<double>(parts.size())));
    }
  }

  /// Copies the weights and statistics into the graph.
  void save(Graph& graph) const {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const std::vector<Tensor*> constants = constants_of(graph.nodes[i].op);
      for (std::size_t k = 0; k < constants.size(); ++k) *constants[k] = from_torch(master_[i][k]);
    }
  }

 private:
  /// Shares the memory of the weights; has gradients and statistics of its own.
  struct Worker {
    Worker(const Graph& graph, const Network& network)
        : program(graph, {graph.logits}, ProgramMode::kAutograd, at::kCPU) {
      for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        std::vector<at::Tensor>& constants = program.constants(i);
        for (std::size_t k = 0; k < constants.size(); ++k) {
          const Role role = role_of(graph.nodes[i].op, k);
          if (role == Role::kStatistic) statistics.push_back(constants[k]);
          if (role != Role::kWeight) continue;
          constants[k] = network.master_[i][k].detach();
          constants[k].set_requires_grad(true);
          weights.push_back(constants[k]);
        }
      }
    }
    void load_statistics(const Network& network) {
      const c10::NoGradGuard no_gradients;
      for (std::size_t i = 0; i < statistics.size(); ++i) {
        statistics[i].copy_(network.statistics_[i]);
      }
    }

    Program program;
    std::vector<at::Tensor> weights;
    std::vector<at::Tensor> statistics;
  };

  std::vector<std::vector<at::Tensor>> master_;  ///< by node
  std::vector<at::Tensor> weights_;              ///< of master_
  std::vector<at::Tensor> statistics_;           ///< of master_: running means and variances
  std::vector<at::Tensor> velocity_;             ///< by weight
  std::vector<std::unique_ptr<Worker>> workers_;
};

/// One call of train().
class Training {
 public:
  Training(Model& model, const Dataset& training, const Dataset& validation,
           const TrainOptions& options, const std::function<void(const TrainProgress&)>& progress,
           const CancelFlag* cancel)
      : model_(model),
        options_(options),
        callback_(progress),
        cancel_(cancel),
        threads_(thread_count(options.threads)),
        training_(load(training)),
        validation_(load(validation)) {
    if (training_.size() < 2) {
      throw Error(ErrorCode::kBadArgument, training.description(),
                  "has one image; training needs at least two");
    }
    const std::vector<std::string>& names = training.class_names();
    if (!names.empty() && static_cast<int>(names.size()) != model.graph.classes()) {
      throw Error(ErrorCode::kBadArgument, training.description(),
                  fmt::format("has {} classes, the network {}; build it for this data",
                              names.size(), model.graph.classes()));
    }
    model.preprocessing = training_.statistics();
    model.labels = names;
  }

  TrainResult run() {
    const PixelNormalizer normalizer(*model_.preprocessing);
    Network network(model_.graph, threads_);
    best_ = model_.graph;
    const std::int64_t n = training_.size();
    for (std::int64_t first = 0; first < n; first += options_.batch)
      steps_an_epoch_ += has_step(first);
    now_.epochs = options_.epochs;
    now_.steps = steps_an_epoch_ * options_.epochs;
    TrainResult result;
    for (now_.epoch = 1; now_.epoch <= options_.epochs; ++now_.epoch) {
      result.end = run_epoch(network, normalizer);
      if (result.end != TrainEnd::kFinished) break;
      if (!validate(network, normalizer)) {
        result.end = TrainEnd::kDiverged;
        break;
      }
      if (now_.best_epoch == now_.epoch) {
        network.save(best_);
        result.best_loss = now_.validation_loss;
      }
      now_.epoch_done = true;
      report();
      result.epochs.push_back(now_);
    }
    result.best_epoch = now_.best_epoch;
    result.best_accuracy = now_.best_accuracy;
    model_.graph = std::move(best_);
    return result;
  }

 private:
  TrainingSet load(const Dataset& dataset) const {
    const Graph& graph = model_.graph;
    if (graph.shape(graph.input).size() != 3 || graph.channels() != 3) {
      throw Error(ErrorCode::kBadArgument, "train",
                  fmt::format("the network's input is {}, images are 3xHxW",
                              to_string(graph.shape(graph.input))));
    }
    return {dataset, graph.width(), graph.height(), graph.classes(), threads_, cancel_};
  }
  bool is_cancelled() const { return cancel_ != nullptr && *cancel_; }
  /// A batch of one image is not trained on: BatchNormalization cannot normalise it.
  bool has_step(std::int64_t first) const { return training_.size() - first > 1; }

  /// Images in the order of this epoch.
  std::vector<std::int64_t> shuffled() const {
    std::vector<std::int64_t> order(std::size_t(training_.size()));
    std::iota(order.begin(), order.end(), 0);
    Rng rng({options_.seed, std::uint64_t(now_.epoch), 0x6f72646572});  // "order"
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
    return order;
  }

  double learning_rate(std::int64_t step) const {
    const double warmup = options_.warmup_epochs * static_cast<double>(steps_an_epoch_);
    const auto done = static_cast<double>(step);
    if (done < warmup) return options_.learning_rate * (done + 1.0) / (warmup + 1.0);
    const double left = static_cast<double>(now_.steps) - warmup;
    return options_.learning_rate * 0.5 *
           (1.0 + std::cos(std::numbers::pi * (done - warmup) / left));
  }

  /// Images `order` of a set as a batch, and their labels.
  struct Batch {
    at::Tensor input;
    at::Tensor labels;
  };
  Batch make_batch(const TrainingSet& set, std::span<const std::int64_t> order,
                   const PixelNormalizer& normalizer, bool augment) const {
    const Shape& image = model_.graph.shape(model_.graph.input);
    const auto n = static_cast<std::int64_t>(order.size());
    Batch out{at::empty({n, image[0], image[1], image[2]}, at::TensorOptions(at::kFloat)),
              at::empty({n}, at::TensorOptions(at::kLong))};
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t index = order[std::size_t(i)];
      Augmentation augmentation;
      if (augment) {
        Rng rng({options_.seed, std::uint64_t(now_.epoch), std::uint64_t(index)});
        augmentation = draw_augmentation(rng, options_.flips, options_.shift);
      }
      set.write(index, normalizer, augmentation,
                out.input.data_ptr<float>() + i * element_count(image));
      out.labels.data_ptr<std::int64_t>()[i] = set.label(index);
    }
    return out;
  }

  TrainEnd run_epoch(Network& network, const PixelNormalizer& normalizer) {
    const std::vector<std::int64_t> order = shuffled();
    Sums sums;
    std::int64_t seen = 0;
    now_.epoch_done = false;
    for (std::int64_t first = 0; first < training_.size() && has_step(first);
         first += options_.batch) {
      const std::int64_t count = std::min<std::int64_t>(options_.batch, training_.size() - first);
      const std::int64_t parts = count / kPart + (count % kPart > 1 ? 1 : 0);
      const std::int64_t used = std::min(count, parts * kPart);
      std::vector<Network::PartResult> results(static_cast<std::size_t>(parts));
      parallel_for(parts, threads_, nullptr, [&](std::int64_t part, int worker) {
        use_one_thread();
        const std::int64_t begin = part * kPart;
        const Batch batch =
            make_batch(training_,
                       std::span(order).subspan(std::size_t(first + begin),
                                                std::size_t(std::min(kPart, used - begin))),
                       normalizer, true);
        results[std::size_t(part)] =
            network.forward_backward(worker, batch.input, batch.labels, used);
      });
      for (const auto& part : results) {
        sums.loss += part.sums.loss;
        sums.correct += part.sums.correct;
      }
      seen += used;
      if (!std::isfinite(sums.loss)) return TrainEnd::kDiverged;
      now_.learning_rate = learning_rate(now_.step);
      network.step(results, options_, now_.learning_rate);
      ++now_.step;
      now_.loss = sums.loss / static_cast<double>(seen);
      now_.accuracy = static_cast<double>(sums.correct) / static_cast<double>(seen);
      report();
      if (is_cancelled()) return TrainEnd::kCancelled;
    }
    return TrainEnd::kFinished;
  }

  /// Sets the validation figures and the best epoch; false where the loss is not a number.
  bool validate(Network& network, const PixelNormalizer& normalizer) {
    const std::int64_t n = validation_.size();
    const std::int64_t parts = (n + kValidationPart - 1) / kValidationPart;
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::vector<Sums> results(static_cast<std::size_t>(parts));
    parallel_for(parts, threads_, nullptr, [&](std::int64_t part, int worker) {
      use_one_thread();
      const std::int64_t begin = part * kValidationPart;
      const auto some = std::span(order).subspan(std::size_t(begin),
                                                 std::size_t(std::min(kValidationPart, n - begin)));
      const Batch batch = make_batch(validation_, some, normalizer, false);
      results[std::size_t(part)] = network.validate(worker, batch.input, batch.labels);
    });
    Sums sums;
    for (const Sums& part : results) {
      sums.loss += part.loss;
      sums.correct += part.correct;
    }
    now_.validation_loss = sums.loss / static_cast<double>(n);
    now_.validation_accuracy = static_cast<double>(sums.correct) / static_cast<double>(n);
    if (!std::isfinite(sums.loss)) return false;
    if (now_.best_epoch == 0 || now_.validation_accuracy > now_.best_accuracy) {
      now_.best_accuracy = now_.validation_accuracy;
      now_.best_epoch = now_.epoch;
    }
    return true;
  }

  void report() {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    now_.seconds = elapsed.count();
    now_.seconds_left =
        now_.seconds / static_cast<double>(now_.step) * static_cast<double>(now_.steps - now_.step);
    if (callback_) callback_(now_);
  }

  Model& model_;
  const TrainOptions& options_;
  const std::function<void(const TrainProgress&)>& callback_;
  const CancelFlag* cancel_;
  int threads_;
  TrainingSet training_;
  TrainingSet validation_;
  Graph best_;
  std::int64_t steps_an_epoch_ = 0;
  TrainProgress now_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

TrainResult train(Model& model, const Dataset& training, const Dataset& validation,
                  const TrainOptions& options,
                  const std::function<void(const TrainProgress&)>& progress,
                  const CancelFlag* cancel) {
  check(options);
  use_one_thread();
  return Training(model, training, validation, options, progress, cancel).run();
}

}  // namespace ripple::dense
