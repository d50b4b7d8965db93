#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ripple/attack/attack_many.h"
#include "ripple/attack/options.h"
#include "ripple/attack/result.h"
#include "ripple/base/descriptor.h"
#include "ripple/model/model.h"

namespace ripple {

/// The first line of a results file: everything that the results depend on, and nothing that they
/// do not (number of threads, time, machine).
struct ResultsHeader {
  std::string ripple_version;   ///< of the program; empty: this one's
  std::string model;            ///< file name, for people; not compared by first_difference
  std::string model_sha256;     ///< of the model file's bytes
  Preprocessing preprocessing;  ///< as used, whether from the file or the person; [3] and [3]
  std::string data;             ///< what was opened, see Dataset::description; not compared either
  std::string selection;        ///< see selection_text()
  std::string engine;           ///< executor that scored, with its tolerance, e.g. "dense"
  std::string simd;             ///< delta's instruction set at the start, which decides how sums
                                ///< round; not compared; empty: not delta, or not known
  AttackOptions options;
};

/// What the header of a gradient attack's results says, whose lines have no edits.
inline constexpr const char* kGradientResultsFormat = "ripple gradient attack results";

/// results.jsonl: a header line, then one line a result, in the order of the jobs. Keys, in this
/// order:
///   index, name, label, label_assumed, target (null: untargeted), skipped, success,
///   success_as_published, predicted, edits [[x,y,r,g,b], ...], confidence_before,
///   confidence_after, confidence_predicted, best_edits, best_confidence, evaluations,
///   distinct_evaluations, evaluations_to_success (null: none), generations, improvements
///   [[generation, loss], ...], stop, verifications, disagreements, seconds
/// with the meaning of AttackResult's members. Numbers are printed so that they read back to the
/// same bits; equal results are equal lines but for `seconds`.
nlohmann::ordered_json to_json(const AttackResult& result);
nlohmann::ordered_json to_json(const ResultsHeader& header);
nlohmann::ordered_json to_json(const AttackOptions& options);

/// What a results file holds.
struct ResultsFile {
  ResultsHeader header;
  std::vector<AttackResult> results;
  std::int64_t whole_bytes = 0;  ///< bytes of whole lines
  bool cut = false;  ///< a last line without its end follows them: the writer was killed

  /// What need not be done again.
  DoneKeys done() const;
};

/// Reads a file that a ResultsWriter wrote; a cut last line is left out, anything else that is not
/// as documented is an error. Errors: kIo; those of parse_results().
ResultsFile read_results(const std::filesystem::path& path);

/// The same of the file's bytes, wherever they are from; `where` names them. Errors: kBadData
/// naming the line and what is wrong with it (no JSON, a missing, unknown or repeated key, a value
/// of another type or out of range, an unknown format version, a result twice).
ResultsFile parse_results(std::string_view text, const std::string& where);

/// The order of a results file: by image, then by target.
bool stands_before(const AttackResult& one, const AttackResult& other);

/// Puts the lines of a finished file in the order of image and target, as an unbroken run writes
/// them; nothing is written where they are. Whole or not at all. Errors: those of read_results;
/// kIo.
void sort_results(const std::filesystem::path& path);

/// The first key, in the order of the header line, in which a run with `wanted` would differ from
/// the file: "options.seed is 1 in the file, 2 now"; empty where there is none. Model file names
/// are not compared, their hashes are; nor is the data's place, which may differ (see
/// check_same_data).
std::string first_difference(const ResultsHeader& in_file, const ResultsHeader& wanted);

/// Appends results to a file, which it holds locked against other writers, a line at a time: a line
/// is on its way to the disk when append() returns, and a line that does not fit the disk is taken
/// back, so that the file always reads.
class ResultsWriter {
 public:
  /// A new file with its header line.
  /// Errors: kBadArgument where it exists already (resume it, or choose another folder) or another
  /// run writes it; kIo.
  static ResultsWriter create(const std::filesystem::path& path, const ResultsHeader& header);

  /// The same for results of another kind, whose lines are appended as JSON.
  static ResultsWriter create(const std::filesystem::path& path,
                              const nlohmann::ordered_json& header);

  /// Continues a file, after its last whole line. `existing` receives what it holds.
  /// Errors: of read_results; kBadArgument where its header is another configuration's (see
  /// first_difference) or another run is writing it; kIo.
  static ResultsWriter resume(const std::filesystem::path& path, const ResultsHeader& header,
                              ResultsFile& existing);

  /// Errors: kIo naming the file and the system's reason; the file then ends with the line before.
  void append(const AttackResult& result);
  void append(const nlohmann::ordered_json& line);

 private:
  ResultsWriter(std::filesystem::path path, Descriptor descriptor, std::int64_t size);
  void write_line(const std::string& line);

  std::filesystem::path path_;
  Descriptor descriptor_;
  std::int64_t size_ = 0;  // bytes of whole lines
};

}  // namespace ripple
