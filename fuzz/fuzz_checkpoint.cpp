// Any bytes as the header and the numbers of a training's checkpoint: an Error or numbers that hold
// what the header says. The digest in front is made here, so that it does not stop everything.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "fuzz/require.h"
#include "ripple/base/error.h"
#include "ripple/base/hash.h"
#include "ripple/eval/dense/checkpoint.h"

namespace {

void parse(const std::string& text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const nlohmann::ordered_json run{{"network", "lenet"}, {"epochs", 30}};
  try {
    const ripple::Checkpoint got =
        ripple::parse_checkpoint({bytes, text.size()}, "fuzz", run, 3, 2);
    require(got.epoch >= 1 && got.best_epoch >= 1 && got.best_epoch <= got.epoch, "epochs");
    require(got.best_accuracy >= 0 && got.best_accuracy <= 1, "an accuracy is a share");
    require(got.constants.size() == 3 && got.velocity.size() == 2 && got.best.size() == 3, "sizes");
    require(std::all_of(got.best.begin(), got.best.end(), [](float v) { return std::isfinite(v); }),
            "weights are finite");
  } catch (const ripple::Error&) {
    // Most bytes are refused; how is the unit tests' business.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string rest(data, data + size);
  parse(rest);
  const std::size_t header = rest.find('\n');
  if (header == rest.npos) return 0;
  parse("ripple checkpoint 1 " + std::to_string(header + 1) + " " +
        ripple::sha256_hex({data, size}) + "\n" + rest);
  return 0;
}
