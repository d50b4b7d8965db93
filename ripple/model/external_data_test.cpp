#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"
#include "tests/scratch_folder.h"

// Weights in a file beside the model: attacks that have been seen, each by its number, and their
// relatives.

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

TEST_F(ExternalData, OtherWeightsAreAnotherNetwork) {
  TestModel model = external_model({{"location", "weights.bin"}});
  const std::string before = model.read(folder()).sha256;
  EXPECT_EQ(model.read(folder()).sha256, before);
  std::string weights(288, '\0');
  weights[286] = 1;
  outer_.write("models/weights.bin", weights);
  EXPECT_NE(model.read(folder()).sha256, before);
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

}  // namespace
}  // namespace ripple
