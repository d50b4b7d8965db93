#include "ripple/attack/pgd.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "ripple/attack/introduce.h"
#include "ripple/attack/judge.h"
#include "ripple/base/error.h"
#include "ripple/base/in_order.h"
#include "ripple/base/names.h"
#include "ripple/base/rng.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

constexpr Named<Norm> kNorms[] = {{"linf", Norm::kLinf}, {"l2", Norm::kL2}};
constexpr std::int64_t kBlock = 16;

/// Real-valued images, 0..255, in the order of Image::pixels.
using Pixels = std::vector<double>;

double length(std::span<const double> values) {
  return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

/// Takes `x` back into the eps ball around the clean image and into 0..255. The colour cube is
/// convex and holds the centre, so that clipping to it never leaves the ball.
void project(Pixels& x, const Image& clean, const PgdOptions& options) {
  std::vector<double> change(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) change[i] = x[i] - clean.pixels[i];
  if (options.norm == Norm::kL2) {
    const double far = length(change);
    if (far > options.eps) {
      for (double& c : change) c *= options.eps / far;
    }
  } else {
    for (double& c : change) c = std::clamp(c, -options.eps, options.eps);
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = std::clamp(clean.pixels[i] + change[i], 0.0, 255.0);
  }
}

/// One step along `direction`, the derivative by the components of the image.
void take_step(Pixels& x, std::span<const double> direction, const PgdOptions& options) {
  if (options.norm == Norm::kLinf) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (direction[i] > 0.0) x[i] += options.step;
      if (direction[i] < 0.0) x[i] -= options.step;  // no number is no direction
    }
    return;
  }
  const double norm = length(direction);
  if (!(norm > 0.0)) return;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += options.step * direction[i] / norm;
}

Pixels start_point(const Image& clean, const PgdOptions& options, Rng rng) {
  Pixels x(clean.pixels.begin(), clean.pixels.end());
  if (!options.random_start) return x;
  if (options.norm == Norm::kLinf) {
    for (double& value : x) value += rng.uniform(-options.eps, options.eps);
  } else {
    // Uniform in the ball: a Gaussian direction, the radius by the d-th root.
    std::vector<double> direction(x.size());
    for (double& value : direction) value = rng.normal(0.0, 1.0);
    const double radius =
        options.eps * std::pow(rng.uniform(), 1.0 / static_cast<double>(x.size()));
    const double scale = radius / length(direction);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += scale * direction[i];
  }
  project(x, clean, options);
  return x;
}

/// The nearest 8-bit image inside the ball. Under L2 rounding can leave it: components then go to
/// the integer nearer to the clean value, those first that rounding moved furthest out.
Image rounded(const Pixels& x, const Image& clean, const PgdOptions& options) {
  Image out = clean;
  std::vector<std::pair<double, std::size_t>> outward;  // by how much rounding moved it, negated
  double squares = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double base = clean.pixels[i];
    double value = std::round(x[i]);
    if (options.norm == Norm::kLinf) {
      value = std::clamp(value, std::ceil(base - options.eps), std::floor(base + options.eps));
    }
    const double excess = std::abs(value - base) - std::abs(x[i] - base);
    if (excess > 0.0) outward.emplace_back(-excess, i);
    squares += (value - base) * (value - base);
    out.pixels[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
  }
  if (options.norm == Norm::kLinf) return out;
  std::sort(outward.begin(), outward.end());
  for (const auto& [excess, i] : outward) {
    if (squares <= options.eps * options.eps) break;
    const double change = double(out.pixels[i]) - double(clean.pixels[i]);
    squares -= 2.0 * std::abs(change) - 1.0;
    out.pixels[i] = static_cast<std::uint8_t>(out.pixels[i] + (change > 0.0 ? -1 : 1));
  }
  return out;
}

void measure(PgdResult& result, const Image& clean) {
  double squares = 0.0;
  for (std::size_t p = 0; p < clean.pixels.size(); p += 3) {
    bool differs = false;
    for (std::size_t i = p; i < p + 3; ++i) {
      const int change = int(result.adversarial.pixels[i]) - int(clean.pixels[i]);
      result.linf = std::max(result.linf, std::abs(change));
      squares += change * change;
      differs |= change != 0;
    }
    result.pixels += differs;
  }
  result.l2 = std::sqrt(squares);
}

/// The images of a batch that are being attacked, by their place in it.
class Batch {
 public:
  Batch(PgdNetwork& network, const Preprocessing& preprocessing, std::span<const Sample> images,
        const PgdOptions& options, std::vector<PgdResult>& results)
      : network_(network),
        preprocessing_(preprocessing),
        images_(images),
        options_(options),
        results_(results) {}

  /// Label, target and whether to skip, from the clean image.
  void introduce(std::size_t i) {
    const Sample& sample = images_[i];
    PgdResult& result = results_[i];
    check_label(sample.label, network_.verifier->classes(), result.index);
    classify(sample.image, result.index);
    const bool named = options_.goal == Goal::kTarget;
    ripple::introduce(result, sample.label, named ? std::optional(options_.target) : std::nullopt,
                      options_.goal, logits_);
    result.name = sample.name;
    result.adversarial = sample.image;
  }

  /// One run from its start to the verified 8-bit image, for the images `open`.
  void run(const std::vector<std::size_t>& open, int restart, const CancelFlag* cancel) {
    std::vector<Pixels> points;
    std::vector<int> classes;
    for (const std::size_t i : open) {
      const PgdResult& result = results_[i];
      const Rng rng{options_.seed, static_cast<std::uint64_t>(result.index),
                    static_cast<std::uint64_t>(restart),
                    result.target ? static_cast<std::uint64_t>(*result.target) + 1 : 0};
      points.push_back(start_point(images_[i].image, options_, rng));
      classes.push_back(result.target.value_or(result.label));
    }
    for (int iteration = 0; iteration < options_.iterations; ++iteration) {
      if (cancel != nullptr && cancel->load()) {
        throw Error(ErrorCode::kCancelled, "attack", "stopped; finished images are kept");
      }
      iterate(open, classes, points);
    }
    for (std::size_t k = 0; k < open.size(); ++k) {
      conclude(open[k], rounded(points[k], images_[open[k]].image, options_), restart == 0);
    }
  }

 private:
  std::vector<double> classify(const Image& image, std::int64_t index) {
    logits_.resize(std::size_t(network_.verifier->classes()));
    network_.verifier->logits_of(image, logits_);
    check_finite(logits_, index);
    return softmax(logits_);
  }

  void iterate(const std::vector<std::size_t>& open, std::span<const int> classes,
               std::vector<Pixels>& points) {
    const Image& first = images_[open[0]].image;
    const std::size_t plane = std::size_t(first.width) * std::size_t(first.height);
    Tensor inputs{{static_cast<std::int64_t>(open.size()), 3, first.height, first.width}, {}};
    inputs.data.resize(open.size() * 3 * plane);
    for (std::size_t k = 0; k < open.size(); ++k) {
      for (std::size_t i = 0; i < 3 * plane; ++i) {
        const std::size_t c = i % 3;
        inputs.data[(k * 3 + c) * plane + i / 3] =
            static_cast<float>((points[k][i] - preprocessing_.mean[c]) / preprocessing_.std[c]);
      }
    }
    const Gradients gradients = network_.gradients->run(inputs, classes, {Score::kCrossEntropy});
    std::vector<double> direction(3 * plane);
    for (std::size_t k = 0; k < open.size(); ++k) {
      const double sign = results_[open[k]].target ? -1.0 : 1.0;
      for (std::size_t i = 0; i < 3 * plane; ++i) {
        const std::size_t c = i % 3;
        direction[i] =
            sign * gradients.input.data[(k * 3 + c) * plane + i / 3] / preprocessing_.std[c];
      }
      take_step(points[k], direction, options_);
      project(points[k], images_[open[k]].image, options_);
      ++results_[open[k]].gradients;
    }
  }

  void conclude(std::size_t i, Image image, bool is_first) {
    PgdResult& result = results_[i];
    const std::vector<double> probabilities = classify(image, results_[i].index);
    const int predicted = argmax(logits_);
    const bool success = Aim{result.label, result.target}.reached_by(predicted);
    const auto driven = [&](const PgdResult& r, double after) { return r.target ? -after : after; };
    const double after = probabilities[std::size_t(result.target.value_or(result.label))];
    if (!is_first && !success && driven(result, after) >= driven(result, best_[i])) return;
    best_[i] = after;
    result.success = success;
    result.predicted = predicted;
    result.confidence_after = probabilities[std::size_t(result.label)];
    result.confidence_predicted = probabilities[std::size_t(predicted)];
    result.adversarial = std::move(image);
  }

  PgdNetwork& network_;
  const Preprocessing& preprocessing_;
  std::span<const Sample> images_;
  const PgdOptions& options_;
  std::vector<PgdResult>& results_;
  std::vector<float> logits_;
  std::map<std::size_t, double> best_;  // driven probability of what is reported so far
};

[[noreturn]] void refuse(const char* option, const std::string& problem) {
  throw Error(ErrorCode::kBadArgument, option, problem);
}

}  // namespace

std::string_view to_string(Norm norm) {
  return name_of<Norm>(kNorms, norm);
}
Norm parse_norm(std::string_view name) {
  return value_of<Norm>(kNorms, "--norm", name);
}

PgdOptions fgsm_preset(double eps) {
  return {.eps = eps, .step = eps, .iterations = 1};
}

PgdOptions pgd_toolbox_preset() {
  return {.eps = 0.3 * 255.0, .step = 0.1 * 255.0, .iterations = 100};
}

void check_pgd_options(const PgdOptions& options, int classes) {
  check_other_class(classes, "attack");
  // A colour component changes by 1 at least, so that a smaller ball holds the clean image alone.
  if (!(options.eps >= 1.0 && options.eps <= 1e6)) {
    refuse("--eps", fmt::format("{} is out of range; give 1 to 1e6, in 0..255 units of the image "
                                "(a smaller distance holds no other 8-bit image)",
                                options.eps));
  }
  if (!(options.step > 0.0 && options.step <= 1e6)) {
    refuse("--step",
           fmt::format("{} is out of range; give a number above 0, to 1e6, in 0..255 units",
                       options.step));
  }
  if (options.iterations < 1 || options.iterations > 1000000) {
    refuse("--iterations",
           fmt::format("{} is out of range; give 1 to 1000000", options.iterations));
  }
  if (options.restarts < 1 || options.restarts > 10000) {
    refuse("--restarts", fmt::format("{} is out of range; give 1 to 10000", options.restarts));
  }
  if (options.restarts > 1 && !options.random_start) {
    refuse("--restarts", "all runs would be the same; give --random-start too");
  }
  if (options.goal == Goal::kAllTargets) {
    refuse("--target", "'all' goes with pixel attacks; give PGD one class, or least-likely");
  }
  if (options.goal == Goal::kTarget && (options.target < 0 || options.target >= classes)) {
    refuse("--target", fmt::format("class {} does not exist; the network has classes 0 to {}",
                                   options.target, classes - 1));
  }
}

std::vector<PgdResult> pgd_attack(PgdNetwork& network, const Preprocessing& preprocessing,
                                  std::span<const Sample> images,
                                  std::span<const std::int64_t> indices, const PgdOptions& options,
                                  const CancelFlag* cancel) {
  check_pgd_options(options, network.gradients->classes());
  std::vector<PgdResult> results(images.size());
  Batch batch(network, preprocessing, images, options, results);
  for (std::size_t i = 0; i < images.size(); ++i) {
    results[i].index = indices[i];
    batch.introduce(i);
  }
  for (int restart = 0; restart < options.restarts; ++restart) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (results[i].skipped == SkipReason::kNone && !results[i].success) open.push_back(i);
    }
    if (open.empty()) break;
    batch.run(open, restart, cancel);
  }
  for (std::size_t i = 0; i < images.size(); ++i) measure(results[i], images[i].image);
  return results;
}

bool pgd_attack_many(const std::vector<std::int64_t>& indices, const ImageSource& source,
                     const PgdNetworkFactory& factory, const Preprocessing& preprocessing,
                     const PgdOptions& options, int threads, const CancelFlag* cancel,
                     const std::function<void(const PgdResult&)>& on_result) {
  using Block = std::vector<PgdResult>;
  std::vector<PgdNetwork> networks(std::size_t(std::max(1, threads)));
  const auto size = static_cast<std::int64_t>(indices.size());
  const auto attack_block = [&](std::int64_t place, int worker) -> std::optional<Block> {
    PgdNetwork& network = networks[std::size_t(worker)];
    if (!network.gradients) network = factory();
    const auto mine = std::span(indices).subspan(
        std::size_t(place * kBlock), std::size_t(std::min(kBlock, size - place * kBlock)));
    std::vector<Sample> images;
    for (const std::int64_t index : mine) images.push_back(source(index));
    return pgd_attack(network, preprocessing, images, mine, options, cancel);
  };
  return parallel_in_order<Block>((size + kBlock - 1) / kBlock, threads, cancel, attack_block,
                                  [&](const Block& block) {
                                    for (const PgdResult& result : block) on_result(result);
                                  });
}

}  // namespace ripple
