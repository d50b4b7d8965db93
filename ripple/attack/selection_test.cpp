#include "ripple/attack/selection.h"

#include <limits>

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "tests/expect_error.h"
#include "tests/fake_evaluator.h"

namespace ripple {
namespace {

/// Image i has red i; class 1 where it is a multiple of 3. All labels say 1.
Sample scene(std::int64_t index) {
  Sample sample;
  sample.image = make_image(4, 2, static_cast<std::uint8_t>(index));
  sample.label = 1;
  return sample;
}

EvaluatorFactory factory() {
  return [] {
    return std::make_unique<FakeEvaluator>(2, [](const Image& image) {
      return std::vector<float>{0, image.pixels[0] % 3 == 0 ? 1.0f : -1.0f};
    });
  };
}

TEST(Selection, TakesTheFirstCorrectOnesWithAnyNumberOfThreads) {
  for (const int threads : {1, 2, 7}) {
    const auto some = select_correct({10, 200}, 4, scene, factory(), threads, nullptr);
    EXPECT_EQ(some, (std::vector<std::int64_t>{12, 15, 18, 21}));
    const auto all = select_correct({10, 20}, 40, scene, factory(), threads, nullptr);
    EXPECT_EQ(all, (std::vector<std::int64_t>{12, 15, 18}));
  }
}

TEST(Selection, TextsReadBack) {
  EXPECT_EQ(selection_text({3, 9}, 0), "range 3:9");
  EXPECT_EQ(selection_text({3, 9}, 2), "range 3:9, first 2 correctly classified");
  const auto all = parse_selection("range 3:9");
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->images, 6);
  EXPECT_FALSE(all->correct);
  const auto some = parse_selection(selection_text({3, 9}, 2));
  ASSERT_TRUE(some.has_value());
  EXPECT_EQ(some->images, 2);
  EXPECT_TRUE(some->correct);
  for (const char* none : {"", "range", "range -1:2", "range 4:1", "range 0:5, first -2"})
    EXPECT_FALSE(parse_selection(none)) << none;
}

TEST(Selection, SaysHowManyItFoundSoFar) {
  std::vector<std::int64_t> heard;
  select_correct({0, 30}, 7, scene, factory(), 1, nullptr,
                 [&](std::int64_t found) { heard.push_back(found); });
  EXPECT_EQ(heard, (std::vector<std::int64_t>{3, 6}));  // blocks of 8; the third has the last
}

TEST(Selection, AnUnreadableImageMattersOnlyWhereTheScanGetsToIt) {
  const auto one_broken = [](std::int64_t broken) {
    return [broken](std::int64_t index) {
      if (index == broken) throw Error(ErrorCode::kBadData, "picture", "cannot be read");
      return scene(index);
    };
  };
  for (const int threads : {1, 2, 7}) {
    const auto some = select_correct({10, 200}, 2, one_broken(16), factory(), threads, nullptr);
    EXPECT_EQ(some, (std::vector<std::int64_t>{12, 15}));
    expect_error(
        [&] {
          select_correct({10, 200}, 2, one_broken(14), factory(), threads, nullptr);
        },
        ErrorCode::kBadData, {"picture"});
  }
}

TEST(Selection, AnAnswerThatIsNoNumberIsNoClass) {
  const EvaluatorFactory broken = [] {
    return std::make_unique<FakeEvaluator>(2, [](const Image&) {
      return std::vector<float>{0.0f, std::numeric_limits<float>::quiet_NaN()};
    });
  };
  expect_error(
      [&] {
        select_correct({4, 9}, 1, scene, broken, 1, nullptr);
      },
      ErrorCode::kBadModel, {"image 4"});
}

TEST(Selection, RangesAreHalfOpen) {
  EXPECT_EQ(indices_of({3, 6}), (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_TRUE(indices_of({3, 3}).empty());
}

TEST(Selection, RefusesImagesWithoutLabelsAndStopsWhenAsked) {
  const auto unlabelled = [](std::int64_t index) {
    Sample sample = scene(index);
    sample.label.reset();
    return sample;
  };
  EXPECT_THROW(select_correct({0, 5}, 1, unlabelled, factory(), 1, nullptr), Error);
  EXPECT_THROW(select_correct({0, 5}, 0, scene, factory(), 1, nullptr), Error);
  const CancelFlag cancel = true;
  try {
    select_correct({0, 5}, 1, scene, factory(), 1, &cancel);
    FAIL() << "not cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

}  // namespace
}  // namespace ripple
