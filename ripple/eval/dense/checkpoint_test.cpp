#include "ripple/eval/dense/checkpoint.h"

#include <cmath>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ripple/base/file.h"
#include "ripple/base/hash.h"
#include "tests/expect_error.h"

namespace ripple {
namespace {

using Json = nlohmann::ordered_json;

Json run_of(const char* network, int epochs) {
  Json run;
  run["network"] = network;
  run["epochs"] = epochs;
  run["learning rate"] = 0.1;
  return run;
}

Checkpoint example() {
  return {3,     2, 0.75, 1.0 / 3.0, 12.5, {1.0f, -2.0f, 0.1f}, {0.5f, 1e-30f}, {4.0f, 5.0f, 6.0f},
          "ones"};
}

/// The bytes of the example, as written.
std::string written(const Checkpoint& checkpoint = example()) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) /
      (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".checkpoint");
  write_checkpoint(path, run_of("lenet", 30), checkpoint);
  const std::vector<std::uint8_t> bytes = read_file(path, 1 << 20);
  std::filesystem::remove(path);
  return {bytes.begin(), bytes.end()};
}

Checkpoint parse(const std::string& text, const Json& run = run_of("lenet", 30),
                 std::size_t constants = 3, std::size_t velocity = 2) {
  return parse_checkpoint({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, "x",
                          run, constants, velocity);
}

/// The same with another header and a digest that fits it: one fault at a time.
std::string with_header(const std::string& from, const std::string& to) {
  const std::string text = written();
  std::string rest = text.substr(text.find('\n') + 1);
  std::size_t header = rest.find('\n') + 1;
  const std::size_t at = rest.find(from);
  EXPECT_LT(at, header);
  rest.replace(at, from.size(), to);
  header = header + to.size() - from.size();
  const std::string digest =
      sha256_hex({reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()});
  return "ripple checkpoint 1 " + std::to_string(header) + " " + digest + "\n" + rest;
}

TEST(Checkpoint, ComesBackBitForBit) {
  const Checkpoint got = parse(written());
  EXPECT_EQ(got.epoch, 3);
  EXPECT_EQ(got.best_epoch, 2);
  EXPECT_EQ(got.best_accuracy, 0.75);
  EXPECT_EQ(got.best_loss, 1.0 / 3.0);
  EXPECT_EQ(got.seconds, 12.5);
  EXPECT_EQ(got.constants, example().constants);
  EXPECT_EQ(got.velocity, example().velocity);
  EXPECT_EQ(got.best, example().best);
  EXPECT_EQ(got.arithmetic, "ones");
}

TEST(Checkpoint, OfBeforeItSaidWhatRoundedItsSums) {
  const Checkpoint got = parse(with_header("\"arithmetic\":\"ones\",", ""));
  EXPECT_EQ(got.arithmetic, "");
  EXPECT_EQ(got.best, example().best);
}

TEST(Checkpoint, NamesEveryDifference) {
  expect_error([] { parse(written(), run_of("nin", 40)); }, ErrorCode::kBadArgument,
               {"network \"lenet\" (here \"nin\")", "epochs 30 (here 40)", "--resume"});
  Json more = run_of("lenet", 30);
  more["seed"] = 1;
  expect_error([&] { parse(written(), more); }, ErrorCode::kBadArgument, {"seed nothing (here 1)"});
}

TEST(Checkpoint, RefusesDamagedFiles) {
  const std::string text = written();
  for (std::size_t i = 0; i < text.size(); ++i) {
    expect_error([&] { parse(text.substr(0, i)); }, ErrorCode::kBadData, {"x: is no whole"});
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    expect_error([&] { parse(flipped); }, ErrorCode::kBadData, {"x: is no whole"});
  }
  expect_error([&] { parse(text + "x"); }, ErrorCode::kBadData, {"digest"});
  expect_error([&] { parse(std::string(1000, '9')); }, ErrorCode::kBadData, {"begin"});
}

TEST(Checkpoint, RefusesImpossibleNumbers) {
  EXPECT_EQ(parse(with_header("\"epoch\":3", "\"epoch\":4")).epoch, 4);
  const auto refuses = [](const char* from, const char* to, const char* what) {
    expect_error([&] { parse(with_header(from, to)); }, ErrorCode::kBadData, {what});
  };
  refuses("\"epoch\":3", "\"epoch\":0", "epoch");
  refuses("\"epoch\":3", "\"epoch\":\"\"", "epoch");
  refuses("\"epoch\":3", "\"epoch\":1e99", "epoch");
  refuses("\"best_epoch\":2", "\"best_epoch\":5", "best_epoch");
  refuses("0.75", "null", "best_accuracy");
  refuses("0.75", "1.75", "best_accuracy");
  refuses("12.5", "-1", "seconds");
  refuses("\"ones\"", "1", "arithmetic");
  refuses("\"ones\"", "\"\\u001b[2J\"", "arithmetic");
  refuses("{", "[", "header");
  refuses("\"run\":{", "\"ran\":{", "header");
  expect_error([] { parse(written(), run_of("lenet", 30), 4, 2); }, ErrorCode::kBadData,
               {"number of weights"});
  Checkpoint bad = example();
  bad.velocity[1] = std::nanf("");
  expect_error([&] { parse(written(bad)); }, ErrorCode::kBadData, {"finite"});
}

TEST(Checkpoint, RefusesMissingFiles) {
  expect_error([] { read_checkpoint("/no/such.checkpoint", {}, 1, 1); }, ErrorCode::kIo,
               {"such.checkpoint"});
}

}  // namespace
}  // namespace ripple
