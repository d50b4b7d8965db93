#include "ripple/app/pairs_output.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "ripple/app/attack_output.h"
#include "ripple/app/terminal.h"

namespace ripple {
namespace {

using enum Table::Align;

constexpr int kMatrixClasses = 11;       // that 80 columns hold
constexpr std::size_t kListedPairs = 8;  // on the screen; the rest is in --json
constexpr std::size_t kMatrixName = 4;   // characters of a column's class
constexpr std::size_t kRowName = 10;     // of a row's

std::string clipped(const std::string& text, std::size_t length) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts && ++characters > length) return text.substr(0, i);
  }
  return text;
}

/// "62.8 (58.5-67.0)", in percent; "-" of no trials.
std::string rate_cell(const Rate& rate) {
  if (rate.trials == 0) return "-";
  return fmt::format("{:.1f} ({:.1f}-{:.1f})", 100.0 * rate.value(), 100.0 * rate.interval.low,
                     100.0 * rate.interval.high);
}
std::string rate_cell(const ClusteredRate& rate) {
  return rate_cell(make_rate(rate));
}

std::string number_cell(double value, int decimals) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

std::string count_cell(double value) {
  return std::isnan(value) ? "-" : grouped(std::llround(value));
}

/// The class names that a table's rows have room for.
class RowNames {
 public:
  RowNames(const ClassNames& names, int classes)
      : names_(short_class_names(names, classes, kRowName)) {}
  const std::string& operator[](int label) const { return names_[static_cast<std::size_t>(label)]; }

 private:
  std::vector<std::string> names_;
};

std::string sources_text(const std::vector<PairSource>& sources) {
  std::string out;
  for (const PairSource& source : sources) {
    const AttackSummary& summary = source.pairs.summary;
    const AttackOptions& options = source.header.options;
    out += fmt::format(
        "{}: {}\n    {} on {}, {}\n    objective {}, population {}, {}, seed {}\n    {}\n    of "
        "{}\n",
        source.name, source.path.string(), to_string(options.method), source.header.model,
        source.header.data, to_string(options.objective), options.population, budget_text(options),
        options.seed, summary.denominator, source.header.selection);
    if (summary.skipped_misclassified + summary.skipped_already_target > 0) {
      out += fmt::format("    skipped: {} misclassified, {} of the target class already\n",
                         grouped(summary.skipped_misclassified),
                         grouped(summary.skipped_already_target));
    }
  }
  return out;
}

std::string summary_text(const std::vector<PairSource>& sources) {
  Table rates({{"source"},
               {"attacks", kRight},
               {"success", kRight},
               {"as published", kRight},
               {"images with one", kRight}});
  Table means({{"source"},
               {"before", kRight},
               {"after", kRight},
               {"evaluations", kRight},
               {"of successes", kRight},
               {"distinct", kRight}});
  for (const PairSource& source : sources) {
    const AttackSummary& summary = source.pairs.summary;
    rates.add({source.name, grouped(summary.attempted), rate_cell(summary.success),
               rate_cell(summary.published), rate_cell(summary.images)});
    means.add({source.name, percent(summary.mean_confidence_before),
               percent(summary.mean_confidence_predicted), count_cell(summary.mean_evaluations),
               count_cell(summary.mean_evaluations_of_successes),
               count_cell(summary.mean_distinct_evaluations)});
  }
  return fmt::format(
      "Success in % (95 % interval over images)\n{}\n"
      "Mean confidence of the true class before, of the wrong class after successes;\n"
      "mean evaluations\n{}",
      rates.text(), means.text());
}

std::string frequent_pairs_text(const PairSource& source, const ClassNames& names) {
  const PairMatrix& matrix = source.pairs.matrix;
  std::vector<std::pair<int, int>> pairs;
  for (int original = 0; original < matrix.classes; ++original) {
    for (int target = 0; target < matrix.classes; ++target)
      if (matrix.at(original, target).successes > 0) pairs.emplace_back(original, target);
  }
  std::stable_sort(pairs.begin(), pairs.end(), [&](const auto& a, const auto& b) {
    return matrix.at(a.first, a.second).successes > matrix.at(b.first, b.second).successes;
  });
  std::map<std::string, int> bearers;
  for (int c = 0; c < matrix.classes; ++c) ++bearers[clipped(names[c], 24)];
  const auto name = [&](int label) {
    const std::string text = clipped(names[label], 24);
    return bearers.at(text) == 1 ? text : fmt::format("{} ({})", text, label);
  };
  Table table({{"original"}, {"target"}, {"successes", kRight}, {"attacks", kRight}});
  for (std::size_t i = 0; i < std::min(pairs.size(), kListedPairs); ++i) {
    const PairCell& cell = matrix.at(pairs[i].first, pairs[i].second);
    table.add({name(pairs[i].first), name(pairs[i].second), grouped(cell.successes),
               grouped(cell.attacks)});
  }
  return fmt::format("{}: class pairs with a success: {}; most often\n{}", source.name,
                     grouped(static_cast<std::int64_t>(pairs.size())), table.text());
}

std::string matrix_text(const PairSource& source, const ClassNames& names) {
  const PairMatrix& matrix = source.pairs.matrix;
  if (matrix.classes > kMatrixClasses) return frequent_pairs_text(source, names);
  const RowNames rows(names, matrix.classes);
  std::vector<Table::Column> columns{{"original"}};
  for (const std::string& name : short_class_names(names, matrix.classes, kMatrixName))
    columns.push_back({name, kRight});
  columns.push_back({"of", kRight});
  Table table(columns);
  for (int original = 0; original < matrix.classes; ++original) {
    std::vector<std::string> row{rows[original]};
    for (int target = 0; target < matrix.classes; ++target) {
      const PairCell& cell = matrix.at(original, target);
      row.push_back(cell.attacks == 0 ? "" : std::to_string(cell.successes));
    }
    row.push_back(row_attacks(matrix, original));
    table.add(std::move(row));
  }
  return fmt::format("{}: {}\n{}", source.name,
                     is_targeted(source)
                         ? "attacks at a target class (column) that reached it"
                         : "what the images of a class (row) became, of those attacked",
                     table.text());
}

/// "0.53 (0.28 to 0.71)"; "-" where there is none.
std::string correlation_text(const Asymmetry& asymmetry) {
  if (std::isnan(asymmetry.spearman)) return "-";
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", asymmetry.spearman,
                     asymmetry.spearman_interval.low, asymmetry.spearman_interval.high);
}

std::string asymmetry_text(const PairSource& source, const ClassNames& names) {
  const Asymmetry& asymmetry = source.pairs.asymmetry;
  if (asymmetry.pairs.empty()) {
    return fmt::format("{}: no two classes with attacks in both directions\n", source.name);
  }
  const RowNames rows(names, source.pairs.matrix.classes);
  Table table({{"from"},
               {"to"},
               {"there", kRight},
               {"back", kRight},
               {"difference", kRight},
               {"p", kRight},
               {"p Holm", kRight}});
  const auto direction = [](const PairCell& cell) {
    return fmt::format("{} of {}", cell.successes, cell.attacks);
  };
  const std::size_t listed = std::min(kListedPairs, asymmetry.pairs.size());
  for (std::size_t i = 0; i < listed; ++i) {
    const PairAsymmetry& pair = asymmetry.pairs[i];
    table.add({rows[pair.from], rows[pair.to], direction(pair.there), direction(pair.back),
               percent(pair.difference), p_text(pair.p_value), p_text(pair.p_holm)});
  }
  return fmt::format(
      "{}: {}, mean difference of the two ways {}\n"
      "Spearman, matrix and its transpose: {}\n"
      "pairs that differ, p Holm < 0.05: {}\n"
      "the largest differences ({}), p of Fisher's exact test\n{}",
      source.name, counted(std::ssize(asymmetry.pairs), "pair"), percent(asymmetry.mean_difference),
      correlation_text(asymmetry), asymmetry.differing, listed, table.text());
}

/// Rows by the number of targets, a column a source: sources of several pixels beside each other.
std::string reach_text(const std::vector<PairSource>& sources) {
  std::vector<Table::Column> columns{{"targets"}};
  std::vector<const Reach*> reaches;
  std::string none;
  for (const PairSource& source : sources) {
    if (!source.pairs.reach) {
      none +=
          fmt::format("{}: no reach, its attacks were not driven to every class\n", source.name);
      continue;
    }
    columns.push_back({source.name, kRight});
    reaches.push_back(&*source.pairs.reach);
  }
  if (reaches.empty()) return none;
  std::size_t last = 0;
  for (const Reach* reach : reaches) {
    for (std::size_t n = 0; n < reach->images.size(); ++n)
      if (reach->images[n] > 0) last = std::max(last, n);
  }
  Table table(columns);
  const auto add = [&](const std::string& title,
                       const std::function<std::string(const Reach&)>& cell) {
    std::vector<std::string> row{title};
    for (const Reach* reach : reaches) row.push_back(cell(*reach));
    table.add(std::move(row));
  };
  for (std::size_t n = 0; n <= last; ++n) {
    add(std::to_string(n), [&](const Reach& reach) { return grouped(reach.images[n]); });
  }
  add("mean", [](const Reach& reach) { return number_cell(reach.mean, 2); });
  add("one or more, %", [](const Reach& reach) { return rate_cell(reach.any); });
  add("left out", [](const Reach& reach) { return grouped(reach.incomplete); });
  return fmt::format(
      "Images by the number of target classes they reach\n(left out: not all targets tried "
      "yet)\n{}{}",
      table.text(), none);
}

std::string classes_text(const PairSource& source, const ClassNames& names) {
  Table table({{"class"},
               {"images", kRight},
               {"leaves it, %", kRight},
               {"others", kRight},
               {"is reached, %", kRight}});
  const RowNames rows(names, source.pairs.matrix.classes);
  std::int64_t shown = 0;
  for (int c = 0; c < source.pairs.matrix.classes; ++c) {
    const ClusteredRate& original = source.pairs.by_original[static_cast<std::size_t>(c)];
    const ClusteredRate& target = source.pairs.by_target[static_cast<std::size_t>(c)];
    // Of many classes only those that say something.
    if (source.pairs.matrix.classes > 100 && original.trials() + target.successes() == 0) continue;
    if (++shown > 100) continue;
    table.add({rows[c], grouped(original.clusters()), rate_cell(original),
               grouped(target.clusters()), rate_cell(target)});
  }
  return fmt::format(
      "{}: hard and easy classes\n(images of the class; others: images of other classes)\n{}{}",
      source.name, table.text(),
      shown > 100 ? fmt::format("... and {} more\n", grouped(shown - 100)) : "");
}

std::string evaluations_text(const std::vector<PairSource>& sources) {
  Table table({{"source"},
               {"all", kRight},
               {"distinct", kRight},
               {"successes", kRight},
               {"failures", kRight},
               {"to first flip", kRight}});
  for (const PairSource& source : sources) {
    const AttackSummary& summary = source.pairs.summary;
    table.add({source.name, count_cell(summary.mean_evaluations),
               count_cell(summary.mean_distinct_evaluations),
               count_cell(summary.mean_evaluations_of_successes),
               count_cell(source.pairs.mean_evaluations_of_failures),
               count_cell(summary.median_evaluations_to_success)});
  }
  return fmt::format("Evaluations an attack: means, and the median up to the first flip\n{}",
                     table.text());
}

/// 0, 1, 2, 5, 10, 20, 50, ... and the last.
bool is_shown_generation(int generation, int last) {
  if (generation == 0 || generation == last) return true;
  int power = 1;
  while (power <= generation / 10) power *= 10;
  return generation % power == 0 &&
         (generation / power == 1 || generation / power == 2 || generation / power == 5);
}

std::string fitness_text(const PairSource& source) {
  const FitnessFall& fall = source.pairs.fitness;
  if (fall.generations.empty()) {
    return fmt::format("{}: its attacks keep no history\n", source.name);
  }
  Table table({{"generation"},
               {"successes", kRight},
               {"quartiles", kRight},
               {"failures", kRight},
               {"quartiles", kRight}});
  const int decimals = source.header.options.objective == Objective::kMargin ? 2 : 3;
  for (std::size_t g = 0; g < fall.generations.size(); ++g) {
    if (!is_shown_generation(fall.generations[g], fall.generations.back())) continue;
    std::vector<std::string> row{std::to_string(fall.generations[g])};
    for (const FitnessCurve* curve : {&fall.successes, &fall.failures}) {
      if (curve->mean.empty()) {
        row.insert(row.end(), {"-", "-"});
        continue;
      }
      row.push_back(number_cell(curve->mean[g], decimals));
      row.push_back(fmt::format("{} to {}", number_cell(curve->lower_quartile[g], decimals),
                                number_cell(curve->upper_quartile[g], decimals)));
    }
    table.add(std::move(row));
  }
  return fmt::format("{}: best member's {}\nmean of {} and {}\n{}", source.name,
                     fitness_label(source.header.options),
                     counted(fall.successes.attacks, "success", "successes"),
                     counted(fall.failures.attacks, "failure"), table.text());
}

std::string places_text(const std::vector<PairSource>& sources) {
  Table table({{"source"},
               {"pixels", kRight},
               {"central, %", kRight},
               {"even", kRight},
               {"border, %", kRight},
               {"even", kRight}});
  Table more({{"source"},
              {"corner, %", kRight},
              {"even", kRight},
              {"distance", kRight},
              {"values 0 or 255, %", kRight}});
  for (const PairSource& source : sources) {
    const ChangedPixels& pixels = source.pairs.pixels;
    table.add({source.name, grouped(pixels.central.trials()), rate_cell(pixels.central),
               fmt::format("{:.1f}", 100.0 * pixels.central_expected), rate_cell(pixels.border),
               fmt::format("{:.1f}", 100.0 * pixels.border_expected)});
    more.add({source.name, rate_cell(pixels.corner),
              fmt::format("{:.1f}", 100.0 * pixels.corner_expected),
              number_cell(pixels.mean_distance / pixels.expected_distance, 2),
              rate_cell(pixels.extreme)});
  }
  return fmt::format(
      "Changed pixels of successes: share in the middle half of columns and rows, and\n"
      "in the first and last ones, beside that of pixels spread evenly\n{}\n"
      "Those in one of the four corners; mean distance from the centre over that of\n"
      "pixels spread evenly; colours\n{}",
      table.text(), more.text());
}

}  // namespace

std::string source_name(const AttackOptions& options) {
  std::string goal;
  switch (options.goal) {
    case Goal::kUntargeted:
    case Goal::kLeastLikely:
      goal = to_string(options.goal);
      break;
    case Goal::kAllTargets:
      goal = "targeted";
      break;
    case Goal::kTarget:
      goal = fmt::format("target-{}", options.target);
      break;
  }
  return fmt::format("{}px-{}", options.pixels, goal);
}

std::vector<std::string> short_class_names(const ClassNames& names, int classes,
                                           std::size_t length) {
  std::vector<std::string> out;
  for (int c = 0; c < classes; ++c) out.push_back(clipped(names[c], length));
  if (std::set<std::string>(out.begin(), out.end()).size() == out.size()) return out;
  for (int c = 0; c < classes; ++c) out[static_cast<std::size_t>(c)] = std::to_string(c);
  return out;
}

std::string row_attacks(const PairMatrix& matrix, int original) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = 0;
  for (int target = 0; target < matrix.classes; ++target) {
    const std::int64_t attacks = matrix.at(original, target).attacks;
    if (attacks == 0) continue;
    least = std::min(least, attacks);
    most = std::max(most, attacks);
  }
  if (most == 0) return "0";
  return least == most ? grouped(most) : fmt::format("{}-{}", least, most);
}

std::string pair_tables(const std::vector<PairSource>& sources, const ClassNames& names) {
  std::string out = sources_text(sources) + "\n" + summary_text(sources) + "\n";
  const auto each = [&](const std::function<std::string(const PairSource&)>& text) {
    for (const PairSource& source : sources) out += text(source) + "\n";
  };
  each([&](const PairSource& source) { return matrix_text(source, names); });
  each([&](const PairSource& source) { return asymmetry_text(source, names); });
  out += reach_text(sources) + "\n";
  each([&](const PairSource& source) { return classes_text(source, names); });
  out += evaluations_text(sources) + "\n";
  each(fitness_text);
  return out + places_text(sources);
}

std::string fitness_label(const AttackOptions& options) {
  if (options.objective == Objective::kMargin) return "margin (difference of logits)";
  return options.goal == Goal::kUntargeted ? "probability of the true class"
                                           : "probability of the target class";
}

}  // namespace ripple
