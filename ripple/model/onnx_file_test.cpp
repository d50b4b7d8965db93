#include "ripple/model/onnx_file.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

namespace ripple {
namespace {

OnnxFile parse(const onnx::ModelProto& proto) {
  const std::string bytes = proto.SerializeAsString();
  return parse_onnx({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, "here");
}

template <typename Change>
void expect_refused(ErrorCode code, const char* part, Change change) {
  TestModel model;
  change(model.proto);
  expect_error([&] { parse(model.proto); }, code, {"here", part});
}

TEST(OnnxFile, EverySupportedVersionIsTaken) {
  for (int opset = 7; opset <= 18; ++opset) {
    for (const int ir : {3, 8, 13}) {
      TestModel model(opset);
      model.proto.set_ir_version(ir);
      const OnnxFile file = parse(model.proto);
      EXPECT_EQ(file.opset, opset);
      EXPECT_EQ(file.model->graph().input(0).name(), "x");
    }
  }
}

TEST(OnnxFile, OtherVersionsAreNamed) {
  const auto refused = [](const char* part, auto change) {
    expect_refused(ErrorCode::kUnsupportedOp, part, change);
  };
  refused("operator set 6; export it with 7 to 18",
          [](auto& proto) { proto.mutable_opset_import(0)->set_version(6); });
  refused("operator set 19", [](auto& proto) { proto.mutable_opset_import(0)->set_version(19); });
  refused("IR version 2", [](auto& proto) { proto.set_ir_version(2); });
  refused("IR version 14", [](auto& proto) { proto.set_ir_version(14); });
}

TEST(OnnxFile, OneDefaultOperatorSetAndAGraph) {
  const auto refused = [](const char* part, auto change) {
    expect_refused(ErrorCode::kBadModel, part, change);
  };
  refused("no operator set", [](auto& proto) { proto.clear_opset_import(); });
  refused("twice", [](auto& proto) { proto.add_opset_import()->set_version(13); });
  refused("twice", [](auto& proto) {
    auto* again = proto.add_opset_import();
    again->set_domain("ai.onnx");  // the default's other name
    again->set_version(13);
  });
  refused("no graph", [](auto& proto) { proto.clear_graph(); });
  // Another domain is refused only where a node uses it.
  TestModel model;
  auto* other = model.proto.add_opset_import();
  other->set_domain("com.microsoft");
  other->set_version(1);
  EXPECT_EQ(parse(model.proto).opset, 13);
}

}  // namespace
}  // namespace ripple
