#include "ripple/eval/dense/trainer.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "ripple/eval/dense/dense.h"
#include "ripple/eval/reference/reference.h"
#include "ripple/eval/scores.h"
#include "ripple/model/architectures.h"
#include "tests/expect_error.h"
#include "tests/small_training.h"

namespace ripple {
namespace {

double accuracy(Evaluator& evaluator, const Dataset& data) {
  std::vector<float> logits(std::size_t(evaluator.classes()));
  int correct = 0;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    const Sample sample = data.sample(i);
    evaluator.logits_of(sample.image, logits);
    correct += argmax(logits) == sample.label;
  }
  return double(correct) / double(data.size());
}

/// For train(): notes every epoch that is done.
auto epochs_to(std::vector<TrainProgress>& epochs) {
  return [&epochs](const TrainProgress& progress) {
    if (progress.epoch_done) epochs.push_back(progress);
  };
}

TEST(Trainer, RemembersNoiseAndTheModelAgrees) {
  const ListDataset data = noise(64, 4);
  Model model = small_model(4);
  double first_loss = 0;
  double last_loss = 0;
  const TrainResult result =
      train(model, data, data, quick_training(60), [&](const TrainProgress& progress) {
        if (progress.step == 1) first_loss = progress.loss;
        last_loss = progress.loss;
      });
  EXPECT_EQ(result.end, TrainEnd::kFinished);
  EXPECT_EQ(result.best_accuracy, 1.0);
  EXPECT_TRUE(last_loss < 0.1 * first_loss) << first_loss << " " << last_loss;
  EXPECT_EQ(model.labels, data.class_names());
  // Running statistics were written back: the plain and the folded network, and the oracle, say
  // what validation said.
  EXPECT_EQ(accuracy(*make_dense_evaluator(model), data), 1.0);
  EXPECT_EQ(accuracy(*make_reference_evaluator(model), data), 1.0);
  const auto& norm = std::get<BatchNormalization>(model.graph.nodes[1].op);
  EXPECT_NE(norm.mean.data, std::vector<float>(16, 0.0f));
  EXPECT_EQ(std::get<Binary>(model.graph.nodes[8].op).constant.data, std::vector<float>{0.5f});
}

TEST(Trainer, ValidationLossIsTheModels) {
  const ListDataset data = noise(70, 3);
  const ListDataset other = noise(130, 3, 2);
  Model model = small_model(3);
  std::vector<TrainProgress> epochs;
  const TrainResult result = train(model, data, other, quick_training(3), epochs_to(epochs));
  ASSERT_EQ(epochs.size(), 3u);
  const auto reference = make_reference_evaluator(model);
  double loss = 0;
  std::vector<float> logits(3);
  for (std::int64_t i = 0; i < other.size(); ++i) {
    const Sample sample = other.sample(i);
    reference->logits_of(sample.image, logits);
    loss -= std::log(softmax(logits)[std::size_t(*sample.label)]);
  }
  loss /= 130;
  EXPECT_TRUE(std::abs(loss - result.best_loss) <= 1e-4) << loss << " " << result.best_loss;
  EXPECT_NEAR(accuracy(*reference, other), result.best_accuracy, 1e-9);
  EXPECT_EQ(result.best_accuracy, epochs[std::size_t(result.best_epoch - 1)].validation_accuracy);
}

TEST(Trainer, OneSeedGivesTheSameWeightsForAnyNumberOfThreads) {
  const ListDataset data = noise(150, 3);
  std::vector<std::vector<float>> weights;
  for (const int threads : {1, 1, 3}) {
    Model model = small_model(3);
    TrainOptions options = quick_training(2);
    options.batch = 150;  // five parts: more than three threads take at a time
    options.flips = true;
    options.shift = 2;
    options.threads = threads;
    train(model, data, data, options);
    weights.push_back(all_constants(model.graph));
  }
  EXPECT_EQ(weights[1], weights[0]);
  EXPECT_EQ(weights[2], weights[0]);
  Model model = small_model(3);
  TrainOptions options = quick_training(2);
  options.batch = 150;
  options.seed = 2;
  train(model, data, data, options);
  EXPECT_NE(all_constants(model.graph), weights[0]);
}

TEST(Trainer, CancelKeepsTheBestSoFar) {
  const ListDataset data = noise(150, 3);
  Model model = small_model(3);
  CancelFlag cancel{false};
  std::vector<TrainProgress> seen;
  const TrainResult result = train(
      model, data, data, quick_training(4),
      [&](const TrainProgress& progress) {
        seen.push_back(progress);
        if (progress.epoch == 2 && !progress.epoch_done) cancel = true;
      },
      &cancel);
  EXPECT_EQ(result.end, TrainEnd::kCancelled);
  EXPECT_EQ(result.best_epoch, 1);
  EXPECT_EQ(seen.size(), 5u);  // three steps, the end of the epoch, one step
  EXPECT_EQ(accuracy(*make_reference_evaluator(model), data), result.best_accuracy);
}

TEST(Trainer, CancelInTheFirstEpochLeavesTheModel) {
  const ListDataset data = noise(150, 3);
  Model model = small_model(3);
  const std::vector<float> before = all_constants(model.graph);
  CancelFlag cancel{false};
  const TrainResult result = train(
      model, data, data, quick_training(4), [&](const TrainProgress&) { cancel = true; }, &cancel);
  EXPECT_EQ(result.end, TrainEnd::kCancelled);
  EXPECT_EQ(result.best_epoch, 0);
  EXPECT_EQ(all_constants(model.graph), before);
}

TEST(Trainer, DivergenceKeepsTheBestWeightsAndSaysTheStep) {
  const ListDataset data = noise(150, 3);  // three steps an epoch
  Model model = small_model(3);
  std::vector<TrainProgress> seen;
  const TrainResult result = train(model, data, data, diverging_training(),
                                   [&](const TrainProgress& p) { seen.push_back(p); });
  ASSERT_EQ(result.end, TrainEnd::kDiverged);
  ASSERT_GE(result.best_epoch, 1);
  const std::int64_t epochs =
      std::count_if(seen.begin(), seen.end(), [](const TrainProgress& p) { return p.epoch_done; });
  ASSERT_GE(epochs, 2);
  // The step whose loss is no number is not reported; the one before validation is.
  EXPECT_EQ(result.step, seen.back().step + (result.divergence == Divergence::kLoss ? 1 : 0));
  EXPECT_GT(result.step, 3 * epochs);
  EXPECT_LE(result.step, 3 * epochs + 3);
  // The same weights as of a run that is stopped right behind the best epoch.
  Model stopped = small_model(3);
  CancelFlag cancel{false};
  train(
      stopped, data, data, diverging_training(),
      [&](const TrainProgress& p) { cancel = p.epoch > result.best_epoch; }, &cancel);
  EXPECT_EQ(all_constants(model.graph), all_constants(stopped.graph));
  for (const float w : all_constants(model.graph)) ASSERT_TRUE(std::isfinite(w));
}

TEST(Trainer, DivergenceBehindTheLastStepOfAnEpochIsSaidSo) {
  const ListDataset data = noise(20, 3);
  Model model = small_model(3);
  TrainOptions options = quick_training(3);
  options.learning_rate = 1e30;  // its only step an epoch begins with sound weights
  const TrainResult result = train(model, data, data, options);
  EXPECT_EQ(result.end, TrainEnd::kDiverged);
  EXPECT_NE(result.divergence, Divergence::kLoss);
  EXPECT_EQ(result.step, 1);
  EXPECT_EQ(result.best_epoch, 0);
}

TEST(Trainer, APartOfOneImageTakesAnother) {
  // 33 images are parts of 31 and 2: all of them are seen, and with any number of threads alike.
  const ListDataset data = noise(33, 3);
  std::vector<std::vector<float>> weights;
  for (const int threads : {1, 2}) {
    Model model = small_model(3);
    TrainOptions options = quick_training(1);
    options.threads = threads;
    std::vector<TrainProgress> epochs;
    train(model, data, data, options, epochs_to(epochs));
    const double seen = epochs.at(0).accuracy * 33;
    EXPECT_NEAR(seen, std::round(seen), 1e-9);
    weights.push_back(all_constants(model.graph));
  }
  EXPECT_EQ(weights[1], weights[0]);
  Model without = small_model(3);
  std::vector<Sample> fewer;
  for (int i = 0; i < 32; ++i) fewer.push_back(data.sample(i));
  train(without, ListDataset(std::move(fewer), data.class_names()), data, quick_training(1));
  EXPECT_NE(all_constants(without.graph), weights[0]);
}

TEST(Trainer, AnotherSizeIsResizedOrRefused) {
  std::vector<Sample> samples;
  for (int i = 0; i < 4; ++i)
    samples.push_back({make_image(i == 2 ? 24 : 12, 10), i % 3, "i" + std::to_string(i)});
  const ListDataset data(std::move(samples), {"a", "b", "c"});
  Model model = small_model(3);
  TrainOptions options = quick_training(1);
  EXPECT_EQ(train(model, data, data, options).end, TrainEnd::kFinished);
  options.resize = false;
  expect_error([&] { train(model, data, data, options); }, ErrorCode::kBadArgument,
               {"i2", "24x10", "12x10", "--size"});
}

TEST(Trainer, ProgressCounts) {
  const ListDataset data = noise(129, 3);  // the last batch would be a single image: left out
  Model model = small_model(3);
  std::vector<TrainProgress> seen;
  train(model, data, data, quick_training(2), [&](const TrainProgress& p) { seen.push_back(p); });
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen[0].step, 1);
  EXPECT_EQ(seen[0].steps, 4);
  EXPECT_TRUE(seen[2].epoch_done);
  EXPECT_EQ(seen[5].step, 4);
  EXPECT_GE(seen[5].seconds, seen[0].seconds);
  EXPECT_LT(seen[0].learning_rate, seen[1].learning_rate);  // warm-up
  EXPECT_LT(seen[4].learning_rate, seen[3].learning_rate);  // cosine
}

TEST(Trainer, TrainsTheKnownArchitectures) {
  const ListDataset data = noise(40, 3);
  for (const Architecture& a : architectures()) {
    // The others have the same operators, and take minutes.
    if (a.smallest_side > 16 || a.name == "resnet56" || a.name == "wrn16-4") continue;
    Model model;
    model.graph = make_architecture(std::string(a.name), {3, 18, 16}, 3);
    TrainOptions options = quick_training(1);
    for (const DropoutSpot& spot : a.dropout) {
      options.dropout.push_back({std::string(spot.value), spot.rate});
    }
    const TrainResult result = train(model, data, data, options);
    EXPECT_EQ(result.end, TrainEnd::kFinished) << a.name;
  }
}

TEST(Trainer, NotesValidationImagesThatAreTrainedOn) {
  const ListDataset data = noise(20, 3);
  const auto notes = [&](const Dataset& validation) {
    Model model = small_model(3);
    TrainOptions options = quick_training(1);
    std::vector<std::string> heard;
    options.note = [&](const std::string& text) { heard.push_back(text); };
    train(model, data, validation, options);
    return heard;
  };
  EXPECT_TRUE(notes(noise(5, 3, 2)).empty());
  std::vector<Sample> mixed{noise(1, 3, 2).sample(0), data.sample(7), data.sample(4)};
  mixed[1].name = "copy";
  EXPECT_THAT(notes(ListDataset(std::move(mixed), data.class_names())),
              testing::ElementsAre(testing::HasSubstr("2 of 3, the first is copy (7 of list)")));
}

TEST(Trainer, RefusesBadOptions) {  // the others: train_options_test.cpp
  const ListDataset data = noise(8, 3);
  Model model = small_model(3);
  const auto with = [&](auto change) {
    TrainOptions options = quick_training(1);
    change(options);
    train(model, data, data, options);
  };
  expect_error([&] { with([](auto& o) { o.epochs = 0; }); }, ErrorCode::kBadArgument, {"epochs"});
  with([](auto&) {});
  expect_error([&] { with([](auto& o) { o.device = "cuda:99"; }); }, ErrorCode::kBadArgument,
               {"cuda:99"});
  const ListDataset four = noise(8, 4);
  expect_error([&] { train(model, four, four, quick_training(1)); }, ErrorCode::kBadArgument,
               {"classes"});
}

TEST(Trainer, RefusesASingleClass) {
  std::vector<Sample> samples;
  for (int i = 0; i < 4; ++i) samples.push_back({make_image(12, 10), 1, std::to_string(i)});
  const ListDataset data(std::move(samples), {"a", "b", "c"});
  Model model = small_model(3);
  expect_error([&] { train(model, data, noise(4, 3), quick_training(1)); }, ErrorCode::kBadArgument,
               {"single class"});
}

}  // namespace
}  // namespace ripple
