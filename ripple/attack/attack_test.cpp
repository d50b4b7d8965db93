#include "ripple/attack/attack.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "tests/fake_evaluator.h"

namespace ripple {
namespace {

constexpr int kWidth = 12;
constexpr int kHeight = 20;  // not square: a swapped axis would leave the image or miss the place

Image grey() {
  return make_image(kWidth, kHeight, 100, 100, 100);
}

/// How strongly the image is changed towards red, anywhere: 0 .. 1.
double redness(const Image& image) {
  double most = 0.0;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    most = std::max(most, (image.pixels[i] - 100.0) / 155.0);
  }
  return most;
}

/// Class 0 unless pixel (3, 17) has red over 200; the logit falls with that red.
std::vector<float> needle(const Image& image) {
  const int red = image.at(3, 17)[0];
  return {red > 200 ? -1.0f : 2.0f - 0.001f * static_cast<float>(red), 0.0f, -5.0f};
}

/// Never leaves class 0, but any red lowers its probability.
std::vector<float> robust(const Image& image) {
  return {4.0f - static_cast<float>(redness(image)), 0.0f, -1.0f};
}

AttackOptions until(StopRule stop) {
  AttackOptions options = attack_preset(SearchMethod::kPaper);
  options.stop = stop;
  return options;
}

AttackResult attack(Evaluator& evaluator, const AttackOptions& options,
                    std::optional<int> target = std::nullopt, std::optional<int> label = 0) {
  return attack_image(evaluator, grey(), label, target, 7, options, nullptr);
}

std::string error_of(const std::function<void()>& body, ErrorCode code) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST(Attack, FindsTheOnePixelThatFlips) {
  FakeEvaluator network(3, needle);
  const AttackResult result = attack(network, until(StopRule::kSuccess));
  EXPECT_TRUE(result.success);
  EXPECT_TRUE(result.success_as_published);
  ASSERT_EQ(result.edits.size(), 1u);
  EXPECT_EQ(result.edits[0].x, 3);
  EXPECT_EQ(result.edits[0].y, 17);
  EXPECT_GT(result.edits[0].r, 200);
  EXPECT_EQ(result.predicted, 1);
  EXPECT_EQ(result.stop, StopReason::kSuccess);
  EXPECT_EQ(result.index, 7);
  Image saved = grey();
  apply_edits(saved, result.edits);
  const double e = std::exp(-1.0) + 1.0 + std::exp(-5.0);
  EXPECT_NEAR(result.confidence_after, std::exp(-1.0) / e, 1e-6);
  EXPECT_NEAR(result.confidence_predicted, 1.0 / e, 1e-6);
  EXPECT_EQ(needle(saved), (std::vector<float>{-1, 0, -5}));
}

TEST(Attack, CountsEvaluationsExactly) {
  FakeEvaluator network(3, robust);
  const AttackResult result = attack(network, until(StopRule::kBudget));
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.evaluations, 40400);
  EXPECT_EQ(network.evaluations, result.distinct_evaluations);
  EXPECT_LT(result.distinct_evaluations, 40400);
  EXPECT_EQ(result.generations, 100);
  EXPECT_EQ(result.stop, StopReason::kGenerations);
  EXPECT_EQ(result.evaluations_to_success, std::nullopt);
  EXPECT_EQ(result.verifications, network.full_passes);
  EXPECT_EQ(result.verifications, 2);  // the clean image and the best member
  EXPECT_EQ(result.edits, result.best_edits);
  EXPECT_EQ(result.edits.at(0).r, 255);
}

TEST(Attack, RecordsHowTheLossOfTheBestMemberFell) {
  // Least of class 0 at the colour (130, 7, 201): no start has it, so that many generations help.
  FakeEvaluator network(3, [](const Image& image) {
    double nearest = 1e9;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
      nearest = std::min(nearest, std::hypot(image.pixels[i] - 130.0, image.pixels[i + 1] - 7.0,
                                             image.pixels[i + 2] - 201.0));
    }
    return std::vector<float>{1.0F + static_cast<float>(nearest) / 100.0F, 0.0F, -1.0F};
  });
  const AttackResult result = attack(network, until(StopRule::kBudget));
  ASSERT_GE(result.improvements.size(), 2u);
  EXPECT_EQ(result.improvements.front().generation, 0);
  EXPECT_LE(result.improvements.back().generation, result.generations);
  for (std::size_t i = 1; i < result.improvements.size(); ++i) {
    EXPECT_GT(result.improvements[i].generation, result.improvements[i - 1].generation);
    EXPECT_LT(result.improvements[i].loss, result.improvements[i - 1].loss);
  }
  // Objective probability, untargeted: the loss is the log-odds of the true class.
  EXPECT_NEAR(1.0 / (1.0 + std::exp(-result.improvements.back().loss)), result.best_confidence,
              1e-6);
  // A shorter run is the beginning of a longer one.
  AttackOptions shorter = until(StopRule::kBudget);
  shorter.generations = 3;
  const AttackResult first = attack(network, shorter);
  for (std::size_t i = 0; i < first.improvements.size(); ++i) {
    EXPECT_EQ(first.improvements[i], result.improvements[i]);
  }
}

TEST(Attack, RepeatsChangeNothingButWhatTheEngineIsAskedFor) {
  FakeEvaluator with(3, robust);
  FakeEvaluator without(3, robust);
  AttackOptions options = until(StopRule::kBudget);
  const AttackResult a = attack(with, options);
  options.answer_repeats = false;
  const AttackResult b = attack(without, options);
  EXPECT_EQ(a.edits, b.edits);
  EXPECT_EQ(a.evaluations, b.evaluations);
  EXPECT_EQ(a.best_confidence, b.best_confidence);
  EXPECT_EQ(without.evaluations, 40400);
  EXPECT_EQ(b.distinct_evaluations, 40400);
}

TEST(Attack, EndsWhereTheSearchHasNoMoreCandidates) {
  FakeEvaluator network(3, needle);
  const AttackResult result = attack(network, attack_preset(SearchMethod::kExhaustive));
  EXPECT_EQ(result.stop, StopReason::kExhausted);
  EXPECT_EQ(result.evaluations, kWidth * kHeight * 8);  // 240 pixels, 50 a batch: the stop rule
  EXPECT_EQ(result.generations, 4);                     // of the preset lets it finish
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.edits.at(0).x, 3);
  AttackOptions early = attack_preset(SearchMethod::kExhaustive);
  early.stop = StopRule::kSuccess;
  early.population = 8;
  const AttackResult stopped = attack(network, early);
  EXPECT_EQ(stopped.stop, StopReason::kSuccess);
  EXPECT_LT(stopped.evaluations, result.evaluations);
  EXPECT_EQ(stopped.evaluations_to_success, result.evaluations_to_success);
}

TEST(Attack, CutsTheLastBatchToTheBudget) {
  for (const std::int64_t budget : {1, 399, 400, 401, 1000}) {
    FakeEvaluator network(3, robust);
    AttackOptions options = until(StopRule::kBudget);
    options.max_evaluations = budget;
    const AttackResult result = attack(network, options);
    EXPECT_EQ(result.evaluations, budget);
    EXPECT_EQ(network.evaluations, result.distinct_evaluations);
    EXPECT_LE(result.distinct_evaluations, budget);
    EXPECT_EQ(result.stop, StopReason::kEvaluations);
  }
}

TEST(Attack, GenerationZeroIsCheckedAndCountsAsEvaluated) {
  // Any edit flips: the first candidate of generation 0 is a success.
  FakeEvaluator network(2, [](const Image& image) {
    return std::vector<float>{image == grey() ? 1.0f : -1.0f, 0.0f};
  });
  const AttackResult result = attack(network, until(StopRule::kSuccess));
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.evaluations, 400);
  EXPECT_EQ(result.evaluations_to_success, 1);
  EXPECT_EQ(result.generations, 0);
}

TEST(Attack, ReportsTheConfirmedFlipOfLowestLoss) {
  // Every red over 150 flips, and more red means less of the true class.
  FakeEvaluator network(2, [](const Image& image) {
    const auto red = static_cast<float>(redness(image));
    return std::vector<float>{red > 0.33f ? -red : 1.0f - red, 0.0f};
  });
  const AttackResult result = attack(network, until(StopRule::kBudget));
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.edits.at(0).r, 255);
  EXPECT_LE(*result.evaluations_to_success, 400);
  EXPECT_EQ(result.verifications, 3);  // clean, the first flip, the reported one
}

TEST(Attack, AFlipAboveTheBestMemberIsASuccessButNotAsPublished) {
  // Red lowers class 0 below one half of the probability, but two other classes share the rest, so
  // it stays the argmax. Blue flips at a higher probability of class 0.
  FakeEvaluator network(3, [](const Image& image) {
    double blue = 0;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
      blue = std::max(blue, image.pixels[i] <= 100 ? (image.pixels[i + 2] - 100) / 155.0 : 0.0);
    }
    if (blue > 0.5) return std::vector<float>{1.0f, 1.1f, -9.0f};  // p0 0.475, flips
    const auto red = static_cast<float>(redness(image));
    if (red > 0) return std::vector<float>{1.0f, 0.9f, 0.9f * red};  // p0 down to 0.36, no flip
    return std::vector<float>{3.0f, 0.0f, 0.0f};
  });
  const AttackResult result = attack(network, until(StopRule::kBudget));
  EXPECT_TRUE(result.success);
  EXPECT_FALSE(result.success_as_published);
  EXPECT_EQ(result.predicted, 1);
  EXPECT_GT(result.edits.at(0).b, 177);
  EXPECT_EQ(result.best_edits.at(0).r, 255);
  EXPECT_LT(result.best_confidence, result.confidence_after);
  EXPECT_NEAR(result.best_confidence, std::exp(1.0) / (std::exp(1.0) + 2 * std::exp(0.9)), 1e-6);
  EXPECT_EQ(result.disagreements, 0);
}

TEST(Attack, StopsAtFivePercentOfTheBestMember) {
  FakeEvaluator network(2, [](const Image& image) {
    return std::vector<float>{4.0f - 8.0f * static_cast<float>(redness(image)), 0.0f};
  });
  const AttackResult result = attack(network, until(StopRule::kConfidence));
  EXPECT_EQ(result.stop, StopReason::kConfidence);
  EXPECT_LT(result.best_confidence, 0.05);
  EXPECT_EQ(result.evaluations, 400);  // generation 0 holds full red
  AttackOptions unreachable = until(StopRule::kConfidence);
  unreachable.stop_below = 0.01;  // full red leaves 1.8 %
  EXPECT_EQ(attack(network, unreachable).stop, StopReason::kGenerations);
}

TEST(Attack, TargetedSuccessMeansTheTarget) {
  // Red gives class 1 (not asked for), blue over 220 gives class 2.
  const auto function = [](const Image& image) {
    float blue = 0;
    for (std::size_t i = 2; i < image.pixels.size(); i += 3) {
      blue = std::max(blue, static_cast<float>(image.pixels[i]));
    }
    return std::vector<float>{1.0f, static_cast<float>(2.0 * redness(image)),
                              blue > 220 ? 5.0f : -3.0f + blue / 100};
  };
  FakeEvaluator network(3, function);
  AttackOptions options = until(StopRule::kSuccess);
  options.goal = Goal::kTarget;
  options.target = 2;
  const AttackResult result = attack(network, options, 2);
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.predicted, 2);
  EXPECT_EQ(result.target, 2);
  EXPECT_GT(result.edits.at(0).b, 220);

  // Where the target cannot be had, another class does not count.
  FakeEvaluator stubborn(3, [&](const Image& image) {
    std::vector<float> logits = function(image);
    logits[2] = std::min(logits[2], -1.0f);
    return logits;
  });
  const AttackResult failed = attack(stubborn, options, 2);
  EXPECT_FALSE(failed.success);
  EXPECT_FALSE(failed.success_as_published);
  EXPECT_EQ(failed.evaluations_to_success, std::nullopt);

  options.stop = StopRule::kConfidence;
  const AttackResult confident = attack(network, options, 2);
  EXPECT_EQ(confident.stop, StopReason::kConfidence);
  EXPECT_GT(confident.best_confidence, 0.9);
}

TEST(Attack, LeastLikelyIsTheLowestCleanLogit) {
  FakeEvaluator network(3, robust);
  AttackOptions options = until(StopRule::kBudget);
  options.goal = Goal::kLeastLikely;
  options.generations = 1;
  EXPECT_EQ(attack(network, options).target, 2);
}

TEST(Attack, MarginFindsTheSameNeedle) {
  FakeEvaluator network(3, needle);
  AttackOptions options = until(StopRule::kSuccess);
  options.objective = Objective::kMargin;
  EXPECT_TRUE(attack(network, options).success);
  options.goal = Goal::kTarget;
  options.target = 1;
  EXPECT_TRUE(attack(network, options, 1).success);
}

TEST(Attack, SkipsWhatIsNoAttack) {
  FakeEvaluator network(3, robust);
  const AttackResult wrong = attack(network, until(StopRule::kBudget), std::nullopt, 1);
  EXPECT_EQ(wrong.skipped, SkipReason::kMisclassified);
  EXPECT_FALSE(wrong.success);
  EXPECT_EQ(wrong.evaluations, 0);
  EXPECT_EQ(wrong.predicted, 0);
  AttackOptions options = until(StopRule::kBudget);
  options.goal = Goal::kTarget;
  options.target = 0;
  EXPECT_EQ(attack(network, options, 0).skipped, SkipReason::kAlreadyTarget);
  EXPECT_EQ(network.evaluations, 0);
}

TEST(Attack, WithoutALabelTheCleanPredictionStandsForIt) {
  FakeEvaluator network(3, needle);
  const AttackResult result =
      attack(network, until(StopRule::kSuccess), std::nullopt, std::nullopt);
  EXPECT_EQ(result.label, 0);
  EXPECT_TRUE(result.label_assumed);
  EXPECT_TRUE(result.success);
}

TEST(Attack, RefusesASuccessThatTheFullPassDenies) {
  FakeEvaluator network(3, needle, robust);
  const AttackResult result = attack(network, until(StopRule::kSuccess));
  EXPECT_FALSE(result.success);
  EXPECT_FALSE(result.success_as_published);
  EXPECT_EQ(result.evaluations_to_success, std::nullopt);
  EXPECT_GT(result.disagreements, 0);
  EXPECT_EQ(result.predicted, 0);
  EXPECT_EQ(result.evaluations, 40400);  // it goes on searching
  EXPECT_EQ(result.verifications, network.full_passes);
  EXPECT_LE(result.verifications, 2 + 2 * network.batches);
}

TEST(Attack, AFlipThatOnlyTheFullPassSeesIsADisagreementNotASuccess) {
  FakeEvaluator network(3, robust, [](const Image& image) {
    return image == grey() ? robust(image) : std::vector<float>{0.0f, 1.0f, 0.0f};
  });
  const AttackResult result = attack(network, until(StopRule::kBudget));
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.disagreements, 1);
}

TEST(Attack, OneDeniedFlipDoesNotHideAConfirmedOne) {
  // Scores flip over red 150; the full pass only over 200, and never again over 250.
  const auto with_limits = [](int low, int high) {
    return [low, high](const Image& image) {
      const double red = 100.0 + 155.0 * redness(image);
      const bool flips = red > low && red < high;
      return std::vector<float>{static_cast<float>((flips ? -0.1 : 1.0) - red / 1000), 0.0f};
    };
  };
  FakeEvaluator network(2, with_limits(150, 256), with_limits(200, 250));
  AttackOptions options = until(StopRule::kBudget);
  options.method = SearchMethod::kRandom;
  const AttackResult result = attack(network, options);
  EXPECT_TRUE(result.success);
  EXPECT_FALSE(result.success_as_published);  // the best member has red 255
  EXPECT_GT(result.disagreements, 0);
  EXPECT_GT(result.edits.at(0).r, 200);
  EXPECT_LT(result.edits.at(0).r, 250);
  EXPECT_EQ(result.predicted, 1);
}

TEST(Attack, ADeniedBestOfAnEarlierBatchHidesNoLaterOne) {
  // The first candidate has the lowest loss of all, and is denied. So is the first flip of the
  // second batch, whose best one holds.
  int scored = 0;
  Image holds;
  FakeEvaluator network(
      2,
      [&](const Image& image) {
        switch (++scored) {
          case 1:
            return std::vector<float>{-9.0f, 0.0f};
          case 5:
            return std::vector<float>{-1.0f, 0.0f};
          case 7:
            holds = image;
            return std::vector<float>{-2.0f, 0.0f};
          default:
            return std::vector<float>{1.0f, 0.0f};
        }
      },
      [&](const Image& image) {
        return std::vector<float>{image == holds ? -2.0f : 1.0f, 0.0f};
      });
  AttackOptions options = until(StopRule::kSuccess);
  options.method = SearchMethod::kRandom;
  options.population = 4;
  options.answer_repeats = false;
  const AttackResult result = attack(network, options);
  EXPECT_TRUE(result.success);
  EXPECT_EQ(result.evaluations_to_success, 7);
  EXPECT_EQ(result.generations, 1);
  EXPECT_EQ(result.disagreements, 2);
}

TEST(Attack, ANaNOrInfiniteLogitIsAnErrorThatNamesIt) {
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const Objective objective : {Objective::kProbability, Objective::kMargin}) {
      FakeEvaluator network(3, [&](const Image& image) {
        return std::vector<float>{1, 0, image == grey() ? 0 : bad};
      });
      AttackOptions options = until(StopRule::kBudget);
      options.objective = objective;
      const std::string message = error_of([&] { attack(network, options); }, ErrorCode::kBadModel);
      EXPECT_THAT(message, testing::HasSubstr("image 7"));
      EXPECT_THAT(message, testing::HasSubstr(std::isnan(bad) ? "nan" : "inf"));
      EXPECT_THAT(message, testing::HasSubstr("class 2"));
    }
  }
  FakeEvaluator network(2, [](const Image&) { return std::vector<float>{std::nanf(""), 0}; });
  error_of([&] { attack(network, until(StopRule::kBudget)); }, ErrorCode::kBadModel);
}

TEST(Attack, EqualLogitsGoToTheLowestIndex) {
  // A tie between the label 1 and class 0 is a flip to 0; a tie with class 2 is none.
  const auto tie = [](std::vector<float> edited) {
    return [edited](const Image& image) {
      return image == grey() ? std::vector<float>{0, 1, 0} : edited;
    };
  };
  FakeEvaluator low(3, tie({1, 1, 0}));
  EXPECT_TRUE(attack(low, until(StopRule::kSuccess), std::nullopt, 1).success);
  FakeEvaluator high(3, tie({0, 1, 1}));
  EXPECT_FALSE(attack(high, until(StopRule::kSuccess), std::nullopt, 1).success);
}

TEST(Attack, SameSeedSameResultOtherKeysOtherResults) {
  FakeEvaluator network(3, robust);
  AttackOptions options = until(StopRule::kBudget);
  options.generations = 3;
  options.population = 20;
  const auto edits = [&](std::uint64_t seed, std::int64_t index) {
    options.seed = seed;
    return attack_image(network, grey(), 0, std::nullopt, index, options, nullptr).best_edits;
  };
  EXPECT_EQ(edits(1, 0), edits(1, 0));
  EXPECT_NE(edits(1, 0), edits(2, 0));
  EXPECT_NE(edits(1, 0), edits(1, 1));
}

TEST(Attack, SeveralPixelsAreReportedInEffectiveForm) {
  FakeEvaluator network(3, robust);
  AttackOptions options = until(StopRule::kBudget);
  options.pixels = 5;
  options.generations = 5;
  Image image = grey();
  const AttackResult result = attack(network, options);
  ASSERT_LE(result.edits.size(), 5u);
  EXPECT_EQ(result.edits, effective_edits(image, result.edits));
}

TEST(Attack, Cancelled) {
  FakeEvaluator network(3, robust);
  const CancelFlag cancel = true;
  error_of([&] { attack_image(network, grey(), 0, std::nullopt, 0, {}, &cancel); },
           ErrorCode::kCancelled);
}

TEST(Attack, RefusesContradictoryRequests) {
  FakeEvaluator network(3, robust);
  const AttackOptions untargeted = until(StopRule::kBudget);
  error_of([&] { attack(network, untargeted, 1); }, ErrorCode::kBadArgument);
  error_of([&] { attack(network, untargeted, std::nullopt, 3); }, ErrorCode::kBadData);
  AttackOptions all = untargeted;
  all.goal = Goal::kAllTargets;
  error_of([&] { attack(network, all); }, ErrorCode::kBadArgument);
  error_of([&] { attack(network, all, 3); }, ErrorCode::kBadArgument);
}

}  // namespace
}  // namespace ripple
