#pragma once

#include <filesystem>

namespace ripple {

/// Root of this source tree, where models/ and docs/ are. In a file of its own, so that no other
/// object depends on where the tree lies: ccache then serves one clone with what another compiled.
std::filesystem::path source_folder();

/// ../shared beside it: networks, images and golden values that are not part of this project, and
/// may be absent.
std::filesystem::path shared_folder();

}  // namespace ripple
