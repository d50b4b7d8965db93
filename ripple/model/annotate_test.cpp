#include <cmath>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

/// The bytes of all that is in a model file beside its metadata.
std::string without_metadata(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path, 1 << 20);
  onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  proto.clear_metadata_props();
  return proto.SerializeAsString();
}

TEST(Annotate, ChangesTheMetadataOnly) {
  const ScratchFolder folder;
  TestModel source(13, {3, 4, 4});
  source.classify("x", 48);
  source.proto.set_producer_name("somebody");
  const auto path = folder.write("a.onnx", source.bytes());
  annotate_onnx(path, folder.path() / "b.onnx", Preprocessing{{1, 2, 3}, {4, 5, 6}},
                {"a", "b", "c", "d"});
  annotate_onnx(folder.path() / "b.onnx", folder.path() / "b.onnx",
                Preprocessing{{7, 2, 3}, {4, 5, 6}}, {});
  const Model back = read_onnx(folder.path() / "b.onnx");
  EXPECT_EQ(back.preprocessing->mean, (std::vector<float>{7, 2, 3}));
  EXPECT_EQ(back.labels, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(without_metadata(folder.path() / "b.onnx"), without_metadata(path));
}

TEST(Annotate, RefusesWhatDoesNotFitTheNetwork) {
  const ScratchFolder folder;
  TestModel source(13, {3, 4, 4});
  const auto path = folder.write("a.onnx", source.classify("x", 48).bytes());
  const auto out = folder.path() / "b.onnx";
  const auto expect_refused = [&](const Preprocessing& p, const std::vector<std::string>& labels,
                                  const char* part) {
    expect_error([&] { annotate_onnx(path, out, p, labels); }, ErrorCode::kBadArgument, {part});
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  expect_refused({{1}, {1}}, {}, "3 channels");
  expect_refused({{1, 2, 3}, {1, 0, 1}}, {}, "not positive");
  expect_refused({{1, NAN, 3}, {1, 1, 1}}, {}, "not finite");
  expect_refused({{1, 2, 3}, {1, 1, 1}}, {"a"}, "4 classes");
  expect_refused({{1, 2, 3}, {1, 1, 1}}, {"a", "b", "c", "\n"}, "label of class 3");
}

TEST(Annotate, SaysThatOneChannelIsNotSupportedWhateverIsGiven) {
  const ScratchFolder folder;
  TestModel source(13, {1, 4, 4});
  const auto path = folder.write("gray.onnx", source.classify("x", 16).bytes());
  for (const Preprocessing& p : {Preprocessing{{1, 2, 3}, {4, 5, 6}}, Preprocessing{{1}, {4}}}) {
    expect_error([&] { annotate_onnx(path, folder.path() / "b.onnx", p, {}); },
                 ErrorCode::kBadModel,
                 {"gray.onnx", "only three colour channels (RGB)", "has 1 (1x4x4"});
  }
}

TEST(Annotate, KeepsExternalDataBesideTheModel) {
  const ScratchFolder folder;
  TestModel source(13, {3, 3, 3});
  source.classify("x", 27);
  auto* tensor = source.graph().mutable_initializer(0);
  const auto weights = folder.write("w.bin", tensor->raw_data());
  tensor->clear_raw_data();
  tensor->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = tensor->add_external_data();
  entry->set_key("location");
  entry->set_value("w.bin");
  const auto path = folder.write("a.onnx", source.bytes());
  const Preprocessing p{{1, 2, 3}, {4, 5, 6}};
  annotate_onnx(path, folder.path() / "b.onnx", p, {});
  EXPECT_TRUE(read_onnx(folder.path() / "b.onnx").preprocessing);
  std::filesystem::create_directory(folder.path() / "other");
  expect_error([&] { annotate_onnx(path, folder.path() / "other/b.onnx", p, {}); },
               ErrorCode::kBadArgument, {"same folder"});
}

}  // namespace
}  // namespace ripple
