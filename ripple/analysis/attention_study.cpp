#include "ripple/analysis/attention_study.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "ripple/analysis/grad_cam.h"
#include "ripple/analysis/saliency.h"
#include "ripple/base/names.h"
#include "ripple/base/statistics.h"
#include "ripple/eval/scores.h"

namespace ripple {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr Named<AttentionMap> kMapNames[] = {{"saliency", AttentionMap::kSaliency},
                                             {"guided", AttentionMap::kGuided},
                                             {"gradcam", AttentionMap::kGradCam}};
constexpr Named<AttentionClass> kClassNames[] = {{"true", AttentionClass::kTrue},
                                                 {"adversarial", AttentionClass::kAdversarial},
                                                 {"predicted", AttentionClass::kPredicted}};
constexpr Named<Alteration> kAlterationNames[] = {{"pixel", Alteration::kPixel},
                                                  {"same-pixel", Alteration::kSamePixel},
                                                  {"random-pixel", Alteration::kRandomPixel},
                                                  {"pgd", Alteration::kPgd}};

/// The maps of all images and classes of a case, made in one batch.
class Maps {
 public:
  /// Asks for the maps of class `c` in `image`; the number to fetch them by.
  std::size_t ask(const Image& image, int c) {
    for (std::size_t i = 0; i < images_.size(); ++i) {
      if (images_[i] == &image && classes_[i] == c) return i;
    }
    images_.push_back(&image);
    classes_.push_back(c);
    return images_.size() - 1;
  }

  void make(GradientEvaluator& network, const PixelNormalizer& normalizer) {
    Tensor inputs{
        {static_cast<std::int64_t>(images_.size()), 3, images_[0]->height, images_[0]->width}, {}};
    for (const Image* image : images_) {
      const Tensor input = preprocess(normalizer, *image);
      inputs.data.insert(inputs.data.end(), input.data.begin(), input.data.end());
    }
    plain_ = network.run(inputs, classes_, {Score::kLogit, ReluRule::kPlain});
    guided_ = network.run(inputs, classes_, {Score::kLogit, ReluRule::kGuided});
  }

  Tensor map(std::size_t i, AttentionMap which) const {
    switch (which) {
      case AttentionMap::kSaliency:
        return max_over_channels(row(plain_.input, i));
      case AttentionMap::kGuided:
        return max_over_channels(row(guided_.input, i));
      case AttentionMap::kGradCam:
        return grad_cam(plain_, 0, i, GradCamFormula::kSelvaraju);
    }
    return {};
  }

  Tensor features(std::size_t i) const { return row(plain_.activations[0], i); }

 private:
  static Tensor row(const Tensor& all, std::size_t i) {
    const std::size_t each = all.data.size() / static_cast<std::size_t>(all.shape[0]);
    const auto begin = all.data.begin() + static_cast<std::ptrdiff_t>(i * each);
    return {{all.shape.begin() + 1, all.shape.end()},
            {begin, begin + static_cast<std::ptrdiff_t>(each)}};
  }

  std::vector<const Image*> images_;
  std::vector<int> classes_;
  Gradients plain_;
  Gradients guided_;
};

/// Places of the maps of one altered image.
struct Asked {
  std::size_t clean_true = 0, clean_adversarial = 0;
  std::size_t altered_true = 0, altered_adversarial = 0, altered_predicted = 0;
};

void compare(const AttentionCase& attack, const AlteredImage& altered, const Asked& asked,
             const Maps& maps, CaseAttention& out) {
  const std::pair<std::size_t, std::size_t> pairs[] = {
      {asked.clean_true, asked.altered_true},
      {asked.clean_adversarial, asked.altered_adversarial},
      {asked.clean_true, asked.altered_predicted}};
  for (const AttentionMap map : kAttentionMaps) {
    for (const AttentionClass of : kAttentionClasses) {
      const auto& [before, after] = pairs[static_cast<std::size_t>(of)];
      out.rows.push_back({altered.alteration, map, of,
                          compare_attention(maps.map(before, map), maps.map(after, map), altered.at,
                                            attack.clean.height, attack.clean.width)});
    }
  }
  const Tensor propagation =
      largest_difference(maps.features(asked.clean_true), maps.features(asked.altered_true));
  for (const AttentionClass of : kAttentionClasses) {
    const auto& [before, after] = pairs[static_cast<std::size_t>(of)];
    const Tensor change = absolute_difference(maps.map(before, AttentionMap::kGradCam),
                                              maps.map(after, AttentionMap::kGradCam));
    out.joins.push_back({altered.alteration, of,
                         spearman({propagation.data.begin(), propagation.data.end()},
                                  {change.data.begin(), change.data.end()})});
  }
  std::vector<MapQuartet>& quartets = out.maps.emplace_back();
  for (const AttentionMap map : kAttentionMaps) {
    quartets.push_back({maps.map(asked.clean_true, map), maps.map(asked.clean_adversarial, map),
                        maps.map(asked.altered_true, map),
                        maps.map(asked.altered_adversarial, map)});
  }
}

/// Whether the drawn pixels are distinct, and none of the attack's.
bool are_apart(std::span<const PixelEdit> drawn, std::span<const PixelEdit> attack) {
  std::set<std::pair<int, int>> taken;
  for (const PixelEdit& edit : attack) taken.insert({edit.x, edit.y});
  return std::all_of(drawn.begin(), drawn.end(), [&](const PixelEdit& edit) {
    return taken.insert({edit.x, edit.y}).second;
  });
}

/// Numbers of one metric by image.
using Values = std::map<std::int64_t, double>;
using Pick = std::function<double(const AttentionChange&)>;

struct Metric {
  std::string name;
  Pick pick;
  bool is_change = false;
  bool is_rate = false;
};

std::vector<Metric> metrics() {
  std::vector<Metric> out;
  const auto at_radius = [&](const char* name, std::size_t r, const Pick& pick, bool is_change,
                             bool is_rate) {
    out.push_back({fmt::format("{}_{:g}", name, kAttentionRadii[r]), pick, is_change, is_rate});
  };
  for (std::size_t r = 0; r < kAttentionRadii.size(); ++r) {
    const auto rate = [r](Attraction wanted) {
      return [r, wanted](const AttentionChange& c) {
        if (std::isnan(c.near_before[r] + c.near_after[r])) return kNone;
        return attraction(c.near_before[r], c.near_after[r]) == wanted ? 1.0 : 0.0;
      };
    };
    at_radius(
        "near_before", r, [r](const auto& c) { return c.near_before[r]; }, false, false);
    at_radius(
        "near_after", r, [r](const auto& c) { return c.near_after[r]; }, false, false);
    at_radius(
        "near_change", r, [r](const auto& c) { return c.near_after[r] - c.near_before[r]; }, true,
        false);
    at_radius("calls", r, rate(Attraction::kCalls), false, true);
    at_radius("diverts", r, rate(Attraction::kDiverts), false, true);
  }
  out.push_back({"centre_shift", [](const auto& c) { return c.centre_shift; }});
  out.push_back({"entropy_before", [](const auto& c) { return c.entropy_before; }});
  out.push_back(
      {"entropy_change", [](const auto& c) { return c.entropy_after - c.entropy_before; }, true});
  out.push_back({"total_variation", [](const auto& c) { return c.total_variation; }});
  out.push_back({"rank_correlation", [](const auto& c) { return c.rank_correlation; }});
  out.push_back({"top_overlap", [](const auto& c) { return c.top_overlap; }});
  out.push_back({"mass_change", [](const auto& c) { return c.mass_change; }, true});
  return out;
}

Values values_of(std::span<const CaseAttention> cases, Alteration alteration, AttentionMap map,
                 AttentionClass of, const Pick& pick) {
  Values values;
  for (const CaseAttention& one : cases) {
    for (const AttentionRow& row : one.rows) {
      if (row.alteration != alteration || row.map != map || row.of != of) continue;
      const double value = pick(row.change);
      if (!std::isnan(value)) values[one.index] = value;
    }
  }
  return values;
}

std::vector<double> differences(const Values& a, const Values& b) {
  std::vector<double> out;
  for (const auto& [index, value] : a) {
    const auto other = b.find(index);
    if (other != b.end()) out.push_back(value - other->second);
  }
  return out;
}

std::optional<Alteration> comparison_of(Alteration alteration) {
  if (alteration == Alteration::kPixel) return Alteration::kSamePixel;
  if (alteration == Alteration::kPgd) return Alteration::kPixel;
  return std::nullopt;
}

AttentionFigure figure_of(const Values& values, bool is_change, bool is_rate,
                          const std::optional<Values>& against, std::uint64_t seed) {
  std::vector<double> numbers;
  for (const auto& [index, value] : values) numbers.push_back(value);
  AttentionFigure figure;
  figure.n = static_cast<std::int64_t>(numbers.size());
  figure.mean = mean(numbers);
  Interval interval = bootstrap_mean_interval(numbers, seed);
  if (is_rate) {
    interval = wilson_interval(std::count(numbers.begin(), numbers.end(), 1.0), figure.n);
  }
  figure.low = interval.low;
  figure.high = interval.high;
  figure.p = is_change ? wilcoxon_signed_rank_p(numbers) : kNone;
  figure.p_against = against ? wilcoxon_signed_rank_p(differences(values, *against)) : kNone;
  return figure;
}

}  // namespace

std::string_view to_string(AttentionMap map) {
  return name_of<AttentionMap>(kMapNames, map);
}
std::string_view to_string(AttentionClass of) {
  return name_of<AttentionClass>(kClassNames, of);
}
std::string_view to_string(Alteration alteration) {
  return name_of<Alteration>(kAlterationNames, alteration);
}

std::optional<AlteredImage> draw_control(Evaluator& evaluator, const Image& clean, int label,
                                         std::span<const PixelEdit> edits, int adversarial,
                                         Alteration kind, Rng rng) {
  constexpr int kDraws = 50;
  const auto byte = [&] { return static_cast<std::uint8_t>(rng.below(256)); };
  std::vector<float> logits(static_cast<std::size_t>(evaluator.classes()));
  for (int draw = 0; draw < kDraws; ++draw) {
    std::vector<PixelEdit> drawn(edits.begin(), edits.end());
    for (PixelEdit& edit : drawn) {
      if (kind == Alteration::kRandomPixel) {
        edit.x = static_cast<int>(rng.below(std::uint64_t(clean.width)));
        edit.y = static_cast<int>(rng.below(std::uint64_t(clean.height)));
      }
      edit.r = byte();
      edit.g = byte();
      edit.b = byte();
    }
    if (kind == Alteration::kRandomPixel && !are_apart(drawn, edits)) continue;
    AlteredImage altered{kind, clean, std::move(drawn), adversarial, label};
    apply_edits(altered.image, altered.at);
    if (altered.image == clean) continue;
    evaluator.logits_of(altered.image, logits);
    check_finite(logits, "a control's image");
    if (argmax(logits) == label) return altered;
  }
  return std::nullopt;
}

CaseAttention study_attention(GradientEvaluator& network, const PixelNormalizer& normalizer,
                              const AttentionCase& attack) {
  CaseAttention out;
  out.index = attack.index;
  Maps maps;
  std::vector<Asked> asked;
  for (const AlteredImage& altered : attack.altered) {
    asked.push_back(
        {maps.ask(attack.clean, attack.label), maps.ask(attack.clean, altered.adversarial),
         maps.ask(altered.image, attack.label), maps.ask(altered.image, altered.adversarial),
         maps.ask(altered.image, altered.predicted)});
  }
  if (asked.empty()) return out;
  maps.make(network, normalizer);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    compare(attack, attack.altered[i], asked[i], maps, out);
  }
  return out;
}

std::vector<AttentionFigure> summarise_attention(std::span<const CaseAttention> cases,
                                                 std::uint64_t seed) {
  std::vector<AttentionFigure> figures;
  const auto add = [&](AttentionFigure figure, const std::string& metric, Alteration alteration,
                       AttentionMap map, AttentionClass of) {
    if (figure.n == 0) return;
    figure.metric = metric;
    figure.alteration = alteration;
    figure.map = map;
    figure.of = of;
    figures.push_back(std::move(figure));
  };
  const Pick moved = [](const AttentionChange& c) { return c.total_variation; };
  for (const Alteration alteration : kAlterations) {
    for (const AttentionMap map : kAttentionMaps) {
      for (const AttentionClass of : kAttentionClasses) {
        const auto values = [&](Alteration which, const Pick& pick) {
          return values_of(cases, which, map, of, pick);
        };
        for (const Metric& metric : metrics()) {
          std::optional<Values> against;
          if (const auto other = comparison_of(alteration)) {
            against = values(*other, metric.pick);
          }
          add(figure_of(values(alteration, metric.pick), metric.is_change, metric.is_rate, against,
                        seed),
              metric.name, alteration, map, of);
        }
      }
      Values more;
      const Values of_true = values_of(cases, alteration, map, AttentionClass::kTrue, moved);
      for (const auto& [index, value] :
           values_of(cases, alteration, map, AttentionClass::kAdversarial, moved)) {
        if (of_true.contains(index)) more[index] = value - of_true.at(index);
      }
      add(figure_of(more, true, false, std::nullopt, seed), "total_variation_more", alteration, map,
          AttentionClass::kAdversarial);
    }
    for (const AttentionClass of : kAttentionClasses) {
      const auto joins = [&](Alteration which) {
        Values values;
        for (const CaseAttention& one : cases) {
          for (const JoinRow& row : one.joins) {
            if (row.alteration == which && row.of == of && !std::isnan(row.correlation)) {
              values[one.index] = row.correlation;
            }
          }
        }
        return values;
      };
      const auto other = comparison_of(alteration);
      add(figure_of(joins(alteration), true, false,
                    other ? std::optional(joins(*other)) : std::nullopt, seed),
          "propagation_correlation", alteration, AttentionMap::kGradCam, of);
    }
  }
  return figures;
}

}  // namespace ripple
