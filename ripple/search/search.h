#pragma once

#include <span>

#include "ripple/image/image.h"

namespace ripple {

/// Proposes candidates and learns from their losses (ask/tell). The loop that calls it owns budget,
/// stop rule, log and resume; a search owns only its population and its random stream.
class Search {
 public:
  virtual ~Search() = default;
  Search() = default;
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  /// Fills `out` with the next batch, integer pixels that lie inside the image; no candidate where
  /// the search has proposed all it had. Calls alternate with observe().
  virtual void propose(CandidateBatch& out) = 0;

  /// losses[i] belongs to candidate i of the last batch; lower is better for the attacker.
  virtual void observe(std::span<const float> losses) = 0;
};

}  // namespace ripple
