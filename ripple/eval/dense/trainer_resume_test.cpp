#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "ripple/base/hash.h"
#include "ripple/eval/dense/trainer.h"
#include "tests/expect_error.h"
#include "tests/small_training.h"

namespace ripple {
namespace {

class TrainerResume : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  TrainOptions options(int epochs) const {
    TrainOptions out = quick_training(epochs);
    out.flips = true;
    out.shift = 1;
    out.dropout = {{"relu2", 0.3}, {"input", 0.1}};
    out.network = "small";
    return out;
  }
  TrainOptions saving(int epochs) const {
    TrainOptions out = options(epochs);
    out.checkpoint = path_;
    return out;
  }
  /// Trains until two epochs and one step are done.
  void begin() {
    Model model = small_model(3);
    CancelFlag cancel{false};
    const TrainResult result = train(
        model, data_, other_, saving(5), [&](const TrainProgress& p) { cancel = p.step >= 7; },
        &cancel);
    ASSERT_EQ(result.end, TrainEnd::kCancelled);
    ASSERT_TRUE(std::filesystem::exists(path_));
  }
  void refuses(const TrainOptions& options, const Dataset& data, Model model,
               std::initializer_list<const char*> parts) {
    TrainOptions again = options;
    again.resume = true;
    expect_error([&] { train(model, data, other_, again); }, ErrorCode::kBadArgument, parts);
  }

  ListDataset data_ = noise(150, 3);
  ListDataset other_ = noise(60, 3, 2);
  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".checkpoint");
};

TEST_F(TrainerResume, GivesTheBitsOfAnUnbrokenRun) {
  Model whole = small_model(3);
  TrainProgress last;
  const TrainResult expected =
      train(whole, data_, other_, options(5), [&](const TrainProgress& p) { last = p; });
  begin();
  Model model = small_model(3, 99);  // where it begins is in the checkpoint
  TrainOptions again = saving(5);
  again.resume = true;
  again.threads = 1;
  std::vector<TrainProgress> seen;
  const TrainResult got =
      train(model, data_, other_, again, [&](const TrainProgress& p) { seen.push_back(p); });
  EXPECT_EQ(all_constants(model.graph), all_constants(whole.graph));
  EXPECT_EQ(got.best_epoch, expected.best_epoch);
  EXPECT_EQ(got.best_loss, expected.best_loss);
  EXPECT_EQ(got.step, expected.step);
  EXPECT_EQ(seen.front().epoch, 3);
  EXPECT_EQ(seen.front().step, 7);
  EXPECT_EQ(seen.back().epoch, 5);
  EXPECT_EQ(seen.back().validation_loss, last.validation_loss);
}

TEST_F(TrainerResume, NotesThatAnotherArithmeticWroteTheCheckpoint) {
  begin();
  const auto notes = [&] {
    const std::filesystem::path kept = path_.string() + ".kept";
    std::filesystem::copy_file(path_, kept);
    Model model = small_model(3);
    TrainOptions again = saving(5);
    again.resume = true;
    std::vector<std::string> heard;
    again.note = [&](const std::string& text) { heard.push_back(text); };
    train(model, data_, other_, again);
    std::filesystem::rename(kept, path_);
    return heard;
  };
  EXPECT_TRUE(notes().empty());
  // As if another library had written it: its name changes, and the digest of all behind line one.
  std::vector<std::uint8_t> bytes = read_file(path_, 1 << 24);
  std::string text(bytes.begin(), bytes.end());
  const std::size_t name = text.find("LibTorch");
  ASSERT_NE(name, text.npos);
  text.replace(name, 3, "Old");
  const std::size_t line = text.find('\n');
  bytes.assign(text.begin() + std::ptrdiff_t(line) + 1, text.end());
  const std::string digest = sha256_hex(bytes);
  text.replace(line - digest.size(), digest.size(), digest);
  write_file(path_, text);
  EXPECT_THAT(notes(), testing::ElementsAre(testing::AllOf(
                           testing::HasSubstr("was written by OldTorch"),
                           testing::HasSubstr("; LibTorch"), testing::HasSubstr("unbroken run"))));
}

TEST_F(TrainerResume, OfAFinishedRunIsItsResult) {
  Model whole = small_model(3);
  train(whole, data_, other_, saving(3));
  Model model = small_model(3);
  TrainOptions again = saving(3);
  again.resume = true;
  bool is_quiet = true;
  const TrainResult got =
      train(model, data_, other_, again, [&](const TrainProgress&) { is_quiet = false; });
  EXPECT_EQ(got.end, TrainEnd::kFinished);
  EXPECT_TRUE(is_quiet);
  EXPECT_EQ(all_constants(model.graph), all_constants(whole.graph));
}

TEST_F(TrainerResume, RefusesAnotherRun) {
  begin();
  const Model model = small_model(3);
  TrainOptions changed = saving(5);
  changed.learning_rate = 0.02;
  refuses(changed, data_, model, {"learning rate 0.05 (here 0.02)"});
  changed = saving(6);
  changed.dropout.clear();
  refuses(changed, data_, model, {"epochs 5 (here 6)", "dropout"});
  refuses(saving(5), noise(150, 3, 7), model, {"their hash"});
  refuses(saving(5), noise(151, 3), model, {"training images 150 (here 151)"});
  Model other = small_model(3);
  std::get<PRelu>(other.graph.nodes[9].op) = {};
  other.graph.nodes[9].op = LeakyRelu{};
  refuses(saving(5), data_, other, {"its layers"});
}

TEST_F(TrainerResume, RefusesDamageAndNothing) {
  begin();
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 4);
  Model model = small_model(3);
  TrainOptions again = saving(5);
  again.resume = true;
  expect_error([&] { train(model, data_, other_, again); }, ErrorCode::kBadData, {"digest"});
  std::filesystem::remove(path_);
  expect_error([&] { train(model, data_, other_, again); }, ErrorCode::kIo, {".checkpoint"});
  again.checkpoint.clear();
  expect_error([&] { train(model, data_, other_, again); }, ErrorCode::kBadArgument,
               {"needs a checkpoint"});
}

TEST_F(TrainerResume, DivergenceKeepsTheCheckpointOfTheLastGoodEpoch) {
  Model model = small_model(3);
  TrainOptions options = diverging_training();
  options.checkpoint = path_;
  int epochs = 0;
  const TrainResult result =
      train(model, data_, other_, options, [&](const TrainProgress& p) { epochs += p.epoch_done; });
  ASSERT_EQ(result.end, TrainEnd::kDiverged);
  ASSERT_GE(epochs, 2);
  // Continued, it begins behind that epoch and comes to the same end.
  Model again = small_model(3);
  options.resume = true;
  std::vector<TrainProgress> seen;
  const TrainResult resumed =
      train(again, data_, other_, options, [&](const TrainProgress& p) { seen.push_back(p); });
  EXPECT_EQ(resumed.end, TrainEnd::kDiverged);
  for (const TrainProgress& p : seen) EXPECT_FALSE(p.epoch_done);
  EXPECT_EQ(resumed.step, result.step);
  EXPECT_EQ(all_constants(again.graph), all_constants(model.graph));
}

TEST_F(TrainerResume, AnEpochIsKeptBeforeItIsAnnounced) {
  Model model = small_model(3);
  const auto broken_pipe = [](const TrainProgress& p) {
    if (p.epoch_done) throw Error(ErrorCode::kIo, "stdout", "takes no more");
  };
  expect_error([&] { train(model, data_, other_, saving(5), broken_pipe); }, ErrorCode::kIo, {});
  TrainOptions again = saving(5);
  again.resume = true;
  std::vector<TrainProgress> seen;
  train(model, data_, other_, again, [&](const TrainProgress& p) { seen.push_back(p); });
  EXPECT_EQ(seen.front().epoch, 2);
}

TEST(TrainerDropout, ChangesTrainingAndNotTheResultOfTheSeed) {
  const ListDataset data = noise(150, 3);
  std::vector<std::vector<float>> weights;
  for (const double rate : {0.0, 0.5, 0.5}) {
    Model model = small_model(3);
    TrainOptions options = quick_training(2);
    options.dropout = {{"pool", rate}};
    options.threads = weights.size() == 2 ? 3 : 1;
    train(model, data, data, options);
    weights.push_back(all_constants(model.graph));
  }
  EXPECT_NE(weights[1], weights[0]);
  EXPECT_EQ(weights[2], weights[1]);
}

TEST(TrainerDropout, Refuses) {
  const ListDataset data = noise(10, 3);
  Model model = small_model(3);
  TrainOptions options = quick_training(1);
  options.dropout = {{"nowhere", 0.5}};
  expect_error([&] { train(model, data, data, options); }, ErrorCode::kBadArgument, {"'nowhere'"});
  options.dropout = {{"pool", 1.0}};
  expect_error([&] { train(model, data, data, options); }, ErrorCode::kBadArgument, {"dropout"});
}

}  // namespace
}  // namespace ripple
