#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace ripple {

/// The bytes of a regular file.
/// Errors: kIo where it is missing, unreadable, no regular file, or larger than `max_bytes` (the
/// size is checked before anything is allocated).
std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::int64_t max_bytes);

/// Writes `bytes` to a temporary name in the same folder, flushes it to the disk and renames it
/// over `path` (over the file that a symbolic link leads to), whose permissions stay: a reader sees
/// the old file or the whole new one, and a full disk leaves nothing behind. Errors: kIo, naming
/// the path and the system's reason; also where `path` names no file (it is empty or ends with a
/// slash), a folder or a device.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Finds out before long work whether write_file() to `path` will be allowed; leaves nothing
/// behind. Errors: kIo as write_file().
void check_writable(const std::filesystem::path& path);

/// Makes a folder and those above it; nothing where it is there. Errors: kIo naming it and the
/// system's reason.
void make_folder(const std::filesystem::path& folder);

}  // namespace ripple
