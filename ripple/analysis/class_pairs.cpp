#include "ripple/analysis/class_pairs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "ripple/attack/results_file.h"
#include "ripple/base/statistics.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using Attacks = std::vector<const AttackResult*>;

std::size_t place(int index) {
  return static_cast<std::size_t>(index);
}

/// Those that were made, by image, then target: any order of the results sums up alike.
Attacks attacks_of(const std::vector<AttackResult>& results) {
  Attacks attacks;
  for (const AttackResult& result : results) {
    if (result.skipped == SkipReason::kNone) attacks.push_back(&result);
  }
  std::sort(attacks.begin(), attacks.end(),
            [](const AttackResult* a, const AttackResult* b) { return stands_before(*a, *b); });
  return attacks;
}

/// The same, a group an image.
std::vector<Attacks> grouped_by_image(const Attacks& attacks) {
  std::vector<Attacks> images;
  for (const AttackResult* attack : attacks) {
    if (images.empty() || images.back().front()->index != attack->index) images.emplace_back();
    images.back().push_back(attack);
  }
  return images;
}

PairMatrix matrix_of(const Attacks& attacks, int classes) {
  PairMatrix matrix{classes, std::vector<PairCell>(place(classes) * place(classes))};
  std::vector<RunningMean> evaluations(matrix.cells.size());
  const auto cell = [&](int original, int target) {
    return place(original) * place(classes) + place(target);
  };
  for (const AttackResult* attack : attacks) {
    if (attack->target) {
      ++matrix.cells[cell(attack->label, *attack->target)].attacks;
    } else {
      for (int target = 0; target < classes; ++target)
        matrix.cells[cell(attack->label, target)].attacks += target != attack->label;
    }
    if (!attack->success) continue;
    const std::size_t at = cell(attack->label, attack->target.value_or(attack->predicted));
    ++matrix.cells[at].successes;
    if (attack->evaluations_to_success)
      evaluations[at].add(static_cast<double>(*attack->evaluations_to_success));
  }
  for (std::size_t i = 0; i < matrix.cells.size(); ++i)
    matrix.cells[i].mean_evaluations_to_success = evaluations[i].mean();
  return matrix;
}

PairAsymmetry compare(const PairMatrix& matrix, int a, int b) {
  PairAsymmetry pair{a, b, matrix.at(a, b), matrix.at(b, a)};
  pair.p_value = fisher_exact_p(pair.there.successes, pair.there.attacks, pair.back.successes,
                                pair.back.attacks);
  if (pair.there.rate() < pair.back.rate()) {
    std::swap(pair.from, pair.to);
    std::swap(pair.there, pair.back);
  }
  pair.difference = pair.there.rate() - pair.back.rate();
  return pair;
}

Asymmetry asymmetry_of(const PairMatrix& matrix) {
  Asymmetry out;
  std::vector<double> rates, transposed, differences, p_values;
  for (int a = 0; a < matrix.classes; ++a) {
    for (int b = a + 1; b < matrix.classes; ++b) {
      if (matrix.at(a, b).attacks == 0 || matrix.at(b, a).attacks == 0) continue;
      out.pairs.push_back(compare(matrix, a, b));
      differences.push_back(out.pairs.back().difference);
      p_values.push_back(out.pairs.back().p_value);
      for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
        rates.push_back(matrix.at(from, to).rate());
        transposed.push_back(matrix.at(to, from).rate());
      }
    }
  }
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    out.pairs[i].p_holm = adjusted[i];
    out.differing += adjusted[i] < 0.05;
  }
  out.mean_difference = mean(differences);
  out.spearman = out.pairs.empty() ? kNone : spearman(rates, transposed);
  out.spearman_interval =
      both_ways_correlation_interval(out.spearman, static_cast<std::int64_t>(out.pairs.size()));
  std::stable_sort(out.pairs.begin(), out.pairs.end(),
                   [](const auto& a, const auto& b) { return a.difference > b.difference; });
  return out;
}

Reach reach_of(const std::vector<Attacks>& images, int classes) {
  Reach reach;
  reach.images.resize(place(classes));
  std::int64_t total = 0;
  std::int64_t reached = 0;
  for (const Attacks& image : images) {
    if (image.size() + 1 != place(classes)) {
      ++reach.incomplete;
      continue;
    }
    const auto targets = std::count_if(image.begin(), image.end(),
                                       [](const AttackResult* attack) { return attack->success; });
    ++reach.images[static_cast<std::size_t>(targets)];
    ++total;
    reached += targets;
  }
  reach.any = make_rate(total - reach.images[0], total);
  reach.mean = total == 0 ? kNone : static_cast<double>(reached) / static_cast<double>(total);
  return reach;
}

void add_rates(ClassPairs& pairs, const std::vector<Attacks>& images) {
  pairs.by_original.resize(place(pairs.matrix.classes));
  pairs.by_target.resize(place(pairs.matrix.classes));
  for (const Attacks& image : images) {
    std::int64_t successes = 0;
    for (const AttackResult* attack : image) {
      successes += attack->success;
      if (attack->target) {
        pairs.by_target[place(*attack->target)].add(1, attack->success);
        continue;
      }
      for (int target = 0; target < pairs.matrix.classes; ++target) {
        if (target == attack->label) continue;
        pairs.by_target[place(target)].add(1, attack->success && attack->predicted == target);
      }
    }
    pairs.by_original[place(image.front()->label)].add(static_cast<std::int64_t>(image.size()),
                                                       successes);
  }
}

/// What a loss means, see FitnessFall.
double fitness_value(double loss, bool targeted, Objective objective) {
  if (objective == Objective::kMargin) return loss;
  return probability_of(targeted ? -loss : loss);
}

FitnessCurve fitness_curve(const Attacks& group, const std::vector<int>& generations,
                           Objective objective) {
  FitnessCurve curve;
  curve.attacks = static_cast<std::int64_t>(group.size());
  if (group.empty()) return curve;
  std::vector<std::size_t> at(group.size());  // the improvement that holds, of each attack
  for (const int generation : generations) {
    std::vector<double> values;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const std::vector<Improvement>& steps = group[i]->improvements;
      while (at[i] + 1 < steps.size() && steps[at[i] + 1].generation <= generation) ++at[i];
      values.push_back(fitness_value(steps[at[i]].loss, group[i]->target.has_value(), objective));
    }
    std::sort(values.begin(), values.end());
    curve.mean.push_back(mean(values));
    curve.lower_quartile.push_back(quantile_of_sorted(values, 0.25));
    curve.median.push_back(quantile_of_sorted(values, 0.5));
    curve.upper_quartile.push_back(quantile_of_sorted(values, 0.75));
  }
  return curve;
}

FitnessFall fitness_of(const Attacks& attacks, Objective objective) {
  FitnessFall fall;
  Attacks groups[2];  // failures, successes
  int last = 0;
  for (const AttackResult* attack : attacks) {
    if (attack->improvements.empty()) {
      ++fall.without_history;
      continue;
    }
    groups[attack->success].push_back(attack);
    last = std::max(last, attack->generations);
  }
  if (groups[0].empty() && groups[1].empty()) return fall;
  // A file may claim any number of generations.
  const std::int64_t points = std::min<std::int64_t>(std::int64_t{last} + 1, kFitnessPoints);
  for (std::int64_t i = 0; i < points; ++i) {
    fall.generations.push_back(
        points == 1 ? 0 : static_cast<int>(i * std::int64_t{last} / (points - 1)));
  }
  fall.failures = fitness_curve(groups[0], fall.generations, objective);
  fall.successes = fitness_curve(groups[1], fall.generations, objective);
  return fall;
}

/// Of the middle half of `length` columns or rows: [length / 4, length - length / 4).
bool is_central(int at, int length) {
  return at >= length / 4 && at < length - length / 4;
}

bool is_border(int x, int y, const PairSetting& setting) {
  return x == 0 || y == 0 || x == setting.width - 1 || y == setting.height - 1;
}

bool is_corner(int x, int y, const PairSetting& setting) {
  return (x == 0 || x == setting.width - 1) && (y == 0 || y == setting.height - 1);
}

double centre_distance(int x, int y, const PairSetting& setting) {
  return std::hypot(x - (setting.width - 1) / 2.0, y - (setting.height - 1) / 2.0);
}

ChangedPixels pixels_of(const std::vector<Attacks>& images, const PairSetting& setting) {
  ChangedPixels pixels;
  pixels.counts.resize(place(setting.width) * place(setting.height));
  std::int64_t in_centre = 0;
  std::int64_t on_border = 0;
  std::int64_t corners = 0;  // fewer than four where a side is one pixel long
  RunningMean everywhere, distance;
  for (int y = 0; y < setting.height; ++y) {
    for (int x = 0; x < setting.width; ++x) {
      in_centre += is_central(x, setting.width) && is_central(y, setting.height);
      on_border += is_border(x, y, setting);
      corners += is_corner(x, y, setting);
      everywhere.add(centre_distance(x, y, setting));
    }
  }
  for (const Attacks& image : images) {
    std::int64_t edits = 0;
    std::int64_t central = 0;
    std::int64_t border = 0;
    std::int64_t corner = 0;
    std::int64_t extreme = 0;
    for (const AttackResult* attack : image) {
      if (!attack->success) continue;
      ++pixels.successes;
      for (const PixelEdit& edit : attack->edits) {
        ++pixels.counts[place(edit.y) * place(setting.width) + place(edit.x)];
        ++edits;
        central += is_central(edit.x, setting.width) && is_central(edit.y, setting.height);
        border += is_border(edit.x, edit.y, setting);
        corner += is_corner(edit.x, edit.y, setting);
        for (const int value : {edit.r, edit.g, edit.b}) extreme += value == 0 || value == 255;
        distance.add(centre_distance(edit.x, edit.y, setting));
      }
    }
    pixels.central.add(edits, central);
    pixels.border.add(edits, border);
    pixels.corner.add(edits, corner);
    pixels.extreme.add(3 * edits, extreme);
  }
  const auto all = static_cast<double>(pixels.counts.size());
  pixels.central_expected = static_cast<double>(in_centre) / all;
  pixels.border_expected = static_cast<double>(on_border) / all;
  pixels.corner_expected = static_cast<double>(corners) / all;
  pixels.mean_distance = distance.mean();
  pixels.expected_distance = everywhere.mean();
  return pixels;
}

}  // namespace

double PairCell::rate() const {
  return attacks == 0 ? kNone : static_cast<double>(successes) / static_cast<double>(attacks);
}

const PairCell& PairMatrix::at(int original, int target) const {
  return cells[place(original) * place(classes) + place(target)];
}

ClassPairs class_pairs(const std::vector<AttackResult>& results, const PairSetting& setting) {
  const Attacks attacks = attacks_of(results);
  const std::vector<Attacks> images = grouped_by_image(attacks);
  ClassPairs pairs;
  pairs.summary = summarise(results);
  pairs.matrix = matrix_of(attacks, setting.classes);
  pairs.asymmetry = asymmetry_of(pairs.matrix);
  if (setting.goal == Goal::kAllTargets) pairs.reach = reach_of(images, setting.classes);
  add_rates(pairs, images);
  std::vector<double> of_failures;
  for (const AttackResult* attack : attacks) {
    if (!attack->success) of_failures.push_back(static_cast<double>(attack->evaluations));
  }
  pairs.mean_evaluations_of_failures = mean(of_failures);
  pairs.fitness = fitness_of(attacks, setting.objective);
  pairs.pixels = pixels_of(images, setting);
  return pairs;
}

}  // namespace ripple
