#pragma once

#include <string>

namespace onnx {
class ModelProto;
}

namespace ripple {

/// The message as bytes, the same for the same message.
/// Errors: kBadModel naming `where` above the format's 2 GiB.
std::string serialize(const onnx::ModelProto& proto, const std::string& where);

}  // namespace ripple
