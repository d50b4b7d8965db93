#include "ripple/app/options.h"

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "ripple/base/file.h"
#include "ripple/model/graph_builder.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

Model two_class_model() {
  GraphBuilder b({3, 2, 2});
  Model model;
  model.graph = b.finish(b.add("fc", make_gemm(2, 12), {b.flatten("flat", b.input())}));
  return model;
}

TEST(Options, ParsesAnEdit) {
  EXPECT_EQ(parse_edit("3,17,255,0,8"), (PixelEdit{3, 17, 255, 0, 8}));
}

TEST(Options, RefusesAnEditThatIsNone) {
  for (const char* text : {"", "1,2,3,4", "1,2,3,4,5,6", "1,2,3,4,256", "-1,2,3,4,5", "1,2,3,4,x",
                           "1, 2,3,4,5", "99999999999999999999,0,0,0,0"}) {
    EXPECT_THROW(parse_edit(text), Error) << text;
  }
}

TEST(Options, ParsesARange) {
  EXPECT_EQ(parse_range("", 10).end, 10);
  EXPECT_EQ(parse_range("2:5", 10).begin, 2);
  EXPECT_EQ(parse_range("2:5", 10).end, 5);
  EXPECT_EQ(parse_range(":5", 10).begin, 0);
  EXPECT_EQ(parse_range("7:", 10).end, 10);
}

TEST(Options, RefusesARangeThatIsNoneOrOutside) {
  for (const char* text : {"5", "5:5", "6:2", "0:11", "-1:3", "a:b", "1:2:3", "10:"}) {
    EXPECT_THROW(parse_range(text, 10), Error) << text;
  }
}

TEST(Options, TakesPreprocessingInUnitsOf255) {
  ModelOptions options;
  EXPECT_FALSE(parse_preprocessing(options).has_value());
  options.mean = {125.3f, 123.0f, 113.9f};
  EXPECT_THROW(parse_preprocessing(options), Error);  // no --std
  options.std = {62.9f, 62.1f, 66.7f};
  EXPECT_EQ(parse_preprocessing(options)->std[1], 62.1f);
  options.std = {62.9f, 62.1f};
  EXPECT_THROW(parse_preprocessing(options), Error);
  options.std = {62.9f, 0.0f, 66.7f};
  EXPECT_THROW(parse_preprocessing(options), Error);
}

TEST(Options, RecognisesUnitsOfZeroToOneAndSaysTheRightOnes) {
  ModelOptions options;
  options.mean = {0.5f, 0.5f, 0.5f};
  options.std = {0.25f, 0.25f, 0.25f};
  try {
    parse_preprocessing(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("--mean 127.5,127.5,127.5 --std 63.75,63.75,63.75"),
              std::string::npos)
        << error.what();
  }
}

TEST(Options, ReadsLabelsFromAListOrAFile) {
  EXPECT_EQ(parse_labels("cat,dog"), (std::vector<std::string>{"cat", "dog"}));
  const std::string path = testing::TempDir() + "ripple_labels.txt";
  write_file(path, "cat\r\nsea lion\n\n");
  EXPECT_EQ(parse_labels("@" + path), (std::vector<std::string>{"cat", "sea lion"}));
  EXPECT_THROW(parse_labels("@/no/such/file"), Error);
}

TEST(Options, NamesClassesByTheModelThenTheDataThenTheirNumber) {
  Model model = two_class_model();
  EXPECT_EQ(ClassNames(model, nullptr)[1], "1");
  model.labels = {"cat", "dog"};
  const ClassNames names(model, nullptr);
  EXPECT_EQ(names[1], "dog");
  EXPECT_EQ(names.find("dog", "--target"), 1);
  EXPECT_EQ(names.find("0", "--target"), 0);
  EXPECT_THROW(names.find("2", "--target"), Error);
  expect_error([&] { names.find("bird", "--target"); }, ErrorCode::kBadArgument,
               {"--target: 'bird' is no class; give one of cat, dog"});
}

TEST(Options, SaysWhyAnEngineWasTakenThatLacksTheOption) {
  GraphBuilder b({3, 2, 2});
  const ValueId soft = b.add("soft1", Softmax{0}, {b.input()});
  const Graph graph = b.finish(b.add("fc", make_gemm(2, 12), {b.flatten("flat", soft)}));
  EngineOptions options;
  EXPECT_EQ(choose_engine(options, graph).engine, Engine::kDense);
  options.tolerance = 1e-4f;
  expect_error([&] { choose_engine(options, graph); }, ErrorCode::kBadArgument,
               {"--tolerance", "not with dense", "soft1"});
  options.engine = Engine::kDense;
  try {
    choose_engine(options, graph);
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("soft1"), std::string::npos) << error.what();
  }
}

TEST(Options, CaptionsOfPicturesNameAClassThatAsciiCannotWrite) {
  Model model = two_class_model();
  model.labels = {"ch\u00f3", "\u043a\u043e\u0442"};
  const ClassNames names(model, nullptr);
  EXPECT_EQ(names.picture_name(0), "ch\u00f3");
  EXPECT_EQ(names.picture_name(1), "class 1");
  model.labels = {"what?", "\u732b?"};
  EXPECT_EQ(ClassNames(model, nullptr).picture_name(0), "what?");
  EXPECT_EQ(ClassNames(model, nullptr).picture_name(1), "class 1");
}

TEST(Options, OfManyClassNamesAMessageHasAFew) {
  Model model = two_class_model();
  for (int i = 0; i < 1000; ++i) model.labels.push_back("class" + std::to_string(i));
  try {
    ClassNames(model, nullptr).find("zebra", "--class");
    FAIL();
  } catch (const Error& error) {
    const std::string_view text = error.what();
    EXPECT_TRUE(text.starts_with("--class: 'zebra' is no class; give one of class0, class1, "));
    EXPECT_TRUE(text.ends_with(", class9 and 990 more")) << text;
  }
}

}  // namespace
}  // namespace ripple
