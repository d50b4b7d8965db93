#include "ripple/app/pairs_json.h"

#include <functional>

#include <nlohmann/json.hpp>

namespace ripple {
namespace {

using Json = nlohmann::ordered_json;

Json rate_json(std::int64_t successes, std::int64_t trials, std::int64_t images, double rate,
               const Interval& interval) {
  return {{"successes", successes}, {"trials", trials},    {"images", images},
          {"rate", rate},           {"low", interval.low}, {"high", interval.high}};
}
Json rate_json(const ClusteredRate& rate) {
  return rate_json(rate.successes(), rate.trials(), rate.clusters(), rate.rate(), rate.interval());
}
Json rate_json(const Rate& rate, std::int64_t images) {
  return rate_json(rate.successes, rate.trials, images, rate.value(), rate.interval);
}

Json rates_json(const std::vector<ClusteredRate>& rates) {
  Json out = Json::array();
  for (const ClusteredRate& rate : rates) out.push_back(rate_json(rate));
  return out;
}

Json summary_json(const PairSource& source) {
  const AttackOptions& options = source.header.options;
  const AttackSummary& summary = source.pairs.summary;
  return {{"pixels", options.pixels},
          {"goal", to_string(options.goal)},
          {"method", to_string(options.method)},
          {"objective", to_string(options.objective)},
          {"model", source.header.model},
          {"data", source.header.data},
          {"selection", source.header.selection},
          {"complete", source.complete},
          {"denominator", summary.denominator},
          {"attacks", summary.attempted},
          {"skipped_misclassified", summary.skipped_misclassified},
          {"skipped_already_target", summary.skipped_already_target},
          {"success", rate_json(summary.success, summary.images.trials)},
          {"published", rate_json(summary.published, summary.images.trials)},
          {"images", rate_json(summary.images, summary.images.trials)},
          {"confidence_of_true_class_before", summary.mean_confidence_before},
          {"confidence_of_wrong_class", summary.mean_confidence_predicted},
          {"evaluations",
           {{"mean", summary.mean_evaluations},
            {"successes", summary.mean_evaluations_of_successes},
            {"distinct", summary.mean_distinct_evaluations}}}};
}

Json matrix_json(const PairMatrix& matrix, const ClassNames& names) {
  Json out;
  const auto table = [&](const std::function<Json(const PairCell&)>& value) {
    Json rows = Json::array();
    for (int original = 0; original < matrix.classes; ++original) {
      Json row = Json::array();
      for (int target = 0; target < matrix.classes; ++target) {
        const PairCell& cell = matrix.at(original, target);
        row.push_back(cell.attacks == 0 ? Json(nullptr) : value(cell));
      }
      rows.push_back(std::move(row));
    }
    return rows;
  };
  for (int c = 0; c < matrix.classes; ++c) out["classes"].push_back(names[c]);
  out["attacks"] = table([](const PairCell& cell) { return Json(cell.attacks); });
  out["successes"] = table([](const PairCell& cell) { return Json(cell.successes); });
  out["rate"] = table([](const PairCell& cell) { return Json(cell.rate()); });
  out["evaluations_to_success"] =
      table([](const PairCell& cell) { return Json(cell.mean_evaluations_to_success); });
  return out;
}

Json asymmetry_json(const Asymmetry& asymmetry, const ClassNames& names) {
  Json pairs = Json::array();
  for (const PairAsymmetry& pair : asymmetry.pairs) {
    pairs.push_back({{"from", names[pair.from]},
                     {"to", names[pair.to]},
                     {"successes", pair.there.successes},
                     {"attacks", pair.there.attacks},
                     {"back_successes", pair.back.successes},
                     {"back_attacks", pair.back.attacks},
                     {"difference", pair.difference},
                     {"p", pair.p_value},
                     {"p_holm", pair.p_holm}});
  }
  return {{"pairs_tested", asymmetry.pairs.size()},
          {"pairs_differing", asymmetry.differing},
          {"mean_difference", asymmetry.mean_difference},
          {"spearman", asymmetry.spearman},
          {"spearman_low", asymmetry.spearman_interval.low},
          {"spearman_high", asymmetry.spearman_interval.high},
          {"pairs", std::move(pairs)}};
}

Json evaluations_json(const ClassPairs& pairs) {
  return {{"mean", pairs.summary.mean_evaluations},
          {"successes", pairs.summary.mean_evaluations_of_successes},
          {"failures", pairs.mean_evaluations_of_failures},
          {"distinct", pairs.summary.mean_distinct_evaluations},
          {"median_to_first_flip", pairs.summary.median_evaluations_to_success}};
}

Json curve_json(const FitnessCurve& curve) {
  return {{"attacks", curve.attacks},
          {"mean", curve.mean},
          {"lower_quartile", curve.lower_quartile},
          {"median", curve.median},
          {"upper_quartile", curve.upper_quartile}};
}

Json places_json(const PairSource& source) {
  const ChangedPixels& pixels = source.pairs.pixels;
  const int width = source.setting.width;
  Json counts = Json::array();
  for (auto row = pixels.counts.begin(); row != pixels.counts.end(); row += width)
    counts.push_back(std::vector<std::int64_t>(row, row + width));
  return {{"successes", pixels.successes},
          {"pixels", pixels.central.trials()},
          {"counts", std::move(counts)},
          {"central", rate_json(pixels.central)},
          {"central_expected", pixels.central_expected},
          {"border", rate_json(pixels.border)},
          {"border_expected", pixels.border_expected},
          {"corner", rate_json(pixels.corner)},
          {"corner_expected", pixels.corner_expected},
          {"distance", pixels.mean_distance},
          {"distance_expected", pixels.expected_distance},
          {"extreme_values", rate_json(pixels.extreme)}};
}

}  // namespace

std::vector<Json> pair_lines(const PairSource& source, const ClassNames& names) {
  std::vector<Json> lines;
  const auto add = [&](const char* kind, const Json& values) {
    Json line{{"source", source.name}, {"from", source.path.string()}, {"kind", kind}};
    line.update(values);
    lines.push_back(std::move(line));
  };
  const ClassPairs& pairs = source.pairs;
  add("summary", summary_json(source));
  add("matrix", matrix_json(pairs.matrix, names));
  add("asymmetry", asymmetry_json(pairs.asymmetry, names));
  if (pairs.reach) {
    add("reach", {{"images", pairs.reach->images},
                  {"mean", pairs.reach->mean},
                  {"any", rate_json(pairs.reach->any, pairs.reach->any.trials)},
                  {"incomplete", pairs.reach->incomplete}});
  }
  add("classes",
      {{"original", rates_json(pairs.by_original)}, {"target", rates_json(pairs.by_target)}});
  add("evaluations", evaluations_json(pairs));
  add("fitness", {{"value", fitness_label(source.header.options)},
                  {"generations", pairs.fitness.generations},
                  {"successes", curve_json(pairs.fitness.successes)},
                  {"failures", curve_json(pairs.fitness.failures)},
                  {"without_history", pairs.fitness.without_history}});
  add("places", places_json(source));
  return lines;
}

}  // namespace ripple
