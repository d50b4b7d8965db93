#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ripple/app/commands.h"
#include "ripple/attack/results_file.h"
#include "ripple/eval/evaluator.h"
#include "ripple/image/dataset.h"
#include "ripple/model/model.h"

namespace ripple {

/// One attack of a results file, as the studies that follow an attack need it.
struct AttackCase {
  std::int64_t index = 0;             ///< of the image in its dataset
  int label = 0;                      ///< true class
  std::optional<int> target;          ///< absent: untargeted
  std::vector<PixelEdit> edits;       ///< the reported candidate; of a failure the best member
  bool success = false;               ///< class `predicted` is the goal, verified
  int predicted = 0;                  ///< class after the edits
  double confidence_predicted = 0.0;  ///< class `predicted`, after the edits
};

/// Checks what is counted on of a result that was read: classes of the network, edits inside its
/// image, nothing that contradicts the options of its header or itself.
/// Errors: kBadArgument naming the image and what is wrong.
void check_attack(const std::filesystem::path& path, const AttackOptions& options,
                  const AttackResult& result, const Graph& graph);

/// The attacks of a results file on the network and the images at hand.
struct AttackCases {
  std::filesystem::path path;  ///< of results.jsonl
  ResultsHeader header;
  /// Attacked images, in the order of the file, each once: of attacks at several targets the first
  /// success, else the first. What follows counts images, and attacks on one are not independent.
  std::vector<AttackCase> cases;
  std::vector<AttackResult> skipped;  ///< not attacked: nothing can be followed there

  std::int64_t successes() const;

  /// The images that were skipped, each once: "2 images misclassified, 1 of the target class
  /// already", or "no image was skipped".
  std::string skipped_text() const;

  /// The attack on image `index`. Errors: kBadArgument where the image was skipped (saying why) or
  /// is not in the file.
  const AttackCase& at(std::int64_t index) const;
};

/// What a results file lacks of the images and targets that its header selects, in words ("holds
/// 200 of 500 images: ..."); empty where it is whole.
std::string shortfall(const ResultsFile& file, int classes);

/// A results file that fits a network.
struct ModelResults {
  std::filesystem::path path;  ///< of results.jsonl
  ResultsFile file;
  bool complete = true;  ///< no shortfall()
};

/// Reads what `attack --out` wrote, `from` being the file or its folder, and checks that `model` is
/// the network that was attacked, by its hash and, where it is known, its preprocessing, and that
/// the attacks fit it, the options of the header and themselves. A shortfall() is said on stderr.
/// Errors: kBadArgument naming what differs, in the file and now; those of read_results.
ModelResults read_model_results(const std::filesystem::path& from, const Model& model);

/// The same of a network whose preprocessing is known, and checks that `dataset` is what was
/// attacked. Says on stderr where it leaves attacks out, see AttackCases::cases.
/// Errors: those of read_model_results, require_preprocessing and check_same_data.
AttackCases read_attack_cases(const std::filesystem::path& from, const Model& model,
                              const Dataset& dataset);

/// The network must answer an attack as it did when the file was written: `probability` is that of
/// attack.predicted after the edits. Errors: kBadData, asking for the images that were attacked.
void check_answer(const std::filesystem::path& results, const AttackCase& attack,
                  double probability);

/// The same by a pass over the edited image.
void check_answer(const std::filesystem::path& results, const AttackCase& attack,
                  const Image& clean, Evaluator& evaluator);

/// Whether there is a success to follow; where there is none, says so on stderr and makes the
/// session a failed one (exit status 1).
bool has_success(const AttackCases& cases, const Session& session);

}  // namespace ripple
