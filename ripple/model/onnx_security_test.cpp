#include <filesystem>
#include <limits>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ripple/model/onnx_test_model.h"
#include "tests/expect_error.h"
#include "tests/scratch_folder.h"

// Attacks that have been seen on readers of model files, each by its number, and their relatives.

namespace ripple {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

/// A classifier whose weights (18 x 4 floats, 288 bytes) lie outside the file.
TestModel external_model(const Entries& entries) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  auto* tensor = model.graph().mutable_initializer(0);
  tensor->clear_raw_data();
  tensor->set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : entries) {
    auto* entry = tensor->add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  }
  return model;
}

class ExternalData : public testing::Test {
 protected:
  ExternalData() {
    outer_.write("secret.bin", std::string(288, 'a'));
    outer_.write("models/weights.bin", std::string(304, '\0'));
  }
  std::filesystem::path folder() const { return outer_.path() / "models"; }
  void expect_refused(const Entries& entries, const char* part) const {
    expect_error([&] { external_model(entries).read(folder()); }, ErrorCode::kBadModel,
                 {"tensor 'fc.w'", part});
  }
  ScratchFolder outer_;
};

TEST_F(ExternalData, IsReadFromAFileBesideTheModel) {
  const Model model =
      external_model({{"location", "weights.bin"}, {"offset", "16"}, {"length", "288"}})
          .read(folder());
  EXPECT_EQ(model.graph.classes(), 4);
}

TEST_F(ExternalData, Cve2022_25882_ParentFolder) {
  expect_refused({{"location", "../secret.bin"}}, "own folder");
}

TEST_F(ExternalData, Cve2024_27318_ParentFolderInTheMiddle) {
  expect_refused({{"location", "a/../../secret.bin"}}, "own folder");
  expect_refused({{"location", "./weights.bin"}}, "own folder");
}

TEST_F(ExternalData, Cve2024_27318_AbsolutePath) {
  expect_refused({{"location", (outer_.path() / "secret.bin").string()}}, "own folder");
}

TEST_F(ExternalData, Cve2026_27489_SymbolicLink) {
  std::filesystem::create_symlink("../secret.bin", folder() / "link.bin");
  expect_refused({{"location", "link.bin"}}, "link");
}

TEST_F(ExternalData, Cve2026_34446_HardLink) {
  std::filesystem::create_hard_link(outer_.path() / "secret.bin", folder() / "hard.bin");
  expect_refused({{"location", "hard.bin"}}, "one name");
}

TEST_F(ExternalData, Cve2026_34445_UnknownAndRepeatedKeys) {
  expect_refused({{"location", "weights.bin"}, {"__class__", "x"}}, "unknown key");
  expect_refused({{"location", "weights.bin"}, {"location", "weights.bin"}}, "twice");
}

TEST_F(ExternalData, Cve2026_34445_HugeAndNegativeLengths) {
  expect_refused({{"location", "weights.bin"}, {"length", "9223372036854775807"}},
                 "its shape needs");
  expect_refused({{"location", "weights.bin"}, {"length", "-1"}}, "no size");
  expect_refused({{"location", "weights.bin"}, {"offset", "-8"}}, "no size");
}

TEST_F(ExternalData, OffsetPlusLengthMustNotWrap) {
  expect_refused({{"location", "weights.bin"}, {"offset", "9223372036854775807"}}, "which has 304");
  expect_refused({{"location", "weights.bin"}, {"offset", "17"}}, "which has 304");
}

TEST_F(ExternalData, RefusesWhatIsNoFileName) {
  expect_refused({{"location", ".."}}, "own folder");
  expect_refused({{"location", std::string("weights.bin\0x", 13)}}, "no printable");
  expect_refused({}, "no printable");
}

TEST_F(ExternalData, RefusesAFolderAndAPipe) {
  std::filesystem::create_directory(folder() / "sub");
  expect_refused({{"location", "sub"}}, "no regular file");
  ASSERT_EQ(::mkfifo((folder() / "pipe").c_str(), 0600), 0);
  expect_refused({{"location", "pipe"}}, "no regular file");
}

TEST_F(ExternalData, NeedsAFolder) {
  expect_error(
      [] {
        external_model({{"location", "weights.bin"}}).read();
      },
      ErrorCode::kBadModel, {"no folder"});
}

TEST_F(ExternalData, ReportsAMissingFile) {
  expect_error(
      [&] {
        external_model({{"location", "none.bin"}}).read(folder());
      },
      ErrorCode::kIo, {"none.bin", "No such file"});
}

void expect_bad(const TestModel& model, const char* part, const ModelLimits& limits = {}) {
  expect_error([&] { model.read("", limits); }, ErrorCode::kBadModel, {"test.onnx", part});
}

TEST(MaliciousModel, Cve2026_34445_HugeDeclaredTensor) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  model.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 40);
  expect_bad(model, "the file has 288");
}

TEST(MaliciousModel, DimensionsWhoseProductWraps) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  auto* tensor = model.graph().mutable_initializer(0);
  tensor->set_dims(0, std::int64_t{1} << 33);
  tensor->set_dims(1, std::int64_t{1} << 33);
  expect_bad(model, "does not fit 64 bits");
}

TEST(MaliciousModel, NegativeAndEmptyDimensions) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  model.graph().mutable_initializer(0)->set_dims(0, -18);
  expect_bad(model, "negative extent");
  model.graph().mutable_initializer(0)->set_dims(0, 0);
  expect_bad(model, "needs 0 bytes");
  model.graph().mutable_initializer(0)->clear_raw_data();
  expect_bad(model, "do not fit");
}

TEST(MaliciousModel, HugeInputPassesTheMemoryCap) {
  TestModel model(13, {3, 1 << 20, 1 << 20});
  model.classify("x", 18);
  expect_bad(model, "--max-memory");
}

TEST(MaliciousModel, ActivationsCountTogether) {
  TestModel model(13, {2, 3, 3});
  std::string last = "x";
  for (int i = 0; i < 20; ++i) {
    const std::string next = "r" + std::to_string(i);
    model.node("Relu", {last}, next);
    last = next;
  }
  model.classify(last, 18);
  expect_bad(model, "the activations", ModelLimits{1000});
  EXPECT_EQ(model.read("", ModelLimits{4000}).graph.classes(), 4);
}

TEST(MaliciousModel, SharedWeightsCountForEveryCopy) {
  TestModel model(13, {2, 3, 3});
  model.weights("k", {2, 2, 3, 3});
  std::string last = "x";
  for (int i = 0; i < 100; ++i) {
    const std::string next = "c" + std::to_string(i);
    set_ints(model.node("Conv", {last, "k"}, next), "pads", {1, 1, 1, 1});
    last = next;
  }
  model.classify(last, 18);
  expect_bad(model, "the weights", ModelLimits{1500});
}

TEST(MaliciousModel, ConstantSubgraphGrowsFromNothing) {
  TestModel model(13, {2, 3, 3});
  model.ints("big", {1 << 20, 1 << 20});
  model.node("ConstantOfShape", {"big"}, "zeros");
  model.node("Add", {"x", "zeros"}, "sum");
  model.classify("sum", 18);
  expect_bad(model, "constant subgraphs");
}

TEST(MaliciousModel, CycleNamesANode) {
  TestModel model(13, {2, 3, 3});
  model.node("Add", {"x", "b"}, "a");
  model.node("Relu", {"a"}, "b");
  model.classify("b", 18);
  expect_bad(model, "node 'n_a' is part of a cycle");
}

TEST(MaliciousModel, DeepNestingIsRefusedWithoutBuildingIt) {
  TestModel model(13, {2, 3, 3});
  model.classify("x", 18);
  onnx::GraphProto* graph = model.proto.mutable_graph();
  for (int i = 0; i < 60; ++i) {
    auto* node = graph->add_node();
    node->set_op_type("If");
    auto* attribute = node->add_attribute();
    attribute->set_name("then_branch");
    attribute->set_type(onnx::AttributeProto::GRAPH);
    graph = attribute->mutable_g();
  }
  expect_error([&] { model.read(); }, ErrorCode::kUnsupportedOp, {"subgraphs"});
}

TEST(MaliciousModel, TooManyFields) {
  const std::string node_of_nothing("\x0a\x00", 2);
  std::string graph;
  for (int i = 0; i < 1100000; ++i) graph += node_of_nothing;
  std::string bytes = "\x3a";
  for (std::size_t rest = graph.size();; rest >>= 7) {
    bytes.push_back(static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
    if (rest <= 0x7f) break;
  }
  expect_error([&] { TestModel::read_bytes(bytes + graph); }, ErrorCode::kBadModel, {"fields"});
}

TEST(MaliciousModel, ControlCharactersOfNamesDoNotReachATerminal) {
  TestModel model(13, {2, 3, 3});
  model.node("GRU", {"x"}, "g").set_name("\x1b[2Jred");
  model.classify("g", 18);
  expect_error([&] { model.read(); }, ErrorCode::kUnsupportedOp, {"node '\\x1b[2Jred'"});
}

TEST(MaliciousModel, ManyEqualNamesAreNotQuadratic) {
  TestModel model(13, {2, 3, 3});
  std::string last = "x";
  for (int i = 0; i < 20000; ++i) {
    const std::string next = "v" + std::to_string(i);
    model.node("Relu", {last}, next).set_name("same");
    last = next;
  }
  model.classify(last, 18);
  EXPECT_EQ(model.read().graph.nodes.size(), 20002u);
}

TEST(MaliciousModel, EveryTruncationIsAnError) {
  TestModel model(13, {2, 3, 3});
  const std::string bytes = model.classify("x", 18).bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(TestModel::read_bytes(bytes.substr(0, length)), Error) << length;
  }
}

TEST(MaliciousModel, TrailingGarbageIsAnError) {
  TestModel model(13, {2, 3, 3});
  const std::string bytes = model.classify("x", 18).bytes();
  expect_error([&] { TestModel::read_bytes(bytes + "garbage"); }, ErrorCode::kBadModel,
               {"truncated, damaged or no ONNX file"});
}

}  // namespace
}  // namespace ripple
