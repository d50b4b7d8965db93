#include "tests/source_folder.h"

namespace ripple {

std::filesystem::path source_folder() {
  return RIPPLE_SOURCE_DIR;
}

std::filesystem::path shared_folder() {
  return source_folder() / ".." / "shared";
}

}  // namespace ripple
