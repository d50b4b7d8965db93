#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace ripple {

/// Walks the wire format of an ONNX file before libprotobuf sees it: a message of two bytes becomes
/// an object of hundreds, so the number of fields is bounded here (2^20), and what no model read
/// here may hold (subgraphs, functions, sparse tensors, sequence and map types) is refused without
/// building it. Allocates nothing; linear in the number of fields; no recursion.
/// Errors: kBadModel naming `where`: truncated, no ONNX file, too many fields; kUnsupportedOp for
/// what is refused by kind.
void scan_onnx(std::span<const std::uint8_t> bytes, const std::string& where);

}  // namespace ripple
