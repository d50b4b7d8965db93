#include "ripple/model/onnx_names.h"

#include <fmt/format.h>

#include "ripple/image/text.h"

namespace ripple {

std::string display_name(std::string_view name) {
  if (name.empty() || is_displayable(name)) return std::string(name);
  std::string shown;
  for (const char c : name.substr(0, 80)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      shown.push_back(c);
    } else {
      shown += fmt::format("\\x{:02x}", byte);
    }
  }
  if (name.size() > 80) shown += "...";
  return shown;
}

std::string NameSet::unique(const std::string& wanted) {
  if (used_.insert(wanted).second) return wanted;
  // The counter is kept a name, so that many equal names cost no more than as many others.
  int& next = next_.try_emplace(wanted, 2).first->second;
  while (true) {
    std::string name = fmt::format("{}#{}", wanted, next++);
    if (used_.insert(name).second) return name;
  }
}

}  // namespace ripple
