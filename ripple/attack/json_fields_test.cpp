#include "ripple/attack/json_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

template <typename Body>
void expect_bad(Body body, const char* word) {
  try {
    body();
    FAIL() << "accepted: " << word;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_THAT(error.what(), testing::HasSubstr(word));
    EXPECT_THAT(error.what(), testing::StartsWith("line 3"));
  }
}

TEST(JsonFields, TakesWhatIsAskedFor) {
  const nlohmann::json json = parse_json_line(
      R"({"a":3,"b":"x","c":true,"d":0.5,"e":null,"f":[[1,2,3,4,255]],"g":18446744073709551615,"h":[1,2.5,3]})",
      "line 3");
  JsonFields fields(json, "line 3");
  EXPECT_EQ(fields.integer("a", 0, 3), 3);
  EXPECT_EQ(fields.text("b"), "x");
  EXPECT_TRUE(fields.flag("c"));
  EXPECT_EQ(fields.number("d", 0, 1), 0.5);
  EXPECT_EQ(fields.integer_or_null("e", 0, 1), std::nullopt);
  EXPECT_EQ(fields.edits("f"), (std::vector<PixelEdit>{{1, 2, 3, 4, 255}}));
  EXPECT_EQ(fields.colour("h"), (std::vector<float>{1.0f, 2.5f, 3.0f}));
  expect_bad([&] { fields.done(); }, "'g'");
  EXPECT_EQ(fields.bits("g"), ~std::uint64_t(0));
  EXPECT_NO_THROW(fields.done());
  expect_bad([&] { fields.integer("g", 0, 5); }, "'g'");
}

TEST(JsonFields, RefusesOtherTypesAndRanges) {
  const nlohmann::json json = parse_json_line(
      R"({"a":4,"b":1,"c":"x","d":1.5,"f":[[1,2,3,4]],"h":[[0,0,256,0,0]],"i":[[-1,0,0,0,0]],
          "j":[1,2],"k":[1,2,"3"],"l":[1,2,1e300]})",
      "line 3");
  JsonFields fields(json, "line 3");
  expect_bad([&] { fields.integer("a", 0, 3); }, "'a'");
  expect_bad([&] { fields.integer("d", 0, 3); }, "'d'");
  expect_bad([&] { fields.text("b"); }, "'b'");
  expect_bad([&] { fields.flag("b"); }, "'b'");
  expect_bad([&] { fields.number("c", 0, 1); }, "'c'");
  expect_bad([&] { fields.number("d", 0, 1); }, "'d'");
  expect_bad([&] { fields.bits("d"); }, "'d'");
  expect_bad([&] { fields.edits("a"); }, "'a'");
  expect_bad([&] { fields.edits("f"); }, "'f'");
  expect_bad([&] { fields.edits("h"); }, "'h'");
  expect_bad([&] { fields.edits("i"); }, "'i'");
  expect_bad([&] { fields.colour("a"); }, "'a'");
  expect_bad([&] { fields.colour("j"); }, "'j'");
  expect_bad([&] { fields.colour("k"); }, "'k'");
  expect_bad([&] { fields.colour("l"); }, "'l'");
  expect_bad([&] { fields.text("missing"); }, "'missing'");
}

TEST(ParseJsonLine, RefusesWhatIsNoPlainObjectLine) {
  expect_bad([] { parse_json_line(R"({"a":1)", "line 3"); }, "JSON");
  expect_bad([] { parse_json_line("", "line 3"); }, "JSON");
  expect_bad([] { parse_json_line(R"({"a":1,"a":2})", "line 3"); }, "twice");
  expect_bad([] { parse_json_line(std::string(50000, '['), "line 3"); }, "deep");
  expect_bad([] { JsonFields(nlohmann::json(3), "line 3"); }, "object");
  EXPECT_NO_THROW(parse_json_line(R"({"a":{"b":1},"c":{"b":2}})", "line 3"));
}

}  // namespace
}  // namespace ripple
