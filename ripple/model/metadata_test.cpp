#include "ripple/model/metadata.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/expect_error.h"
#include "tests/onnx_test_model.h"

namespace ripple {
namespace {

TEST(Metadata, NumbersAreReadAsAPersonWritesThem) {
  EXPECT_EQ(parse_numbers("125.3, 122.9 ,-1e-3", "here"),
            (std::vector<float>{125.3f, 122.9f, -1e-3f}));
  for (const char* text : {"", " ", "1,", ",1", "1;2", "1 2", "nan", "inf", "1e99", "0x1", "+1"}) {
    expect_error([&] { parse_numbers(text, "here"); }, ErrorCode::kBadArgument,
                 {"here", "125.3,122.9,113.9"});
  }
}

TEST(Metadata, NumbersComeBackToTheBit) {
  const std::vector<float> numbers{0.1f,
                                   1.0f / 3.0f,
                                   -0.0f,
                                   std::numeric_limits<float>::min(),
                                   std::numeric_limits<float>::max(),
                                   std::numeric_limits<float>::denorm_min()};
  const std::vector<float> read = parse_numbers(format_numbers(numbers), "here");
  ASSERT_EQ(read.size(), numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(read[i], numbers[i]);
    EXPECT_EQ(std::signbit(read[i]), std::signbit(numbers[i]));
  }
}

TEST(Metadata, PreprocessingFitsTheChannels) {
  EXPECT_NO_THROW(check_preprocessing({{1, 2, 3}, {1, 1, 1}}, 3, "here"));
  const auto refused = [](Preprocessing preprocessing, const char* part) {
    expect_error([&] { check_preprocessing(preprocessing, 3, "here"); }, ErrorCode::kBadArgument,
                 {"here", part});
  };
  refused({{1, 2}, {1, 1, 1}}, "2 numbers of mean or std for 3 channels");
  refused({{1, 2, 3}, {1, 1, 1, 1}}, "4 numbers");
  refused({{1, 2, NAN}, {1, 1, 1}}, "not finite");
  refused({{1, 2, 3}, {1, 0, 1}}, "std 0 is not positive");
  refused({{1, 2, 3}, {1, -1, 1}}, "std -1 is not positive");
}

TEST(Metadata, PreprocessingOptionsAreNamedAndUnitsGuessedOnlyWhereTheyAreLikely) {
  EXPECT_NO_THROW(check_preprocessing_options({{0, 127.5f, 255}, {1, 62.9f, 255}}));
  const auto message = [](const Preprocessing& given) -> std::string {
    try {
      check_preprocessing_options(given);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({{0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}}),
            "--std: below 1: these look like 0..1 units, Ripple takes 0..255; give --mean "
            "127.5,127.5,127.5 --std 63.75,63.75,63.75");
  for (const Preprocessing& odd : {Preprocessing{{0, 0, 0}, {1e-30f, 1, 1}},
                                   {{0, 0, 0}, {0.5f, 2, 1}},
                                   {{127, 127, 127}, {0.5f, 0.5f, 0.5f}}}) {
    EXPECT_TRUE(message(odd).ends_with("is below 1; give --mean and --std in units of 0..255"))
        << message(odd);
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [given, part] : {std::pair{Preprocessing{{nan, 0, 0}, {1, 1, 1}}, "not finite"},
                                    {Preprocessing{{0, 0, 0}, {1, nan, 1}}, "not finite"},
                                    {Preprocessing{{0, 0, 0}, {1, 0, 1}}, "std 0 is not positive"},
                                    {Preprocessing{{0, 0, 0}, {}}, "give both"},
                                    {Preprocessing{{0}, {1}}, "got 1 and 1"}}) {
    EXPECT_TRUE(message(given).starts_with("--mean, --std: ")) << message(given);
    EXPECT_NE(message(given).find(part), std::string::npos) << message(given);
  }
}

TEST(Metadata, LabelsAreOneAClassAndReadable) {
  EXPECT_NO_THROW(check_labels({"cat", "dog"}, 2, "here"));
  expect_error([] { check_labels({"cat"}, 2, "here"); }, ErrorCode::kBadArgument,
               {"1 labels for 2 classes"});
  for (const char* label : {"", "two\nlines", "\x1b[2J", "\xff"}) {
    expect_error(
        [&] {
          check_labels({"cat", label}, 2, "here");
        },
        ErrorCode::kBadArgument, {"here"});
  }
}

TEST(Metadata, WritingReplacesAndKeepsTheRest) {
  onnx::ModelProto proto;
  auto* other = proto.add_metadata_props();
  other->set_key("author");
  other->set_value("somebody");
  write_metadata(Preprocessing{{1, 2, 3}, {4, 5, 6}}, {"cat", "dog"}, proto);
  write_metadata(Preprocessing{{7, 8, 9}, {4, 5, 6}}, {}, proto);  // the labels stay
  ASSERT_EQ(proto.metadata_props_size(), 4);
  EXPECT_EQ(proto.metadata_props(0).value(), "somebody");
  EXPECT_EQ(proto.metadata_props(1).value(), "7,8,9");
  EXPECT_EQ(proto.metadata_props(2).value(), "4,5,6");
  EXPECT_EQ(proto.metadata_props(3).value(), "cat\ndog");
  *proto.add_metadata_props() = proto.metadata_props(1);  // twice: unreadable until written again
  write_metadata(Preprocessing{{1, 2, 3}, {4, 5, 6}}, {}, proto);
  ASSERT_EQ(proto.metadata_props_size(), 4);
  EXPECT_EQ(proto.metadata_props(1).value(), "1,2,3");
}

TEST(Metadata, DamageIsAnErrorOfTheFile) {
  const auto with = [](const char* key, const char* value) {
    TestModel model(13, {3, 4, 4});
    model.classify("x", 48);
    auto* entry = model.proto.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
    return model;
  };
  expect_error([&] { with("ripple.mean", "1,2,3").read(); }, ErrorCode::kBadModel, {"only one of"});
  expect_error([&] { with("ripple.labels", "a\nb").read(); }, ErrorCode::kBadModel, {"4 classes"});
  TestModel model = with("ripple.mean", "1,x,3");
  auto* entry = model.proto.add_metadata_props();
  entry->set_key("ripple.std");
  entry->set_value("1,1,1");
  expect_error([&] { model.read(); }, ErrorCode::kBadModel, {"ripple.mean", "annotate"});
}

}  // namespace
}  // namespace ripple
