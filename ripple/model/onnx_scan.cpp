#include "ripple/model/onnx_scan.h"

#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

constexpr std::int64_t kMaxFields = 1 << 20;

enum class Message {
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kTensor,
  kValueInfo,
  kType,
  kTensorType,
  kShape,
  kLeaf,  ///< holds scalars and strings only
};

/// The fields that hold messages; numbers as in onnx.proto.
struct Child {
  Message parent;
  std::uint32_t field;
  Message child;
};
constexpr std::array kChildren{
    Child{Message::kModel, 7, Message::kGraph},
    Child{Message::kModel, 8, Message::kLeaf},   // opset_import
    Child{Message::kModel, 14, Message::kLeaf},  // metadata_props
    Child{Message::kGraph, 1, Message::kNode},
    Child{Message::kGraph, 5, Message::kTensor},
    Child{Message::kGraph, 11, Message::kValueInfo},
    Child{Message::kGraph, 12, Message::kValueInfo},
    Child{Message::kGraph, 13, Message::kValueInfo},
    Child{Message::kGraph, 16, Message::kLeaf},  // metadata_props, IR 10
    Child{Message::kNode, 5, Message::kAttribute},
    Child{Message::kNode, 9, Message::kLeaf},  // metadata_props, IR 10
    Child{Message::kAttribute, 5, Message::kTensor},
    Child{Message::kAttribute, 10, Message::kTensor},
    Child{Message::kTensor, 3, Message::kLeaf},   // segment
    Child{Message::kTensor, 13, Message::kLeaf},  // external_data
    Child{Message::kTensor, 16, Message::kLeaf},  // metadata_props, IR 10
    Child{Message::kValueInfo, 2, Message::kType},
    Child{Message::kValueInfo, 4, Message::kLeaf},  // metadata_props, IR 10
    Child{Message::kType, 1, Message::kTensorType},
    Child{Message::kTensorType, 2, Message::kShape},
    Child{Message::kShape, 1, Message::kLeaf},  // dim
};

struct Refused {
  Message parent;
  std::uint32_t field;
  const char* what;
};
constexpr std::array kRefused{
    Refused{Message::kModel, 20, "training information"},
    Refused{Message::kModel, 25, "functions"},
    Refused{Message::kGraph, 14, "quantization annotations"},
    Refused{Message::kGraph, 15, "sparse initializers"},
    Refused{Message::kAttribute, 6, "subgraphs"},
    Refused{Message::kAttribute, 11, "subgraphs"},
    Refused{Message::kAttribute, 14, "type attributes"},
    Refused{Message::kAttribute, 15, "type attributes"},
    Refused{Message::kAttribute, 22, "sparse tensors"},
    Refused{Message::kAttribute, 23, "sparse tensors"},
    Refused{Message::kType, 4, "sequence types"},
    Refused{Message::kType, 5, "map types"},
    Refused{Message::kType, 7, "opaque types"},
    Refused{Message::kType, 8, "sparse types"},
    Refused{Message::kType, 9, "optional types"},
};

class Scanner {
 public:
  Scanner(std::span<const std::uint8_t> bytes, const std::string& where)
      : bytes_(bytes), where_(where) {}

  void run() {
    if (bytes_.empty()) throw Error(ErrorCode::kBadModel, where_, "is empty; name an ONNX file");
    // Messages nest no deeper than kModel > kGraph > kValueInfo > kType > kTensorType > kShape >
    // dim.
    std::array<Open, 8> open;
    std::size_t depth = 0;
    open[0] = {Message::kModel, bytes_.size()};
    while (true) {
      while (at_ == open[depth].end) {
        if (depth == 0) return;
        --depth;
      }
      const Open& parent = open[depth];
      if (++fields_ > kMaxFields) {
        throw Error(ErrorCode::kBadModel, where_,
                    fmt::format("has more than {} fields; no image classifier does", kMaxFields));
      }
      const std::uint64_t tag = varint(parent.end);
      const auto field = static_cast<std::uint32_t>(tag >> 3);
      if (tag > 0xffffffffu || field == 0) damaged();
      switch (tag & 7) {
        case 0:
          varint(parent.end);
          break;
        case 1:
          skip(8, parent.end);
          break;
        case 5:
          skip(4, parent.end);
          break;
        case 2: {
          const std::uint64_t length = varint(parent.end);
          if (length > parent.end - at_) damaged();
          const Message* child = child_of(parent.message, field);
          if (child == nullptr) {
            skip(length, parent.end);
          } else {
            open[++depth] = {*child, at_ + static_cast<std::size_t>(length)};
          }
          break;
        }
        default:
          damaged();
      }
    }
  }

 private:
  struct Open {
    Message message = Message::kLeaf;
    std::size_t end = 0;
  };

  [[noreturn]] void damaged() const {
    throw Error(ErrorCode::kBadModel, where_,
                fmt::format("is truncated, damaged or no ONNX file (at byte {})", at_));
  }
  void skip(std::uint64_t count, std::size_t end) {
    if (count > end - at_) damaged();
    at_ += static_cast<std::size_t>(count);
  }
  std::uint64_t varint(std::size_t end) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end) damaged();
      const std::uint8_t byte = bytes_[at_++];
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    damaged();
  }
  /// The message that a field holds; null for strings, bytes and packed numbers.
  const Message* child_of(Message parent, std::uint32_t field) const {
    for (const Refused& refused : kRefused) {
      if (refused.parent == parent && refused.field == field) {
        throw Error(ErrorCode::kUnsupportedOp, where_,
                    fmt::format("holds {}, which are not supported; export a plain inference graph",
                                refused.what));
      }
    }
    for (const Child& child : kChildren) {
      if (child.parent == parent && child.field == field) return &child.child;
    }
    return nullptr;
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& where_;
  std::size_t at_ = 0;
  std::int64_t fields_ = 0;
};

}  // namespace

void scan_onnx(std::span<const std::uint8_t> bytes, const std::string& where) {
  Scanner(bytes, where).run();
}

}  // namespace ripple
