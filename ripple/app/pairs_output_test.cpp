#include "ripple/app/pairs_output.h"

#include <cmath>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ripple/app/pairs_json.h"
#include "ripple/base/rng.h"

namespace ripple {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kClasses = 10;

Model named(std::vector<std::string> labels) {
  Model model;
  model.labels = std::move(labels);
  model.graph.values = {{"logits", {static_cast<std::int64_t>(model.labels.size())}}};
  return model;
}

ClassNames cifar_names() {
  return {named({"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship",
                 "truck"}),
          nullptr};
}

AttackResult attack(std::int64_t index, int label, int target, bool success) {
  AttackResult result;
  result.index = index;
  result.label = label;
  result.target = target;
  result.success = success;
  result.predicted = success ? target : label;
  result.evaluations = 40400;
  result.generations = 100;
  result.improvements = {{0, 2.0F}, {7, success ? -2.0F : 1.0F}};
  if (success) {
    result.evaluations_to_success = 12345;
    result.edits = {{5, 6, 0, 255, 1}};
    result.confidence_predicted = 0.7;
  }
  return result;
}

/// 200 images of nine classes, driven to every other one; nobody leaves class 1 or starts as 9.
PairSource targeted_source() {
  PairSource source;
  source.header.options.goal = Goal::kAllTargets;
  source.header.model = "net.onnx";
  source.name = source_name(source.header.options);
  source.path = "out/results.jsonl";
  source.setting = {Goal::kAllTargets, Objective::kProbability, kClasses, 8, 8};
  std::vector<AttackResult> results;
  for (int i = 0; i < 200; ++i) {
    const int label = i % 9;
    for (int target = 0; target < kClasses; ++target) {
      if (target == label) continue;
      results.push_back(attack(i, label, target, label != 1 && (i + target) % 3 == 0));
    }
  }
  source.pairs = class_pairs(results, source.setting);
  return source;
}

TEST(PairsOutput, SourcesAreNamedByPixelsAndGoal) {
  AttackOptions options;
  EXPECT_EQ(source_name(options), "1px-untargeted");
  options.pixels = 5;
  options.goal = Goal::kAllTargets;
  EXPECT_EQ(source_name(options), "5px-targeted");
  options.goal = Goal::kTarget;
  options.target = 4;
  EXPECT_EQ(source_name(options), "5px-target-4");
  options.goal = Goal::kLeastLikely;
  EXPECT_EQ(source_name(options), "5px-least-likely");
}

TEST(PairsOutput, ShortNamesStayTellableApart) {
  EXPECT_THAT(short_class_names(cifar_names(), kClasses, 4),
              testing::ElementsAre("airp", "auto", "bird", "cat", "deer", "dog", "frog", "hors",
                                   "ship", "truc"));
  EXPECT_THAT(short_class_names({named({"panda red", "panda", "\xc3\xa4"}), nullptr}, 3, 5),
              testing::ElementsAre("0", "1", "2"));
  EXPECT_THAT(short_class_names({named({"\xc3\xa4\xc3\xa4\xc3\xa4", "b"}), nullptr}, 2, 2),
              testing::ElementsAre("\xc3\xa4\xc3\xa4", "b"));
}

TEST(PairsOutput, TablesFit80Columns) {
  PairSource least = targeted_source();
  least.name = "5px-least-likely";
  std::istringstream text(pair_tables({targeted_source(), least}, cifar_names()));
  for (std::string line; std::getline(text, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(PairsOutput, TablesTellNoAttacksFromNoSuccess) {
  const std::string text = pair_tables({targeted_source()}, cifar_names());
  EXPECT_THAT(text, testing::ContainsRegex("\nautomobile     0  ( +0){8}  23\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\ntruck +0\n"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(PairsOutput, LinesHaveNullWhereNothingWasTried) {
  for (const auto& line : pair_lines(targeted_source(), cifar_names())) {
    const auto read = nlohmann::json::parse(line.dump());
    EXPECT_EQ(read["source"], "1px-targeted");
    if (read["kind"] == "matrix") {
      EXPECT_TRUE(read["attacks"][9][0].is_null());
      EXPECT_TRUE(read["rate"][9][0].is_null());
      EXPECT_TRUE(read["attacks"][3][3].is_null());
      EXPECT_EQ(read["successes"][1][0], 0);
      EXPECT_EQ(read["rate"][1][0], 0.0);
      EXPECT_TRUE(read["evaluations_to_success"][1][0].is_null());
      EXPECT_EQ(read["evaluations_to_success"][0][3], 12345.0);
    }
    if (read["kind"] == "places") {
      EXPECT_EQ(read["counts"].size(), 8u);
      EXPECT_EQ(read["counts"][6][5], read["successes"]);
    }
    if (read["kind"] == "classes") {
      EXPECT_TRUE(read["original"][9]["rate"].is_null());
    }
    if (read["kind"] == "asymmetry") {
      EXPECT_EQ(read["pairs_tested"], 36);
    }
  }
}

TEST(PairsOutput, CornersAreCounted) {
  PairSource source = targeted_source();
  std::vector<AttackResult> results;
  for (const auto& [x, y] : {std::pair{0, 0}, {7, 0}, {7, 7}, {0, 6}, {1, 0}}) {
    results.push_back(attack(static_cast<std::int64_t>(results.size()), 0, 1, true));
    results.back().edits = {{x, y, 255, 0, 0}};
  }
  source.pairs = class_pairs(results, source.setting);
  EXPECT_THAT(pair_tables({source}, cifar_names()),
              testing::ContainsRegex("\n1px-targeted +60.0 .23.1-88.2. +6.2 "));
  const auto places = pair_lines(source, cifar_names()).back();
  EXPECT_EQ(places["corner"]["successes"], 3);
  EXPECT_EQ(places["corner"]["trials"], 5);
  EXPECT_EQ(places["corner_expected"], 0.0625);
  // Of no changed pixel there is no share.
  source.pairs = class_pairs({attack(0, 0, 1, false)}, source.setting);
  EXPECT_THAT(pair_tables({source}, cifar_names()), Not(HasSubstr("nan")));
}

TEST(PairsOutput, ManyClassesAreAListOfPairs) {
  std::vector<std::string> labels;
  for (int c = 0; c < 12; ++c) labels.push_back("class with a long name " + std::to_string(c));
  PairSource source = targeted_source();
  source.setting.classes = 12;
  source.pairs = class_pairs({attack(0, 3, 11, true), attack(1, 3, 11, true)}, source.setting);
  const std::string text = pair_tables({source}, {named(labels), nullptr});
  EXPECT_THAT(text, HasSubstr("class pairs with a success: 1; most often"));
  EXPECT_THAT(text, testing::ContainsRegex(
                        "class with a long name 3 +class with a long name 1 .11. +2 +2\n"));
}

TEST(PairsOutput, OfVeryManyClassesSaysHowManyAreLeftOut) {
  PairSource source = targeted_source();
  source.setting.classes = 120;
  std::vector<AttackResult> results;
  for (int i = 0; i < 110; ++i) results.push_back(attack(i, i, 119, i == 0));
  source.pairs = class_pairs(results, source.setting);
  std::vector<std::string> labels;
  for (int c = 0; c < 120; ++c) labels.push_back("c" + std::to_string(c));
  const std::string text = pair_tables({source}, {named(labels), nullptr});
  EXPECT_THAT(text, HasSubstr("\nc99 "));
  EXPECT_THAT(text, testing::Not(HasSubstr("\nc100 ")));
  EXPECT_THAT(text, HasSubstr("... and 11 more\n"));
}

TEST(PairsOutput, OrderOfTheResultsDoesNotMatter) {
  std::vector<AttackResult> results;
  for (int i = 0; i < 90; ++i) {
    for (int target = 0; target < kClasses; ++target) {
      if (target == i % 9) continue;
      results.push_back(attack(i, i % 9, target, (3 * i + target * target) % 7 < 2));
      results.back().confidence_before = 1.0 / (1 + i % 4);
      results.back().seconds = i;
    }
  }
  PairSource source = targeted_source();
  const auto lines = [&] {
    source.pairs = class_pairs(results, source.setting);
    std::string text;
    for (const auto& line : pair_lines(source, cifar_names())) text += line.dump() + "\n";
    return text;
  };
  const std::string in_order = lines();
  Rng rng({1});
  for (std::size_t i = results.size(); i > 1; --i) std::swap(results[i - 1], results[rng.below(i)]);
  EXPECT_EQ(lines(), in_order);
}

TEST(PairsOutput, RowsSayHowManyAttacksTheyHave) {
  const PairSetting setting{Goal::kAllTargets, Objective::kProbability, 3, 8, 8};
  const PairMatrix matrix = class_pairs({attack(0, 0, 1, true), attack(0, 0, 2, true),
                                         attack(1, 0, 1, true), attack(2, 1, 0, true)},
                                        setting)
                                .matrix;
  EXPECT_EQ(row_attacks(matrix, 0), "1-2");
  EXPECT_EQ(row_attacks(matrix, 1), "1");  // target 2 was not tried at all
  EXPECT_EQ(row_attacks(matrix, 2), "0");
}

TEST(PairsOutput, FitnessIsNamed) {
  AttackOptions options;
  EXPECT_EQ(fitness_label(options), "probability of the true class");
  options.goal = Goal::kAllTargets;
  EXPECT_EQ(fitness_label(options), "probability of the target class");
  options.objective = Objective::kMargin;
  EXPECT_EQ(fitness_label(options), "margin (difference of logits)");
}

}  // namespace
}  // namespace ripple
