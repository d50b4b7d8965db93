#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the program as a crash where `condition` does not hold: what a fuzzer looks for.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}
