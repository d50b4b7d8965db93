#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "ripple/base/rng.h"
#include "ripple/search/search.h"

namespace ripple {

/// The searches a person can name. A new one is a row in make_search.cpp's table and a case there.
/// New ones go to the end: the number is part of the key of an attack's random stream.
enum class SearchMethod {
  kPaper,          ///< "paper": differential evolution of Su, Vargas & Sakurai
  kScipyBest1Bin,  ///< "scipy-best1bin": what the Python tools run
  kRandom,         ///< "random": uniform pixels and colours
  kRandomCorners,  ///< "random-corners": uniform pixels, colours 0 or 255 in each channel
  kExhaustive,     ///< "exhaustive": every pixel at the corners of the colour cube; one pixel only
  kGreedy,         ///< "greedy": the same, each further pixel beside the best ones so far
  kSparseRs,       ///< "sparse-rs": random search of Croce et al., sets of pixels at corners
  /// "paper-from-corners": kPaper, its start made of the best of every pixel at every corner.
  kPaperFromCorners,
};

struct SearchOptions {
  SearchMethod method = SearchMethod::kPaper;
  int pixels = 1;      ///< edits a candidate, 1..5
  int population = 0;  ///< candidates a batch; 0 = the method's own (see default_population)
  std::int64_t budget = 40400;  ///< candidates in all; only kSparseRs plans with it
};

/// Candidates a batch where a person does not choose: 400, floor(400 / 5d) * 5d for scipy-best1bin,
/// 1 for sparse-rs.
int default_population(SearchMethod method, int pixels);

/// A search for edits of a width x height image; all its randomness comes from `rng`.
/// Errors: kBadArgument naming the option outside its range, or more than one pixel for
/// kExhaustive.
std::unique_ptr<Search> make_search(const SearchOptions& options, int width, int height,
                                    const Rng& rng);

/// The name a person writes, and back. Errors: kBadArgument for an unknown name, listing the known.
std::string_view to_string(SearchMethod method);
SearchMethod parse_search_method(std::string_view name);

}  // namespace ripple
