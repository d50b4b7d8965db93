// Any bytes as a CIFAR-10 file and as a list of class names: an Error or valid data, nothing else.

#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "ripple/base/error.h"
#include "ripple/image/cifar10.h"
#include "ripple/image/text.h"

namespace {

void read_records(std::span<const std::uint8_t> bytes) {
  const std::int64_t records = ripple::check_cifar10(bytes, "fuzz");
  require(records >= 1, "a file that passes has records");
  for (std::int64_t i = 0; i < records; ++i) {
    const auto record = bytes.subspan(i * ripple::kCifar10RecordBytes, ripple::kCifar10RecordBytes);
    const ripple::Sample sample = ripple::decode_cifar10_record(record);
    require(sample.label && *sample.label >= 0 && *sample.label < 10, "labels lie in 0..9");
    require(*sample.image.at(31, 31) == record[1024], "the last red value is the last pixel's");
  }
}

void read_names(std::span<const std::uint8_t> bytes) {
  const std::string text(bytes.begin(), bytes.end());
  const std::vector<std::string> names = ripple::parse_cifar10_names(text, "fuzz");
  require(names.size() == 10, "ten names");
  for (const std::string& name : names) require(ripple::is_displayable(name), "names are shown");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto reader : {read_records, read_names}) {
    try {
      reader({data, size});
    } catch (const ripple::Error&) {
      // Most bytes are refused; how is the unit tests' business.
    }
  }
  return 0;
}
