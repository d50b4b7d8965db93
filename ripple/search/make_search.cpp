#include "ripple/search/make_search.h"

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/base/names.h"
#include "ripple/search/corner_start.h"
#include "ripple/search/differential_evolution.h"
#include "ripple/search/exhaustive.h"
#include "ripple/search/limits.h"
#include "ripple/search/random_search.h"
#include "ripple/search/sparse_rs.h"

namespace ripple {
namespace {

constexpr Named<SearchMethod> kMethods[] = {
    {"paper", SearchMethod::kPaper},
    {"scipy-best1bin", SearchMethod::kScipyBest1Bin},
    {"random", SearchMethod::kRandom},
    {"random-corners", SearchMethod::kRandomCorners},
    {"exhaustive", SearchMethod::kExhaustive},
    {"greedy", SearchMethod::kGreedy},
    {"sparse-rs", SearchMethod::kSparseRs},
    {"paper-from-corners", SearchMethod::kPaperFromCorners},
};

std::unique_ptr<Search> evolve(DifferentialEvolutionOptions options, int population, int width,
                               int height, const Rng& rng) {
  options.population = population;
  return std::make_unique<DifferentialEvolution>(options, width, height, rng);
}

}  // namespace

int default_population(SearchMethod method, int pixels) {
  if (method == SearchMethod::kScipyBest1Bin) return scipy_best1bin(pixels).population;
  return method == SearchMethod::kSparseRs ? SparseRsOptions{}.batch : 400;
}

std::unique_ptr<Search> make_search(const SearchOptions& options, int width, int height,
                                    const Rng& rng) {
  const int population = options.population != 0
                             ? options.population
                             : default_population(options.method, options.pixels);
  check_search_limits(options.pixels, population, width, height);
  switch (options.method) {
    case SearchMethod::kPaper:
      return evolve(paper_differential_evolution(options.pixels), population, width, height, rng);
    case SearchMethod::kScipyBest1Bin:
      return evolve(scipy_best1bin(options.pixels), population, width, height, rng);
    case SearchMethod::kExhaustive:
      if (options.pixels != 1) {
        throw Error(ErrorCode::kBadArgument, "--pixels",
                    fmt::format("exhaustive changes one pixel, got {}; greedy extends it to more",
                                options.pixels));
      }
      [[fallthrough]];
    case SearchMethod::kGreedy:
      return std::make_unique<ExhaustiveSearch>(
          ExhaustiveOptions{.pixels = options.pixels, .batch = population}, width, height, rng);
    case SearchMethod::kSparseRs:
      return std::make_unique<SparseRs>(
          SparseRsOptions{.pixels = options.pixels, .batch = population, .budget = options.budget},
          width, height, rng);
    case SearchMethod::kPaperFromCorners: {
      DifferentialEvolutionOptions evolution = paper_differential_evolution(options.pixels);
      evolution.population = population;
      return std::make_unique<CornerStartEvolution>(evolution, width, height, rng);
    }
    case SearchMethod::kRandom:
    case SearchMethod::kRandomCorners:
      break;
  }
  const RandomColours colours = options.method == SearchMethod::kRandomCorners
                                    ? RandomColours::kCorners
                                    : RandomColours::kUniform;
  return std::make_unique<RandomSearch>(
      RandomSearchOptions{.pixels = options.pixels, .batch = population, .colours = colours}, width,
      height, rng);
}

std::string_view to_string(SearchMethod method) {
  return name_of<SearchMethod>(kMethods, method);
}

SearchMethod parse_search_method(std::string_view name) {
  return value_of<SearchMethod>(kMethods, "method", name);
}

}  // namespace ripple
