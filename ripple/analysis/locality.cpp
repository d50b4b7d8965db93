#include "ripple/analysis/locality.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "ripple/attack/judge.h"
#include "ripple/base/names.h"
#include "ripple/base/rng.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

constexpr Named<SamePerturbation> kPerturbations[] = {
    {"colour", SamePerturbation::kColour},
    {"difference", SamePerturbation::kDifference},
};

/// Part of the key of the random streams: apart from those of attacks with the same seed.
constexpr std::uint64_t kLocalityStream = 0x6c6f63616c697479;

std::uint8_t moved_channel(std::uint8_t edited, std::uint8_t was, std::uint8_t now,
                           SamePerturbation perturbation) {
  if (perturbation == SamePerturbation::kColour) return edited;
  return static_cast<std::uint8_t>(std::clamp(int{now} + int{edited} - int{was}, 0, 255));
}

/// All moves that keep the edits inside, rows from the top; no move is among them.
std::vector<Offset> possible_offsets(const LocalityCase& attack) {
  int left = attack.clean.width, top = attack.clean.height, right = 0, bottom = 0;
  for (const PixelEdit& edit : attack.edits) {
    left = std::min(left, edit.x);
    right = std::max(right, edit.x);
    top = std::min(top, edit.y);
    bottom = std::max(bottom, edit.y);
  }
  std::vector<Offset> offsets;
  for (int dy = -top; dy < attack.clean.height - bottom; ++dy) {
    for (int dx = -left; dx < attack.clean.width - right; ++dx) {
      if (dx != 0 || dy != 0) offsets.push_back({dx, dy});
    }
  }
  return offsets;
}

/// Whether the edits reach the goal at each of the places.
std::vector<char> try_offsets(const LocalityCase& attack, const std::vector<Offset>& offsets,
                              SamePerturbation perturbation, Evaluator& evaluator) {
  constexpr std::size_t kBatch = 400;  // as an attack's
  const Aim aim{attack.label, attack.target};
  const auto classes = static_cast<std::size_t>(evaluator.classes());
  CandidateBatch batch;
  batch.edits_per_candidate = static_cast<int>(attack.edits.size());
  std::vector<float> logits;
  std::vector<char> successes;
  for (std::size_t first = 0; first < offsets.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, offsets.size() - first);
    batch.edits.clear();
    for (std::size_t i = first; i < first + count; ++i) {
      const auto moved = move_edits(attack, offsets[i], perturbation);
      batch.edits.insert(batch.edits.end(), moved->begin(), moved->end());
    }
    logits.resize(count * classes);
    evaluator.score(batch, logits);
    check_finite(logits, attack.index);
    for (std::size_t i = 0; i < count; ++i) {
      successes.push_back(aim.reached_by(argmax(std::span(logits).subspan(i * classes, classes))));
    }
  }
  return successes;
}

}  // namespace

std::string_view to_string(SamePerturbation perturbation) {
  return name_of<SamePerturbation>(kPerturbations, perturbation);
}

SamePerturbation parse_same_perturbation(std::string_view name) {
  return value_of<SamePerturbation>(kPerturbations, "--perturbation", name);
}

int distance(const Offset& offset) {
  return std::max(std::abs(offset.dx), std::abs(offset.dy));
}

std::optional<std::vector<PixelEdit>> move_edits(const LocalityCase& attack, const Offset& offset,
                                                 SamePerturbation perturbation) {
  std::vector<PixelEdit> moved;
  for (const PixelEdit& edit : attack.edits) {
    const int x = edit.x + offset.dx;
    const int y = edit.y + offset.dy;
    if (x < 0 || x >= attack.clean.width || y < 0 || y >= attack.clean.height) return std::nullopt;
    const std::uint8_t* was = attack.clean.at(edit.x, edit.y);
    const std::uint8_t* now = attack.clean.at(x, y);
    moved.push_back({x, y, moved_channel(edit.r, was[0], now[0], perturbation),
                     moved_channel(edit.g, was[1], now[1], perturbation),
                     moved_channel(edit.b, was[2], now[2], perturbation)});
  }
  return moved;
}

LocalityResult locality(const LocalityCase& attack, const LocalityOptions& options,
                        Evaluator& evaluator) {
  const std::vector<Offset> possible = possible_offsets(attack);
  std::vector<Offset> near;
  std::copy_if(possible.begin(), possible.end(), std::back_inserter(near),
               [](const Offset& offset) { return distance(offset) == 1; });
  Rng rng({options.seed, kLocalityStream, std::uint64_t(attack.index),
           std::uint64_t(attack.target.value_or(-1) + 1)});

  // The original place first, then what the rates need.
  std::vector<Offset> tried{{0, 0}};
  if (!possible.empty()) tried.push_back(possible[rng.below(possible.size())]);
  const std::size_t nearby = near.empty() ? 0 : rng.below(near.size());
  const std::size_t first_near = tried.size();
  tried.insert(tried.end(), near.begin(), near.end());
  const std::size_t first_moved = tried.size();
  if (options.every_pixel) tried.insert(tried.end(), possible.begin(), possible.end());

  evaluator.refresh(attack.clean);
  const std::vector<char> successes = try_offsets(attack, tried, options.perturbation, evaluator);
  LocalityResult result;
  result.original = successes[0];
  if (!possible.empty()) result.random = successes[1];
  if (!near.empty()) result.nearby = successes[first_near + nearby];
  result.neighbours = std::ssize(near);
  result.neighbour_successes =
      std::count(successes.begin() + std::ptrdiff_t(first_near),
                 successes.begin() + std::ptrdiff_t(first_near + near.size()), 1);
  for (std::size_t i = first_moved; i < tried.size(); ++i) {
    result.moved.push_back({tried[i], successes[i] != 0});
  }
  return result;
}

LocalityTotals::LocalityTotals(int width, int height)
    : width_(width),
      height_(height),
      by_distance_(static_cast<std::size_t>(std::max(width, height))),
      within_(by_distance_.size()),
      trials_(static_cast<std::size_t>(offset_rows()) * static_cast<std::size_t>(offset_columns())),
      successes_(trials_.size()) {}

void LocalityTotals::add(const LocalityResult& result) {
  original.add(1, result.original);
  by_distance_[0].add(1, result.original);
  if (result.random) random.add(1, *result.random);
  if (result.nearby) nearby.add(1, *result.nearby);
  neighbours.add(result.neighbours, result.neighbour_successes);
  std::vector<std::int64_t> trials(by_distance_.size()), successes(by_distance_.size());
  for (const MovedOutcome& moved : result.moved) {
    const auto ring = static_cast<std::size_t>(distance(moved.offset));
    ++trials[ring];
    successes[ring] += moved.success;
    const auto place = static_cast<std::size_t>((moved.offset.dy + height_ - 1) * offset_columns() +
                                                moved.offset.dx + width_ - 1);
    ++trials_[place];
    successes_[place] += moved.success;
  }
  std::int64_t trials_within = 0;
  std::int64_t successes_within = 0;
  for (std::size_t ring = 1; ring < by_distance_.size(); ++ring) {
    by_distance_[ring].add(trials[ring], successes[ring]);
    trials_within += trials[ring];
    successes_within += successes[ring];
    within_[ring].add(trials_within, successes_within);
  }
  every_pixel.add(trials_within, successes_within);
}

ClusteredRate LocalityTotals::within(int most) const {
  if (most < 1) return {};
  return within_[std::min(static_cast<std::size_t>(most), within_.size() - 1)];
}

std::vector<float> LocalityTotals::rate_by_offset() const {
  std::vector<float> rates(trials_.size(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (trials_[i] > 0) {
      rates[i] =
          static_cast<float>(static_cast<double>(successes_[i]) / static_cast<double>(trials_[i]));
    }
  }
  return rates;
}

}  // namespace ripple
