#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ripple/app/attack_command.h"
#include "ripple/app/attack_output.h"
#include "ripple/app/options.h"

namespace ripple {

/// What the runs of a command have in common; all of it must outlive them.
struct AttackSetting {
  const Model& model;
  const Dataset& dataset;
  const ImageSource& images;
  const ClassNames& names;
  const SelectedImages& selected;
  const ChosenEngine& engine;
  const EvaluatorFactory& evaluators;  ///< of `engine`
  const CancelFlag& cancel;
};

/// Pixel attacks with one set of options on the selected images: what was done, what is left to do,
/// and the folder that keeps it.
class AttackRun {
 public:
  /// `out` is the folder, see AttackFolder; empty keeps nothing. With `resume` what it holds is not
  /// done again; pictures that it lacks are drawn. Where something is left to do or to draw, it
  /// must be of the same images: a folder's may have changed, and CIFAR-10's are all named alike.
  /// Errors: those of AttackFolder, check_attack, check_same_data and check_same_answers;
  /// kCancelled while it draws.
  AttackRun(const AttackSetting& setting, const AttackOptions& options, const std::string& out,
            bool resume);

  const ResultsHeader& header() const { return header_; }
  const std::vector<AttackJob>& jobs() const { return jobs_; }  ///< left to do at the beginning
  /// In the order of image and target.
  const std::vector<AttackResult>& results() const { return results_; }
  std::int64_t evaluations_before() const { return evaluations_before_; }  ///< of resumed results
  bool is_kept() const { return folder_.has_value(); }

  /// One more result of jobs(). Errors: those of AttackFolder::add().
  void add(const AttackResult& result);

  /// Puts the folder in order when the work is done or, not `complete`, stopped.
  void finish(bool complete) const;

 private:
  AttackSetting setting_;
  ResultsHeader header_;
  std::optional<AttackFolder> folder_;
  std::vector<AttackResult> results_;
  std::int64_t evaluations_before_ = 0;
  std::vector<AttackJob> jobs_;
};

/// Says on stderr where the corners that SearchMethod::kPaperFromCorners begins with leave nothing
/// for its generations.
void report_corners_only(const AttackOptions& options, const Graph& network);

}  // namespace ripple
