#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ripple/image/dataset.h"

namespace ripple {

/// Images `indices` of `all`, which must outlive it, in that order. Assumes indices in
/// [0, all.size()).
std::unique_ptr<Dataset> subset_of(const Dataset& all, std::vector<std::int64_t> indices,
                                   std::string description);

/// A dataset in two: indices in ascending order, every image in one of them.
struct HeldOut {
  std::vector<std::int64_t> rest;
  std::vector<std::int64_t> held_out;
};

/// One image in ten of every class, at least one of a class that has two, spread evenly over the
/// class; images without a label count as a class. Nothing is random. Cost: every label is read.
HeldOut hold_out_tenth(const Dataset& all);

}  // namespace ripple
