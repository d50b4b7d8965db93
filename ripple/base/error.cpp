#include "ripple/base/error.h"

namespace ripple {

Error::Error(ErrorCode code, std::string_view where, std::string_view problem)
    : std::runtime_error(std::string(where) + ": " + std::string(problem)),
      code_(code),
      where_(where),
      problem_(problem) {}

}  // namespace ripple
