#include <cctype>

#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/delta/kernels.h"

namespace ripple::delta {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(a[i])) !=
        std::tolower(static_cast<unsigned char>(b[i]))) {
      return false;
    }
  }
  return true;
}

}  // namespace

const KernelTable& kernel_table(std::string_view target) {
  const std::vector<const KernelTable*> all = kernel_tables();
  if (target.empty()) return *all.front();
  for (const KernelTable* t : all) {
    if (same_name(t->target, target)) return *t;
  }
  throw Error(ErrorCode::kBadArgument, "--simd",
              fmt::format("'{}' is not an instruction set of this CPU; choose one of {}", target,
                          fmt::join(delta_targets(), ", ")));
}

}  // namespace ripple::delta

namespace ripple {

std::vector<std::string> delta_targets() {
  std::vector<std::string> names;
  for (const delta::KernelTable* t : delta::kernel_tables()) names.emplace_back(t->target);
  return names;
}

}  // namespace ripple
