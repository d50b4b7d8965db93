#pragma once

#include <filesystem>

#include "ripple/attack/results_file.h"
#include "ripple/attack/workers.h"
#include "ripple/eval/evaluator.h"
#include "ripple/image/dataset.h"

namespace ripple {

/// Checks that `dataset` is what the results of `file`, found at `path`, are of, for who continues
/// or follows them: data of the same kind and split, in which every image of the file has the name
/// and the label that it had. The same data may lie in another folder now, as when results moved to
/// another machine; built-in scenes are told by their description alone. `images` are those of
/// `dataset`, and each of the file's is read once.
/// Errors: kBadArgument naming what differs, then and now; those of the dataset.
void check_same_data(const std::filesystem::path& path, const ResultsFile& file,
                     const Dataset& dataset, const ImageSource& images);

/// Checks that the network still answers the clean images as the file says (confidence of the
/// label, to 0.01): eight of its images at most, spread evenly over it. Who continues results calls
/// it, for their pictures may have changed under the same names; who follows them has check_answer.
/// Errors: kBadArgument naming the first image that is another; those of the evaluator.
/// Cost: a full pass an image.
void check_same_answers(const std::filesystem::path& path, const ResultsFile& file,
                        const ImageSource& images, Evaluator& evaluator);

}  // namespace ripple
