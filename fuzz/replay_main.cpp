// Runs a fuzz target over files, for compilers without libFuzzer: fuzz_x FILE_OR_FOLDER...

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <vector>

#include "ripple/base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputs_in(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::int64_t kMaxInputBytes = 1 << 24;
  int count = 0;
  try {
    for (int i = 1; i < argc; ++i) {
      for (const fs::path& file : inputs_in(argv[i])) {
        // A crash ends the program at once: the last name printed is the input that did it.
        std::printf("%s\n", file.c_str());
        std::fflush(stdout);
        const std::vector<std::uint8_t> bytes = ripple::read_file(file, kMaxInputBytes);
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        ++count;
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("replayed %d inputs\n", count);
  return count > 0 ? 0 : 2;
}
