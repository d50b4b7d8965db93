#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace ripple {

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits, the same as `sha256sum` prints.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace ripple
