#include "ripple/eval/dense/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <numbers>
#include <numeric>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/base/error.h"
#include "ripple/base/hash.h"
#include "ripple/base/rng.h"
#include "ripple/eval/dense/checkpoint.h"
#include "ripple/eval/dense/factories.h"
#include "ripple/eval/dense/training_network.h"
#include "ripple/eval/dense/training_set.h"

namespace ripple::dense {
namespace {

/// Images that one thread takes forward and backward at a time; part of the result, see trainer.h.
constexpr std::int64_t kPart = 32;
constexpr std::int64_t kValidationPart = 100;
constexpr std::int64_t kDeviceValidationPart = 1000;

/// What a checkpoint must agree on, in the words of a message.
nlohmann::ordered_json describe(const TrainOptions& o, const Graph& graph, std::string_view device,
                                std::int64_t part, const TrainingSet& training,
                                const TrainingSet& validation) {
  std::string shapes;
  for (const Node& node : graph.nodes) {
    shapes +=
        fmt::format("{} {} {}", node.name, op_name(node.op), to_string(graph.shape(node.output)));
    for (const Tensor* tensor : constants_of(node.op)) shapes += " " + to_string(tensor->shape);
    shapes += "\n";
  }
  std::string dropout;
  for (const Dropout& spot : o.dropout) dropout += fmt::format("{} {} ", spot.value, spot.rate);
  nlohmann::ordered_json run;
  run["network"] = o.network;
  run["its layers"] =
      sha256_hex({reinterpret_cast<const std::uint8_t*>(shapes.data()), shapes.size()});
  run["training images"] = training.size();
  run["their hash"] = training.digest();
  run["validation images"] = validation.size();
  run["hash of those"] = validation.digest();
  run["epochs"] = o.epochs;
  run["batch"] = o.batch;
  run["device"] = device;
  run["images a part"] = part;
  run["learning rate"] = o.learning_rate;
  run["warm-up"] = o.warmup_epochs;
  run["momentum"] = o.momentum;
  run["weight decay"] = o.weight_decay;
  run["flips"] = o.flips;
  run["shift"] = o.shift;
  run["dropout"] = dropout;
  run["seed"] = o.seed;
  return run;
}

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
        device_(make_device(options.device)),
        threads_(thread_count(options.threads)),
        arithmetic_(device_.is_cpu() ? arithmetic() : ""),
        part_(device_.is_cpu() ? kPart : options.batch),
        training_(load(training)),
        validation_(load(validation)) {
    if (training_.size() < 2) {
      throw Error(ErrorCode::kBadArgument, training.description(),
                  "has one image; training needs at least two");
    }
    if (training_.classes_present() < 2) {
      throw Error(ErrorCode::kBadArgument, training.description(),
                  "has images of a single class; training needs two or more");
    }
    const std::vector<std::string>& names = training.class_names();
    if (!names.empty() && static_cast<int>(names.size()) != model.graph.classes()) {
      throw Error(ErrorCode::kBadArgument, training.description(),
                  fmt::format("has {} classes, the network {}; build it for this data",
                              names.size(), model.graph.classes()));
    }
    note_common_images(training, validation);
    model.preprocessing = training_.statistics();
    model.labels = names;
  }

  TrainResult run() {
    const PixelNormalizer normalizer(*model_.preprocessing);
    TrainingNetwork network(model_.graph, options_.dropout, device_, threads_);
    best_ = model_.graph;
    const std::int64_t n = training_.size();
    for (std::int64_t first = 0; first < n; first += options_.batch)
      steps_an_epoch_ += has_step(first);
    now_.epochs = options_.epochs;
    now_.steps = steps_an_epoch_ * options_.epochs;
    nlohmann::ordered_json identity;
    if (!options_.checkpoint.empty()) {
      // Its number does not matter; its kind does, for rounding and dropout.
      identity = describe(options_, model_.graph, device_.is_cpu() ? "cpu" : "cuda", part_,
                          training_, validation_);
    }
    if (options_.resume) resume(network, identity);
    TrainResult result;
    for (now_.epoch = now_.epoch + 1; now_.epoch <= options_.epochs; ++now_.epoch) {
      result.end = run_epoch(network, normalizer);
      if (result.end != TrainEnd::kFinished) break;
      Graph current = model_.graph;
      network.save(current);
      const State state{flat_constants(current), network.velocity()};
      const bool sound = is_finite(state.constants) && is_finite(state.velocity);
      if (!sound || !validate(network, normalizer)) {
        result.end = TrainEnd::kDiverged;
        result.divergence = sound ? Divergence::kValidationLoss : Divergence::kWeights;
        break;
      }
      if (now_.best_epoch == now_.epoch) {
        best_ = std::move(current);
        best_loss_ = now_.validation_loss;
      }
      now_.epoch_done = true;
      take_time();
      // Before it is announced: who listens may throw.
      if (!options_.checkpoint.empty()) save(state, identity);
      if (callback_) callback_(now_);
    }
    result.best_epoch = now_.best_epoch;
    result.best_accuracy = now_.best_accuracy;
    result.best_loss = best_loss_;
    result.step = now_.step;
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
    return {dataset,         graph.width(), graph.height(), graph.classes(),
            options_.resize, threads_,      cancel_};
  }

  /// What a person should hear of but no error says.
  void note(const std::string& text) const {
    if (options_.note) options_.note(text);
  }
  /// Accuracy on images that are trained on says nothing about others.
  void note_common_images(const Dataset& training, const Dataset& validation) const {
    if (!options_.note) return;
    const CommonImages common = common_images(validation_, training_);
    if (common.count == 0) return;
    note(
        fmt::format("validation images that are trained on too: {} of {}, the first is {} ({} of "
                    "{}); accuracies and the choice of the epoch favour what was remembered",
                    common.count, validation_.size(), validation.sample(common.first).name,
                    training.sample(common.twin).name, training.description()));
  }

  /// What the network has come to at the end of an epoch.
  struct State {
    std::vector<float> constants;
    std::vector<float> velocity;
  };
  static bool is_finite(const std::vector<float>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](float v) { return std::isfinite(v); });
  }
  void save(const State& state, const nlohmann::ordered_json& identity) const {
    write_checkpoint(options_.checkpoint, identity,
                     {now_.epoch, now_.best_epoch, now_.best_accuracy, best_loss_, now_.seconds,
                      state.constants, state.velocity, flat_constants(best_), arithmetic_});
  }
  void resume(TrainingNetwork& network, const nlohmann::ordered_json& identity) {
    const Checkpoint from =
        read_checkpoint(options_.checkpoint, identity, flat_constants(model_.graph).size(),
                        network.velocity().size());
    if (!from.arithmetic.empty() && from.arithmetic != arithmetic_) {
      note(
          fmt::format("{} was written by {}; {} rounds sums in another way, so that the weights "
                      "will differ from those of an unbroken run",
                      options_.checkpoint.string(), from.arithmetic, arithmetic_));
    }
    Graph current = model_.graph;
    set_constants(current, from.constants);
    network.restore(current, from.velocity);
    set_constants(best_, from.best);
    now_.epoch = from.epoch;
    now_.step = steps_an_epoch_ * from.epoch;
    now_.best_epoch = from.best_epoch;
    now_.best_accuracy = from.best_accuracy;
    best_loss_ = from.best_loss;
    seconds_before_ = from.seconds;
  }

  bool is_cancelled() const { return cancel_ != nullptr && *cancel_; }
  /// A batch of one image is not trained on: BatchNormalization cannot normalise it.
  bool has_step(std::int64_t first) const { return training_.size() - first > 1; }

  /// Images in the order of this epoch.
  std::vector<std::int64_t> shuffled() const {
    std::vector<std::int64_t> order(std::size_t(training_.size()));
    std::iota(order.begin(), order.end(), 0);
    Rng rng({options_.seed, std::uint64_t(now_.epoch), 0x6f72646572});  // "order"
    shuffle(order, rng);
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

  /// Which activations of a part are dropped.
  std::uint64_t dropout_seed(std::int64_t first) const {
    return Rng({options_.seed, std::uint64_t(now_.epoch), std::uint64_t(first), 0x64726f70})
        .next();  // "drop"
  }

  /// Where part `index` of `parts` begins in a batch of `images`. BatchNormalization cannot
  /// normalise a part of one image: such a last part takes one from the part before it.
  std::int64_t part_begin(std::int64_t index, std::int64_t parts, std::int64_t images) const {
    if (index == parts) return images;
    const bool shifted = index > 0 && index == parts - 1 && images - index * part_ == 1;
    return index * part_ - (shifted ? 1 : 0);
  }

  /// Loss and gradients of the batch that begins at `first`: the sum of its parts, added in their
  /// order. As many are computed at a time as there are threads: each has gradients for all
  /// weights.
  TrainingNetwork::PartResult compute(TrainingNetwork& network, const PixelNormalizer& normalizer,
                                      std::span<const std::int64_t> order, std::int64_t first,
                                      Sums& sums) const {
    const auto used = static_cast<std::int64_t>(order.size());
    const std::int64_t parts = (used + part_ - 1) / part_;
    TrainingNetwork::PartResult sum;
    for (std::int64_t done = 0; done < parts; done += threads_) {
      const std::int64_t count = std::min<std::int64_t>(threads_, parts - done);
      std::vector<TrainingNetwork::PartResult> results(static_cast<std::size_t>(count));
      parallel_for(count, threads_, nullptr, [&](std::int64_t i, int worker) {
        use_one_thread();
        const std::int64_t begin = part_begin(done + i, parts, used);
        const std::int64_t end = part_begin(done + i + 1, parts, used);
        const auto some = order.subspan(std::size_t(begin), std::size_t(end - begin));
        const Batch batch = make_batch(training_, some, normalizer, true);
        results[std::size_t(i)] = network.forward_backward(worker, batch.input, batch.labels, used,
                                                           dropout_seed(first + begin));
      });
      for (TrainingNetwork::PartResult& part : results) {
        sums.add(part.sums);
        sum.add(std::move(part));
      }
    }
    return sum;
  }

  /// The images of the batch that begins at `first`.
  std::span<const std::int64_t> batch_at(std::span<const std::int64_t> order,
                                         std::int64_t first) const {
    const std::int64_t count = std::min<std::int64_t>(options_.batch, training_.size() - first);
    return order.subspan(std::size_t(first), std::size_t(count));
  }

  TrainEnd run_epoch(TrainingNetwork& network, const PixelNormalizer& normalizer) {
    const std::vector<std::int64_t> order = shuffled();
    const std::int64_t n = training_.size();
    Sums sums;
    std::int64_t seen = 0;
    now_.epoch_done = false;
    // Beside a device the CPU prepares the next batch.
    std::future<Batch> ahead;
    const auto prepare = [&](std::int64_t first) {
      if (device_.is_cpu() || first >= n || !has_step(first)) return;
      ahead = std::async(std::launch::async, [&, first] {
        return make_batch(training_, batch_at(order, first), normalizer, true);
      });
    };
    prepare(0);
    for (std::int64_t first = 0; first < n && has_step(first); first += options_.batch) {
      const std::span<const std::int64_t> images = batch_at(order, first);
      const auto used = static_cast<std::int64_t>(images.size());
      TrainingNetwork::PartResult result;
      if (device_.is_cpu()) {
        result = compute(network, normalizer, images, first, sums);
      } else {
        const Batch batch = ahead.get();
        prepare(first + options_.batch);
        result = network.forward_backward(0, batch.input, batch.labels, used, dropout_seed(first));
        sums.add(result.sums);
      }
      seen += used;
      now_.learning_rate = learning_rate(now_.step);
      ++now_.step;
      if (!std::isfinite(sums.loss)) return TrainEnd::kDiverged;
      network.step(result, options_, now_.learning_rate);
      now_.loss = sums.loss / static_cast<double>(seen);
      now_.accuracy = static_cast<double>(sums.correct) / static_cast<double>(seen);
      report();
      if (is_cancelled()) return TrainEnd::kCancelled;
    }
    return TrainEnd::kFinished;
  }

  /// Sets the validation figures and the best epoch; false where the loss is not a number.
  bool validate(TrainingNetwork& network, const PixelNormalizer& normalizer) {
    const std::int64_t n = validation_.size();
    const std::int64_t each = validation_part();
    const std::int64_t parts = (n + each - 1) / each;
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::vector<Sums> results(static_cast<std::size_t>(parts));
    const int threads = device_.is_cpu() ? threads_ : 1;
    parallel_for(parts, threads, nullptr, [&](std::int64_t part, int worker) {
      use_one_thread();
      const std::int64_t begin = part * each;
      const auto some =
          std::span(order).subspan(std::size_t(begin), std::size_t(std::min(each, n - begin)));
      const Batch batch = make_batch(validation_, some, normalizer, false);
      results[std::size_t(part)] = network.validate(worker, batch.input, batch.labels);
    });
    Sums sums;
    for (const Sums& part : results) sums.add(part);
    now_.validation_loss = sums.loss / static_cast<double>(n);
    now_.validation_accuracy = static_cast<double>(sums.correct) / static_cast<double>(n);
    if (!std::isfinite(sums.loss)) return false;
    if (now_.best_epoch == 0 || now_.validation_accuracy > now_.best_accuracy) {
      now_.best_accuracy = now_.validation_accuracy;
      now_.best_epoch = now_.epoch;
    }
    return true;
  }

  /// Images of one validation pass. A device that holds a training batch and its gradients holds as
  /// many images without them.
  std::int64_t validation_part() const {
    if (device_.is_cpu()) return kValidationPart;
    return std::min<std::int64_t>(kDeviceValidationPart, options_.batch);
  }

  void report() {
    take_time();
    if (callback_) callback_(now_);
  }

  void take_time() {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    now_.seconds = seconds_before_ + elapsed.count();
  }

  Model& model_;
  const TrainOptions& options_;
  const std::function<void(const TrainProgress&)>& callback_;
  const CancelFlag* cancel_;
  at::Device device_;
  int threads_;
  /// In checkpoints; on a device no two runs are the same bits in any case.
  std::string arithmetic_;
  std::int64_t part_;  ///< images that are taken forward and backward at a time
  TrainingSet training_;
  TrainingSet validation_;
  Graph best_;
  double best_loss_ = 0;
  double seconds_before_ = 0;  ///< of the runs that this one continues
  std::int64_t steps_an_epoch_ = 0;
  TrainProgress now_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

TrainResult train(Model& model, const Dataset& training, const Dataset& validation,
                  const TrainOptions& options,
                  const std::function<void(const TrainProgress&)>& progress,
                  const CancelFlag* cancel) {
  check_train_options(options);
  return with_bad_alloc([&] {
    use_one_thread();
    // Lets cuDNN try its algorithms once and keep the fastest.
    at::globalContext().setBenchmarkCuDNN(true);
    return Training(model, training, validation, options, progress, cancel).run();
  });
}

}  // namespace ripple::dense
