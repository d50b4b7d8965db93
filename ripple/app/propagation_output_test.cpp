#include "ripple/app/propagation_output.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ripple/base/file.h"
#include "ripple/image/decode.h"
#include "tests/expect_error.h"
#include "tests/read_npy.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

std::vector<Layer> two_layers() {
  Layer first;
  first.name = "/net/conv1/Conv";
  first.channels = 3;
  first.rows = 2;
  first.columns = 3;
  Layer second = first;
  second.name = "conv 2";
  second.rows = second.columns = 1;
  return {first, second};
}

Trace small_trace() {
  LayerMaps first;
  first.rows = 2;
  first.columns = 3;
  first.max = {0, 1, 2, 3, 4, 5};
  first.average = {0, 0.5f, 1, 1.5f, 2, 2.5f};
  first.clean_max = 10.0f;
  LayerMaps second;
  second.rows = second.columns = 1;
  second.max = second.average = {0};
  return {{first, second}, {}, {}};
}

PropagationCase small_case() {
  return {make_image(3, 3, 10, 20, 30), {{1, 1, 255, 0, 0}}, "cat 0.90", "dog 0.60"};
}

TEST(PropagationOutput, LayerNamesAreCutToWhatTellsThemApart) {
  EXPECT_EQ(short_layer_name("conv2d_12"), "conv2d_12");
  EXPECT_EQ(short_layer_name("stage1.block1.a.conv"), "stage1.block1.a");
  EXPECT_EQ(short_layer_name("/layer1/layer1.0/conv1/Conv"), "..ayer1.0/conv1");
}

TEST(PropagationOutput, ACaseIsMapsLinesAndFigures) {
  const ScratchFolder folder;
  const auto lines = write_case(folder.path(), two_layers(), small_trace(), small_case());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["layer"], "/net/conv1/Conv");
  EXPECT_EQ(lines[0]["max"], 5.0);
  EXPECT_EQ(lines[0]["peak"], 0.5);
  EXPECT_EQ(lines[0]["mean"], 1.25);
  EXPECT_TRUE(lines[1]["peak"].is_null());
  EXPECT_TRUE(lines[1]["radius"].is_null());
  const Tensor map = read_npy<float>(lines[0]["path"].get<std::string>());
  EXPECT_EQ(map.shape, (Shape{2, 3}));
  EXPECT_EQ(map.data, small_trace().layers[0].max);
  EXPECT_EQ(read_npy<float>(lines[0]["path_average"].get<std::string>()).data,
            small_trace().layers[0].average);
  EXPECT_EQ(lines[1]["path"], (folder.path() / "02_conv_2_max.npy").string());
  EXPECT_THAT(case_table(lines), testing::HasSubstr("50.0 %"));

  draw_case(folder.path(), two_layers(), small_trace(), small_case(), Difference::kAbsolute);
  for (const char* name : {"max.png", "avg.png"})
    EXPECT_GT(load_image(folder.path() / name).width, 400);
}

TEST(PropagationOutput, AChangeOfALayerThatWasZeroIsNoShare) {
  const ScratchFolder folder;
  Trace trace = small_trace();
  trace.layers[1].max = trace.layers[1].average = {7};
  write_case(folder.path(), two_layers(), trace, small_case());
  draw_case(folder.path(), two_layers(), trace, small_case(), Difference::kAbsolute);
  const std::vector<std::uint8_t> bytes = read_file(folder.path() / "max.gp", 1 << 20);
  const std::string script(bytes.begin(), bytes.end());
  EXPECT_THAT(script, testing::HasSubstr("clean is 0"));
  EXPECT_THAT(script, testing::Not(testing::HasSubstr("up to 7")));
}

TEST(PropagationOutput, StatisticsOfBothGroupsAndOfOne) {
  for (const bool with_failures : {true, false}) {
    const ScratchFolder folder;
    PropagationStatistics statistics(two_layers());
    statistics.add(small_trace(), {0, small_case().edits, true});
    statistics.add(small_trace(), {1, small_case().edits, true});
    if (with_failures) statistics.add(small_trace(), {2, small_case().edits, false});
    const auto lines = write_statistics(folder.path(), statistics);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0]["successes"]["n"], 2);
    EXPECT_EQ(lines[0]["successes"]["mean"], 1.25);
    EXPECT_EQ(lines[0]["path_failures"].is_null(), !with_failures);
    EXPECT_EQ(lines[0]["a12"].is_null(), !with_failures);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "statistics.jsonl"));
    EXPECT_EQ(read_npy<float>(lines[0]["path"].get<std::string>()).data,
              small_trace().layers[0].average);
    EXPECT_THAT(statistics_table(lines), testing::HasSubstr("1.25"));
    draw_statistics(folder.path(), statistics, Difference::kAbsolute);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "averages.svg"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "curve.png"));
  }
}

TEST(PropagationOutput, AFolderThatCannotBeMadeIsAnError) {
  const ScratchFolder folder;
  folder.write("file", "x");
  expect_error([&] { make_output_folder(folder.path() / "file" / "x"); }, ErrorCode::kIo,
               {"file/x", "cannot be made"});
}

TEST(PropagationOutput, MapsOfAnEarlierRunOfTheSameKindGoAndOtherFilesStay) {
  using Names = std::set<std::string>;
  const Names of_case{"04_conv2_max.npy", "117_a-b.c_avg.npy", "max.svg", "avg.gp"};
  const Names of_statistics{"04_conv2_successes_max.npy", "04_conv2_failures_avg.npy",
                            "statistics.jsonl", "averages.png", "curve.dat"};
  const Names others{"results.jsonl", "4_conv2_max.npy", "04_conv2_max.npy.bak", "maximum.png",
                     "000001_clean_3.npy"};
  const auto left_by = [&](auto write) {
    const ScratchFolder folder;
    for (const Names& names : {of_case, of_statistics, others}) {
      for (const std::string& name : names) folder.write(name, "before");
    }
    make_output_folder(folder.path());
    write(folder.path());
    Names left;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      const auto bytes = read_file(entry.path(), 1 << 20);
      if (std::string(bytes.begin(), bytes.end()) == "before")
        left.insert(entry.path().filename().string());
    }
    return left;
  };
  Names want = others;
  want.insert(of_statistics.begin(), of_statistics.end());
  EXPECT_EQ(left_by([](const auto& folder) {
              write_case(folder, two_layers(), small_trace(), small_case());
            }),
            want);
  want = others;
  want.insert(of_case.begin(), of_case.end());
  EXPECT_EQ(left_by([](const auto& folder) {
              PropagationStatistics statistics(two_layers());
              statistics.add(small_trace(), {0, small_case().edits, true});
              write_statistics(folder, statistics);
            }),
            want);
}

}  // namespace
}  // namespace ripple
