#include "ripple/app/attack_cases.h"

#include <gtest/gtest.h>

#include "ripple/eval/reference/reference.h"
#include "ripple/eval/scores.h"
#include "ripple/image/png.h"
#include "tests/expect_error.h"
#include "tests/scratch_folder.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

/// The label is the test's, not the image's.
AttackResult result_of(std::int64_t index, int label) {
  AttackResult result;
  result.index = index;
  result.name = open_dataset("shapes:9:2")->sample(index).name;
  result.label = label;
  result.label_assumed = true;
  return result;
}

/// A results file over the bundled network and `shapes`: image 0 flipped, 1 withstood, 2 skipped.
class AttackCasesTest : public testing::Test {
 protected:
  void SetUp() override {
    model_ = read_onnx(source_folder() / "models/shapes/lenet.onnx");
    data_ = open_dataset("shapes:5:2");
    header_.model = "lenet.onnx";
    header_.model_sha256 = model_.sha256;
    header_.preprocessing = *model_.preprocessing;
    header_.data = "shapes:5:2";
    AttackResult flipped = result_of(0, 3);
    flipped.success = true;
    flipped.predicted = 4;
    flipped.edits = {{1, 2, 3, 4, 5}};
    flipped.evaluations = 40000;
    flipped.distinct_evaluations = 20000;
    flipped.evaluations_to_success = 7;
    flipped.generations = 99;
    flipped.confidence_before = 0.9;
    flipped.confidence_predicted = 0.6;
    AttackResult withstood = result_of(1, 4);
    withstood.predicted = 4;
    AttackResult skipped = result_of(2, 1);
    skipped.skipped = SkipReason::kMisclassified;
    results_ = {flipped, withstood, skipped};
  }

  AttackCases read(bool as_folder = false) {
    const auto path = folder_.path() / "results.jsonl";
    std::filesystem::remove(path);
    ResultsWriter writer = ResultsWriter::create(path, header_);
    for (const AttackResult& result : results_) writer.append(result);
    return read_attack_cases(as_folder ? folder_.path() : path, model_, *data_);
  }
  void expect_refused(std::initializer_list<const char*> parts) {
    expect_error([&] { read(); }, ErrorCode::kBadArgument, parts);
  }

  ScratchFolder folder_;
  Model model_;
  std::unique_ptr<Dataset> data_;
  ResultsHeader header_;
  std::vector<AttackResult> results_;
};

TEST_F(AttackCasesTest, AttackedImagesAreCasesAndSkippedOnesAreNot) {
  for (const bool as_folder : {false, true}) {
    const AttackCases cases = read(as_folder);
    ASSERT_EQ(cases.cases.size(), 2u);
    EXPECT_EQ(cases.successes(), 1);
    EXPECT_EQ(cases.skipped.size(), 1u);
    const AttackCase& first = cases.at(0);
    EXPECT_TRUE(first.success);
    EXPECT_EQ(first.label, 3);
    EXPECT_EQ(first.predicted, 4);
    EXPECT_EQ(first.edits, (std::vector<PixelEdit>{{1, 2, 3, 4, 5}}));
    EXPECT_EQ(first.confidence_predicted, 0.6);
    EXPECT_FALSE(cases.at(1).success);
  }
}

TEST_F(AttackCasesTest, CountsEverySkippedImageOnce) {
  AttackCases cases;
  EXPECT_EQ(cases.skipped_text(), "no image was skipped");
  for (const auto& [index, reason] : {std::pair{3, SkipReason::kMisclassified},
                                      {3, SkipReason::kMisclassified},
                                      {4, SkipReason::kMisclassified},
                                      {7, SkipReason::kAlreadyTarget}}) {
    AttackResult result;
    result.index = index;
    result.skipped = reason;
    cases.skipped.push_back(result);
  }
  EXPECT_EQ(cases.skipped_text(), "2 images misclassified, 1 of the target class already");
  cases.skipped.pop_back();
  EXPECT_EQ(cases.skipped_text(), "2 images misclassified");
}

TEST_F(AttackCasesTest, OfSeveralTargetsTheFirstSuccessStandsForTheImage) {
  AttackResult failed = result_of(3, 0);
  failed.target = 1;
  AttackResult reached = result_of(3, 0);
  reached.target = 2;
  reached.success = true;
  reached.predicted = 2;
  reached.edits = {{1, 2, 3, 4, 5}};
  reached.evaluations = 1;
  reached.evaluations_to_success = 1;
  header_.options.goal = Goal::kAllTargets;
  AttackResult reached_too = reached;
  reached_too.target = 4;
  reached_too.predicted = 4;
  results_ = {failed, reached, reached_too};
  EXPECT_EQ(read().at(3).target, 2);
  EXPECT_EQ(read().cases.size(), 1u);
  EXPECT_EQ(read().successes(), 1);
  results_ = {failed};
  EXPECT_EQ(read().at(3).target, 1);
}

TEST_F(AttackCasesTest, RefusesImagesWithoutAnAttack) {
  const AttackCases cases = read();
  expect_error([&] { cases.at(2); }, ErrorCode::kBadArgument,
               {"--index", "image 2 was not attacked", "misclassified"});
  expect_error([&] { cases.at(4); }, ErrorCode::kBadArgument, {"image 4 is not in"});
}

TEST_F(AttackCasesTest, RefusesAnotherNetwork) {
  header_.model_sha256 = "0123456789abcdef";
  expect_refused({"another network", "lenet.onnx, sha256 0123456789ab", "results.jsonl"});
}

TEST_F(AttackCasesTest, RefusesAnotherPreprocessing) {
  header_.preprocessing.mean[1] += 1.0f;
  expect_refused({"--mean", "give the same"});
}

TEST_F(AttackCasesTest, RefusesOtherData) {
  header_.data = "shapes:5:3";
  expect_refused({"on shapes:5:3, --data opened shapes:5:2"});
  header_.data = "folder:photos";
  expect_refused({"on folder:photos"});
}

TEST_F(AttackCasesTest, RefusesOtherImagesUnderTheSameName) {
  results_[1].name = "another";
  expect_refused({"image 1 was another and is ", "give the data that was attacked"});
}

TEST_F(AttackCasesTest, RefusesAnImageOfAnotherClass) {
  results_[1].label_assumed = false;
  results_[1].label = data_->sample(1).label.value();
  read();
  results_[1].label = (results_[1].label + 1) % model_.graph.classes();
  expect_refused({"image 1 has another class"});
}

TEST_F(AttackCasesTest, RefusesAnIndexThatTheDataLacks) {
  results_[1].index = 5;
  expect_refused({"which has no image 5"});
}

TEST_F(AttackCasesTest, RefusesAnEditOutsideTheImage) {
  results_[0].edits = {{32, 0, 1, 1, 1}};
  expect_refused({"results.jsonl: image 0 has an edit at column 32, row 0"});
}

TEST_F(AttackCasesTest, RefusesAClassThatTheNetworkLacks) {
  results_[0].predicted = 10;
  expect_refused({"image 0 has a class that the network lacks"});
}

TEST_F(AttackCasesTest, RefusesATargetThatTheNetworkLacks) {
  header_.options.goal = Goal::kAllTargets;
  results_.resize(1);
  results_[0].target = 10;
  expect_refused({"image 0 has a class that the network lacks"});
}

TEST_F(AttackCasesTest, RefusesResultsThatContradictTheGoal) {
  const auto refused = [&] { expect_refused({"image 0 contradicts the goal"}); };
  results_.resize(1);
  results_[0].target = 4;  // the goal is untargeted
  refused();
  header_.options.goal = Goal::kAllTargets;
  results_[0].target.reset();
  refused();
  results_[0].target = 5;  // it became 4
  refused();
  results_[0].target = 3;  // its own class
  results_[0].success = false;
  refused();
}

TEST_F(AttackCasesTest, RefusesLinesOfAnotherTarget) {
  header_.options.goal = Goal::kTarget;
  header_.options.target = 4;
  results_.resize(1);
  results_[0].target = 4;
  EXPECT_EQ(read().successes(), 1);
  header_.options.target = 5;
  expect_refused({"image 0 contradicts the goal 'target'"});
}

TEST_F(AttackCasesTest, RefusesLinesThatTheOptionsDoNotAllow) {
  const std::vector<AttackResult> sound = results_;
  const auto refused = [&](auto change, const char* problem) {
    results_ = sound;
    change(results_[0]);
    expect_refused({"image 0", problem, "of two runs"});
  };
  refused([](AttackResult& r) { r.edits.push_back({2, 2, 3, 4, 5}); }, "changes 2 pixels");
  refused(
      [](AttackResult& r) {
        r.best_edits = {{1, 1, 1, 1, 1}, {2, 2, 2, 2, 2}};
      },
      "changes 2 pixels, the header says 1");
  refused([](AttackResult& r) { r.evaluations = 40401; }, "40401 evaluations");
  refused([](AttackResult& r) { r.generations = 101; }, "101 generations");
  refused([](AttackResult& r) { r.edits.clear(); }, "is a success and is none");
  refused([](AttackResult& r) { r.evaluations_to_success.reset(); }, "is a success and is none");
  results_ = sound;
  results_[1].success_as_published = true;
  expect_refused({"image 1 is a success and is none"});
}

TEST_F(AttackCasesTest, SaysWhatAFileLacks) {
  const auto lacks = [&](const std::string& selection) {
    read();
    ResultsFile file = read_results(folder_.path() / "results.jsonl");
    file.header.selection = selection;
    return shortfall(file, 10);
  };
  EXPECT_EQ(lacks("range 0:3"), "");
  EXPECT_EQ(lacks("range 0:4"), "holds 3 of 4 images: its run goes on or was stopped");
  EXPECT_EQ(lacks("range 0:5, first 2 correctly classified"), "");
  EXPECT_EQ(lacks("range 0:5, first 3 correctly classified"),
            "holds 2 of 3 images: its run goes on or was stopped, or the data has no more of them");
  for (const char* nothing :
       {"", "range -1:9223372036854775807", "range 4:1", "range 0:5, first -2"})
    EXPECT_EQ(lacks(nothing), "") << nothing;
  // An image of the target class is selected, and not attacked.
  for (AttackResult& result : results_) {
    if (result.skipped == SkipReason::kMisclassified) result.skipped = SkipReason::kAlreadyTarget;
  }
  EXPECT_EQ(lacks("range 0:5, first 3 correctly classified"), "");
  std::filesystem::resize_file(folder_.path() / "results.jsonl",
                               std::filesystem::file_size(folder_.path() / "results.jsonl") - 9);
  EXPECT_EQ(shortfall(read_results(folder_.path() / "results.jsonl"), 10),
            "ends in the middle of a line: its run goes on or was stopped");
  header_.options.goal = Goal::kAllTargets;
  results_ = {result_of(1, 0)};
  results_[0].target = 1;
  EXPECT_EQ(lacks("range 1:2"), "lacks targets of 1 of its images: its run goes on or was stopped");
}

TEST_F(AttackCasesTest, RefusesOtherImagesByTheirAnswer) {
  AttackCase attack = read().at(0);
  const auto evaluator = make_reference_evaluator(model_);
  const Image image = data_->sample(0).image;
  expect_error([&] { check_answer("results.jsonl", attack, image, *evaluator); },
               ErrorCode::kBadData, {"image 0", "are these the images that were attacked?"});
  Image edited = image;
  apply_edits(edited, attack.edits);
  std::vector<float> logits(10);
  evaluator->logits_of(edited, logits);
  attack.confidence_predicted = softmax(logits)[4];
  EXPECT_NO_THROW(check_answer("results.jsonl", attack, image, *evaluator));
}

TEST_F(AttackCasesTest, WithoutADatasetThePreprocessingMayBeUnknown) {
  read();
  model_.preprocessing.reset();
  EXPECT_EQ(read_model_results(folder_.path(), model_).file.results.size(), 3u);
  expect_error([&] { read(); }, ErrorCode::kBadModel, {"--mean"});
}

TEST_F(AttackCasesTest, TheSameFilesElsewhereAreTakenByNameAndLabel) {
  const std::filesystem::path here = folder_.path() / "here.png";
  const std::filesystem::path there = folder_.path() / "there" / "here.png";
  std::filesystem::create_directories(there.parent_path());
  for (const auto& path : {here, there}) write_png(path, data_->sample(0).image);
  data_ = open_dataset("image:" + here.string());
  header_.data = "image:" + there.string();
  results_ = {result_of(0, 0)};
  results_[0].name = data_->sample(0).name;
  EXPECT_EQ(read().cases.size(), 1u);
  results_[0].name = "another.png";
  expect_refused({"image 0 was another.png and is here.png"});
  results_ = {};
  expect_refused({"without a result"});
}

TEST_F(AttackCasesTest, WithoutASuccessTheSessionFails) {
  const CancelFlag cancel{false};
  bool failed = false;
  const Session session{cancel, failed};
  EXPECT_TRUE(has_success(read(), session));
  EXPECT_FALSE(failed);
  results_.erase(results_.begin());
  EXPECT_FALSE(has_success(read(), session));
  EXPECT_TRUE(failed);
}

}  // namespace
}  // namespace ripple
