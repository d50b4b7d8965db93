#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace ripple {

/// What a training needs to go on behind a finished epoch as if it had never stopped. The schedule
/// and all random streams follow from the epoch.
///
/// The file: a line "ripple checkpoint 1 HEADER_BYTES SHA256" (of all that follows), the header as
/// JSON (the numbers below and `run`), then constants, velocity and best as little-endian float32.
struct Checkpoint {
  int epoch = 0;       ///< finished ones
  int best_epoch = 0;  ///< in [1, epoch]
  double best_accuracy = 0;
  double best_loss = 0;
  double seconds = 0;            ///< that training took so far
  std::vector<float> constants;  ///< of all operators, in the order of the nodes
  std::vector<float> velocity;   ///< of the trained ones among them
  std::vector<float> best;       ///< as constants, of best_epoch
  /// How sums are rounded where it was written, in the words of a message; it may be read
  /// elsewhere. Empty where that says nothing, and in files of before this entry.
  std::string arithmetic;
};

/// Replaces `path` as a whole (see write_file). `run` is a flat object that says what is trained on
/// what and how. Errors: kIo.
void write_checkpoint(const std::filesystem::path& path, const nlohmann::ordered_json& run,
                      const Checkpoint& checkpoint);

/// The checkpoint of a run of the same `run`, with as many numbers as said. The bytes are
/// untrusted: nothing is allocated but what they fill.
/// Errors: kIo where there is no file; kBadData where it is damaged, cut short or no checkpoint;
/// kBadArgument, naming each entry that differs, where it is one of another run.
Checkpoint read_checkpoint(const std::filesystem::path& path, const nlohmann::ordered_json& run,
                           std::size_t constants, std::size_t velocity);

/// The same for the bytes of a file; `where` begins error messages.
Checkpoint parse_checkpoint(std::span<const std::uint8_t> bytes, const std::string& where,
                            const nlohmann::ordered_json& run, std::size_t constants,
                            std::size_t velocity);

}  // namespace ripple
