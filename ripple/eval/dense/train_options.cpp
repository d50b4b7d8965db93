#include <cmath>

#include "ripple/base/error.h"
#include "ripple/eval/dense/trainer.h"

namespace ripple {

void check_train_options(const TrainOptions& o) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::kBadArgument, "train", what);
  };
  require(o.epochs >= 1 && o.epochs <= 100000, "epochs must be 1 to 100000");
  require(o.batch >= 2 && o.batch <= 65536, "the batch must be 2 to 65536 images");
  require(o.learning_rate > 0 && std::isfinite(o.learning_rate),
          "the learning rate must be above 0");
  require(o.warmup_epochs >= 0 && o.warmup_epochs <= o.epochs,
          "the warm-up must be 0 to the number of epochs");
  require(o.momentum >= 0 && o.momentum < 1, "the momentum must be in [0, 1)");
  require(o.weight_decay >= 0 && o.weight_decay < 1, "the weight decay must be in [0, 1)");
  require(o.shift >= 0 && o.shift <= 4096, "the shift must be 0 to 4096 pixels");
  for (const Dropout& spot : o.dropout) {
    require(spot.rate >= 0 && spot.rate < 1, "dropout rates must be in [0, 1)");
  }
  require(!o.resume || !o.checkpoint.empty(), "resuming needs a checkpoint");
  require(o.threads >= 0 && o.threads <= 4096, "threads must be 0 (one a core) to 4096");
}

}  // namespace ripple
