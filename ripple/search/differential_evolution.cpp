#include "ripple/search/differential_evolution.h"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/search/limits.h"

namespace ripple {
namespace {

constexpr int kPerPixel = 5;  // x, y, r, g, b
constexpr int kFirstColour = 2;
constexpr double kColourMean = 128.0;
constexpr double kColourDeviation = 127.0;

/// The nearest integer point, halves up. Assumes value >= -0.5, so that truncation is floor.
int nearest(double value, int largest) {
  return std::min(static_cast<int>(value + 0.5), largest);
}

const DifferentialEvolutionOptions& checked(const DifferentialEvolutionOptions& options, int width,
                                            int height) {
  check_search_limits(options.pixels, options.population, width, height);
  constexpr int kSmallest = 4;  // a parent and three others
  if (options.population < kSmallest) {
    throw Error(ErrorCode::kBadArgument, "--population",
                fmt::format("differential evolution needs {} members or more, got {}; raise it",
                            kSmallest, options.population));
  }
  const double high =
      options.weight_rule == WeightRule::kDithered ? options.weight_high : options.weight;
  if (!(options.weight > 0.0 && options.weight <= high && high <= 2.0)) {
    throw Error(ErrorCode::kBadArgument, "weight",
                fmt::format("the weight F must lie in (0, 2] and its low end not above its high "
                            "end, got {} to {}; the paper uses 0.5",
                            options.weight, high));
  }
  return options;
}

}  // namespace

DifferentialEvolutionOptions paper_differential_evolution(int pixels) {
  return {.pixels = pixels};
}

DifferentialEvolutionOptions scipy_best1bin(int pixels) {
  const int dimensions = kPerPixel * std::clamp(pixels, 1, kMaxPixels);
  return {.pixels = pixels,
          .population = std::max(1, 400 / dimensions) * dimensions,
          .base = MutationBase::kBest,
          .weight_rule = WeightRule::kDithered,
          .weight = 0.5,
          .weight_high = 1.0,
          .start = StartRule::kLatinHypercube,
          .bounds = BoundsRule::kRedraw,
          .box = MemberBox::kCells};
}

DifferentialEvolution::DifferentialEvolution(const DifferentialEvolutionOptions& options, int width,
                                             int height, const Rng& rng)
    : options_(checked(options, width, height)),
      rng_(rng),
      dimensions_(kPerPixel * options.pixels) {
  const bool cells = options.box == MemberBox::kCells;
  for (const int count : {width, height, 256, 256, 256}) {
    const double cell_high = count - 0.5;
    axes_.push_back(
        {cells ? -0.5 : 0.0, cells ? cell_high : count - 1.0, -0.5, cell_high, count - 1});
  }
  members_.resize(std::size_t(options.population) * dimensions_);
  proposed_.resize(members_.size());
}

void DifferentialEvolution::start_with(std::span<const PixelEdit> members) {
  assert(members.size() * kPerPixel == proposed_.size() && losses_.empty());
  double* value = proposed_.data();
  for (const PixelEdit& edit : members) {
    for (const int coordinate : {edit.x, edit.y, int{edit.r}, int{edit.g}, int{edit.b}}) {
      *value++ = coordinate;
    }
  }
  start_is_given_ = true;
}

void DifferentialEvolution::propose(CandidateBatch& out) {
  if (losses_.empty()) {
    if (!start_is_given_) start();
  } else {
    breed();
  }
  round_into(out);
}

void DifferentialEvolution::start() {
  if (options_.start == StartRule::kLatinHypercube) {
    start_latin_hypercube();
  } else {
    for (std::size_t i = 0; i < proposed_.size(); ++i) {
      const std::size_t axis = i % kPerPixel;
      proposed_[i] = axis >= kFirstColour
                         ? rng_.normal(kColourMean, kColourDeviation)
                         : rng_.uniform(axes_[axis].cell_low, axes_[axis].cell_high);
    }
  }
  // Always by clipping: a Gaussian colour drawn again would no longer be the paper's start.
  for (std::size_t i = 0; i < proposed_.size(); ++i) {
    const Axis& axis = axes_[i % kPerPixel];
    proposed_[i] = std::clamp(proposed_[i], axis.low, axis.high);
  }
}

void DifferentialEvolution::start_latin_hypercube() {
  const int count = options_.population;
  std::vector<int> slice(static_cast<std::size_t>(count));
  for (int d = 0; d < dimensions_; ++d) {
    const Axis& axis = axes_[static_cast<std::size_t>(d % kPerPixel)];
    for (int i = 0; i < count; ++i) slice[static_cast<std::size_t>(i)] = i;
    shuffle(slice, rng_);
    const double width = (axis.cell_high - axis.cell_low) / count;
    for (int i = 0; i < count; ++i) {
      proposed_[std::size_t(i) * dimensions_ + d] =
          axis.cell_low + width * (slice[static_cast<std::size_t>(i)] + rng_.uniform());
    }
  }
}

void DifferentialEvolution::breed() {
  const double weight = options_.weight_rule == WeightRule::kDithered
                            ? rng_.uniform(options_.weight, options_.weight_high)
                            : options_.weight;
  const bool on_best = options_.base == MutationBase::kBest;
  const auto member = [&](int i) { return members_.data() + std::size_t(i) * dimensions_; };
  for (int parent = 0; parent < options_.population; ++parent) {
    // best/1 takes two partners, rand/1 the base as a third in front of them.
    std::array<int, 3> partners{best_, 0, 0};
    draw_partners(rng_, options_.population, parent, std::span(partners).subspan(on_best ? 1 : 0));
    const double* base = member(partners[0]);
    const double* plus = member(partners[1]);
    const double* minus = member(partners[2]);
    const std::span child =
        std::span(proposed_).subspan(std::size_t(parent) * dimensions_, std::size_t(dimensions_));
    for (std::size_t d = 0; d < child.size(); ++d) {
      child[d] = base[d] + weight * (plus[d] - minus[d]);
    }
    keep_inside(child);
  }
}

void DifferentialEvolution::keep_inside(std::span<double> member) {
  for (std::size_t d = 0; d < member.size(); ++d) {
    const Axis& axis = axes_[d % kPerPixel];
    if (member[d] >= axis.low && member[d] <= axis.high) continue;
    member[d] = options_.bounds == BoundsRule::kClip ? std::clamp(member[d], axis.low, axis.high)
                                                     : rng_.uniform(axis.low, axis.high);
  }
}

void DifferentialEvolution::round_into(CandidateBatch& out) const {
  out.edits_per_candidate = options_.pixels;
  out.edits.resize(std::size_t(options_.population) * options_.pixels);
  const double* value = proposed_.data();
  for (PixelEdit& edit : out.edits) {
    edit.x = nearest(value[0], axes_[0].largest);
    edit.y = nearest(value[1], axes_[1].largest);
    edit.r = static_cast<std::uint8_t>(nearest(value[2], 255));
    edit.g = static_cast<std::uint8_t>(nearest(value[3], 255));
    edit.b = static_cast<std::uint8_t>(nearest(value[4], 255));
    value += kPerPixel;
  }
}

void DifferentialEvolution::observe(std::span<const float> losses) {
  assert(losses.size() == std::size_t(options_.population));
  if (losses_.empty()) {
    members_ = proposed_;
    losses_.assign(losses.begin(), losses.end());
    best_ = static_cast<int>(std::min_element(losses_.begin(), losses_.end()) - losses_.begin());
    return;
  }
  int best = best_;
  float lowest = losses_[static_cast<std::size_t>(best_)];
  for (std::size_t i = 0; i < losses_.size(); ++i) {
    if (!(losses[i] < losses_[i])) continue;
    losses_[i] = losses[i];
    std::copy_n(proposed_.begin() + i * dimensions_, dimensions_,
                members_.begin() + i * dimensions_);
    if (losses[i] < lowest) {
      lowest = losses[i];
      best = static_cast<int>(i);
    }
  }
  best_ = best;
}

void draw_partners(Rng& rng, int population, int parent, std::span<int> partners) {
  assert(partners.size() <= 3 && partners.size() < std::size_t(population));
  // A draw among the members not yet taken, counted past the taken ones in ascending order.
  std::array<int, 4> taken{parent};
  int count = 1;
  for (int& partner : partners) {
    partner = static_cast<int>(rng.below(static_cast<std::uint64_t>(population - count)));
    int place = 0;
    while (place < count && partner >= taken[static_cast<std::size_t>(place)]) {
      ++partner;
      ++place;
    }
    for (int i = count; i > place; --i) {
      taken[static_cast<std::size_t>(i)] = taken[static_cast<std::size_t>(i - 1)];
    }
    taken[static_cast<std::size_t>(place)] = partner;
    ++count;
  }
}

}  // namespace ripple
