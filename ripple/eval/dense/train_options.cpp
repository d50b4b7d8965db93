#include <cmath>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/dense/trainer.h"

namespace ripple {

void check_train_options(const TrainOptions& o) {
  const auto require = [](bool holds, const char* option, auto value, const char* range) {
    if (holds) return;
    throw Error(ErrorCode::kBadArgument, option,
                fmt::format("{} is out of range; give {}", value, range));
  };
  require(o.epochs >= 1 && o.epochs <= 100000, "--epochs", o.epochs, "1 to 100000");
  require(o.batch >= 2 && o.batch <= 65536, "--batch", o.batch, "2 to 65536 images");
  require(o.learning_rate > 0 && std::isfinite(o.learning_rate), "--learning-rate", o.learning_rate,
          "a number above 0");
  require(o.warmup_epochs >= 0 && o.warmup_epochs <= o.epochs, "--warmup", o.warmup_epochs,
          "0 to the number of epochs");
  require(o.momentum >= 0 && o.momentum < 1, "--momentum", o.momentum, "0 to below 1");
  require(o.weight_decay >= 0 && o.weight_decay < 1, "--weight-decay", o.weight_decay,
          "0 to below 1");
  require(o.shift >= 0 && o.shift <= 4096, "--shift", o.shift, "0 to 4096 pixels");
  for (const Dropout& spot : o.dropout) {
    require(spot.rate >= 0 && spot.rate < 1, "dropout", spot.rate, "rates from 0 to below 1");
  }
  require(o.threads >= 0 && o.threads <= 4096, "--threads", o.threads, "0 (one a core) to 4096");
  if (o.resume && o.checkpoint.empty()) {
    throw Error(ErrorCode::kBadArgument, "--resume", "needs a checkpoint");
  }
}

}  // namespace ripple
