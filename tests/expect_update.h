#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/reference/reference.h"
#include "tests/delta_networks.h"

namespace ripple::delta_test {

inline Model random_graph_model(std::uint64_t seed) {
  Model model;
  model.graph = random_graph(seed);
  model.preprocessing = Preprocessing{{120, 125, 110}, {60, 65, 70}};
  return model;
}

/// Logits agree within float rounding of a small network. Written so that NaN fails.
inline void expect_close(std::span<const float> got, std::span<const float> want, double limit,
                         const std::string& what) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double tolerated = limit * (1.0 + std::fabs(want[i]));
    ASSERT_TRUE(std::fabs(double(got[i]) - double(want[i])) <= tolerated)
        << what << ": logit " << i << " is " << got[i] << ", reference " << want[i];
  }
}

/// The clean pass and candidates of 1 to 5 edits against the reference executor, on each target;
/// unchanged candidates get the clean logits bit for bit.
inline void expect_update_equals_reference(const Model& model, std::uint64_t seed,
                                           const std::string& what, int candidates = 7,
                                           std::vector<std::string> targets = delta_targets(),
                                           double limit = 2e-5) {
  SCOPED_TRACE(what);
  Rng rng({seed, 77});
  const Image image = random_image(model.graph.width(), model.graph.height(), rng);
  const auto reference = make_reference_evaluator(model);
  reference->refresh(image);
  const auto classes = std::size_t(reference->classes());
  std::vector<float> clean(classes);
  reference->logits_of(image, clean);
  // The reference takes most of the time; it answers once for all targets.
  std::vector<CandidateBatch> batches;
  std::vector<std::vector<float>> wanted;
  for (int edits = 1; edits <= 5; ++edits) {
    Rng stream({seed, std::uint64_t(edits)});
    batches.push_back(random_candidates(stream, image, edits, candidates));
    reference->score(batches.back(), wanted.emplace_back(classes * std::size_t(candidates)));
  }
  for (const std::string& target : targets) {
    const auto delta = make_delta_evaluator(model, {.target = target});
    delta->refresh(image);
    expect_close(delta->clean_logits(), clean, limit, what + " clean " + target);
    for (std::size_t b = 0; b < batches.size(); ++b) {
      std::vector<float> got(wanted[b].size());
      delta->score(batches[b], got);
      expect_close(got, wanted[b], limit, what + " edits " + std::to_string(b + 1) + " " + target);
      for (int c = 0; c < candidates; ++c) {
        if (!effective_edits(image, batches[b].candidate(c)).empty()) continue;
        for (std::size_t k = 0; k < classes; ++k) {
          ASSERT_EQ(got[std::size_t(c) * classes + k], delta->clean_logits()[k]) << what;
        }
      }
    }
  }
}

}  // namespace ripple::delta_test
