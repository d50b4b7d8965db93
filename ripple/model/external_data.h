#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ripple {

/// Where a tensor's numbers lie, as the file says it; nothing of this is trusted.
struct ExternalData {
  std::string location;
  std::int64_t offset = 0;
  std::int64_t length = -1;  ///< -1: not given, what the tensor's shape needs
};

/// Reads `needed` bytes from the file that `data` names beside the model.
/// The name must be a plain file name (no folder, no "..", no NUL); the file is opened relative to
/// the folder without following a link, must be a regular file with a single name (a hard link
/// would be another file's contents), and hold offset + needed bytes; all of it is checked on the
/// open descriptor before anything is allocated.
/// Errors: kBadModel naming `where` for what the model says wrongly; kIo where the file cannot be
/// read.
std::vector<std::uint8_t> read_external_data(const std::filesystem::path& folder,
                                             const ExternalData& data, std::int64_t needed,
                                             const std::string& where);

}  // namespace ripple
