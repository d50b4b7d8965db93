#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ripple/image/dataset.h"

namespace ripple {

/// Several datasets behind each other as one; `description` is theirs, joined by " + ".
/// Errors: kBadArgument where there is none, and where class names differ (in number or order),
/// naming both.
std::unique_ptr<Dataset> join_datasets(std::vector<std::unique_ptr<Dataset>> parts);

/// Errors: kBadArgument where the class names differ (in number or order), naming both.
void check_same_classes(const Dataset& one, const Dataset& other);

}  // namespace ripple
