#pragma once

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ripple/eval/evaluator.h"
#include "ripple/eval/scores.h"
#include "ripple/image/dataset.h"
#include "ripple/model/model.h"
#include "tests/read_npy.h"
#include "tests/source_folder.h"

namespace ripple {

// Networks, images and golden values that are not part of this project: see ../shared/README.md.

/// First line of a test that needs them.
#define RIPPLE_SKIP_WITHOUT_SHARED()                                            \
  if (!std::filesystem::exists(ripple::shared_folder() / "golden")) {           \
    GTEST_SKIP() << "needs " << ripple::shared_folder() << ", which is absent"; \
  }

/// "lenet", "resnet32" or "resnet20_pytorch", with its preprocessing.
inline Model shared_model(const std::string& name) {
  Model model = read_onnx(shared_folder() / "models" / (name + ".onnx"));
  if (name == "resnet20_pytorch") {
    model.preprocessing = Preprocessing{{.485f * 255, .456f * 255, .406f * 255},
                                        {.229f * 255, .224f * 255, .225f * 255}};
  } else {
    model.preprocessing =
        Preprocessing{{125.307f, 122.95f, 113.865f}, {62.9932f, 62.0887f, 66.7048f}};
  }
  return model;
}

/// The 1017 CIFAR-10 test images.
inline std::unique_ptr<Dataset> shared_images() {
  return open_dataset("cifar10:" + (shared_folder() / "data" / "cifar10").string());
}

/// Expects numbers within `tolerance` of row `row` of an [n, k] array; NaN fails.
inline void expect_row(std::span<const float> got, const Array<float>& want, std::int64_t row,
                       double tolerance) {
  const std::size_t k = std::size_t(want.shape[1]);
  ASSERT_EQ(got.size(), k);
  for (std::size_t i = 0; i < k; ++i) {
    const double expected = want.data[std::size_t(row) * k + i];
    EXPECT_TRUE(std::abs(got[i] - expected) <= tolerance)
        << "row " << row << ", class " << i << ": " << got[i] << " instead of " << expected;
  }
}

/// Compares an evaluator of a network of ../shared/golden with PyTorch's logits of the first
/// `images` test images and its probabilities of the first `edits` edited images, within 1e-4.
inline void expect_golden(Evaluator& evaluator, const std::string& network, int images, int edits) {
  const std::filesystem::path folder = shared_folder() / "golden" / network;
  const Array<float> logits = read_npy<float>(folder / "logits.npy");
  const auto data = shared_images();
  std::vector<float> row(std::size_t(evaluator.classes()));
  for (int i = 0; i < images; ++i) {
    evaluator.logits_of(data->sample(i).image, row);
    expect_row(row, logits, i, 1e-4);
  }
  const Array<std::int32_t> list = read_npy<std::int32_t>(folder / "edits.npy");
  const Array<float> probabilities = read_npy<float>(folder / "edit_probabilities.npy");
  for (int i = 0; i < edits; ++i) {
    const std::int32_t* e = list.data.data() + 6 * i;  // image, row, column, r, g, b
    const auto byte = [&](int k) { return static_cast<std::uint8_t>(e[k]); };
    evaluator.refresh(data->sample(e[0]).image);
    evaluator.score({1, {{e[2], e[1], byte(3), byte(4), byte(5)}}}, row);
    const std::vector<double> scores = softmax(row);
    expect_row(std::vector<float>(scores.begin(), scores.end()), probabilities, i, 1e-4);
  }
}

}  // namespace ripple
