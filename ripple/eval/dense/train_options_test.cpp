#include <cmath>
#include <limits>

#include "ripple/eval/dense/trainer.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

TEST(TrainOptions, DefaultsAndEndsOfTheRangesAreAccepted) {
  TrainOptions options;
  check_train_options(options);
  options.epochs = options.warmup_epochs = 1;
  options.batch = 2;
  options.checkpoint = "x.checkpoint";
  options.resume = true;
  check_train_options(options);
}

TEST(TrainOptions, RefusesWhatMeansNothing) {
  const auto refused = [](auto change, const char* what) {
    TrainOptions options;
    change(options);
    expect_error([&] { check_train_options(options); }, ErrorCode::kBadArgument, {what});
  };
  refused([](auto& o) { o.epochs = 0; }, "--epochs: ");
  refused([](auto& o) { o.epochs = 100001; }, "--epochs: ");
  refused([](auto& o) { o.batch = 1; }, "--batch: ");
  refused([](auto& o) { o.batch = 65537; }, "--batch: ");
  refused([](auto& o) { o.learning_rate = 0.0; }, "--learning-rate");
  refused([](auto& o) { o.learning_rate = std::nan(""); }, "--learning-rate");
  refused([](auto& o) { o.learning_rate = std::numeric_limits<double>::infinity(); },
          "--learning-rate");
  refused([](auto& o) { o.warmup_epochs = -1; }, "--warmup");
  refused([](auto& o) { o.warmup_epochs = o.epochs + 1; }, "--warmup");
  refused([](auto& o) { o.momentum = 1.0; }, "--momentum: 1 ");
  refused([](auto& o) { o.weight_decay = -1.0; }, "--weight-decay");
  refused([](auto& o) { o.shift = -1; }, "--shift: -1 ");
  refused([](auto& o) { o.dropout = {{"fc", 1.0}}; }, "dropout");
  refused([](auto& o) { o.resume = true; }, "checkpoint");
  refused([](auto& o) { o.threads = -1; }, "--threads: -1 ");
}

}  // namespace
}  // namespace ripple
