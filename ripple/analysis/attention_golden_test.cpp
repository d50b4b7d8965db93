#include <cmath>

#include <gtest/gtest.h>

#include "ripple/analysis/grad_cam.h"
#include "ripple/analysis/saliency.h"
#include "ripple/base/npy.h"
#include "ripple/eval/dense/dense.h"
#include "ripple/eval/preprocess.h"
#include "tests/golden.h"

namespace ripple {
namespace {

constexpr std::int64_t kImages = 32;

/// The first 32 test images as a batch, and the classes of their largest logits.
struct Batch {
  Tensor inputs;
  std::vector<int> classes;
  std::vector<std::int64_t> keys;
};

Batch golden_batch(const Model& model, const std::string& network) {
  const Array<float> logits = read_npy<float>(shared_folder() / "golden" / network / "logits.npy");
  const auto data = shared_images();
  Batch batch{{{kImages, 3, 32, 32}, {}}, {}, {}};
  for (std::int64_t i = 0; i < kImages; ++i) {
    const Tensor input = preprocess(make_normalizer(model), data->sample(i).image);
    batch.inputs.data.insert(batch.inputs.data.end(), input.data.begin(), input.data.end());
    batch.classes.push_back(argmax(std::span(logits.data).subspan(std::size_t(10 * i), 10)));
    batch.keys.push_back(i);
  }
  return batch;
}

/// Largest difference between a map and map `i` of the golden file, as a share of the latter's
/// largest value; NaN where anything is NaN.
double error_of(const Tensor& got, const Array<float>& all, std::int64_t i) {
  const std::size_t each = got.data.size();
  if (element_count(all.shape) != kImages * static_cast<std::int64_t>(each)) return std::nan("");
  const auto want = std::span(all.data).subspan(std::size_t(i) * each, each);
  double largest = 0.0;
  for (const float value : want) largest = std::max(largest, std::abs(double(value)));
  double error = 0.0;
  for (std::size_t k = 0; k < each; ++k) {
    const double difference = std::abs(double(got.data[k]) - want[k]);
    if (!(difference <= error)) error = difference;
  }
  return error / largest;
}

/// Every map within 1e-4 of its largest value, no exceptions.
void expect_saliency(GradientEvaluator& gradients, const Batch& batch, const Array<float>& want,
                     const SaliencyOptions& options) {
  const Tensor black = filled<float>({3, 32, 32}, 0.0f);
  const auto maps = saliency(gradients, batch.inputs, batch.classes, batch.keys, black, options);
  for (std::int64_t i = 0; i < kImages; ++i) {
    const double error = error_of(maps[std::size_t(i)].map, want, i);
    EXPECT_TRUE(error <= 1e-4) << "image " << i << ": " << error;
  }
}

void expect_golden_attention(const std::string& network, const std::string& last_convolution) {
  const Model model = shared_model(network);
  const Batch batch = golden_batch(model, network);
  const auto folder = shared_folder() / "golden" / network;
  const Node& node = find_convolution(model.graph, "");
  EXPECT_EQ(node.name.substr(0, last_convolution.size()), last_convolution);
  const auto gradients = make_dense_gradients(model.graph, {node.output});
  struct Case {
    const char* file;
    SaliencyOptions options;
  };
  for (const Case& c : {Case{"saliency_vanilla_logit.npy", {}},
                        Case{"saliency_vanilla_prob.npy", {.score = Score::kProbability}},
                        Case{"saliency_guided_logit.npy", {.rule = ReluRule::kGuided}},
                        Case{"saliency_deconv_logit.npy", {.rule = ReluRule::kDeconvnet}}}) {
    SCOPED_TRACE(c.file);
    expect_saliency(*gradients, batch, read_npy<float>(folder / c.file), c.options);
  }
  const Gradients all = gradients->run(batch.inputs, batch.classes, {.by_input = false});
  const Array<float> want = read_npy<float>(folder / "gradcam_logit_lastconv.npy");
  for (std::int64_t i = 0; i < kImages; ++i) {
    const Tensor map = grad_cam(all, 0, std::size_t(i), GradCamFormula::kSelvaraju);
    EXPECT_TRUE(error_of(map, want, i) <= 1e-4) << "image " << i;
  }
}

/// One image a pass and all in one must open the same rectifiers: their gradients then differ by
/// the rounding of the backward pass alone.
void expect_same_in_any_batch(const std::string& network) {
  const Model model = shared_model(network);
  const Batch batch = golden_batch(model, network);
  const Gradients together = make_dense_gradients(model.graph, {}, {.batch = kImages})
                                 ->run(batch.inputs, batch.classes, {});
  const Gradients alone =
      make_dense_gradients(model.graph, {}, {.batch = 1})->run(batch.inputs, batch.classes, {});
  EXPECT_EQ(alone.logits, together.logits);
  const std::size_t each = together.input.data.size() / kImages;
  const Array<float> want{together.input.shape, together.input.data};
  for (std::int64_t i = 0; i < kImages; ++i) {
    const auto first = alone.input.data.begin() + i * static_cast<std::int64_t>(each);
    const Tensor one{{3, 32, 32}, {first, first + static_cast<std::int64_t>(each)}};
    EXPECT_TRUE(error_of(one, want, i) <= 1e-4) << "image " << i;
  }
}

TEST(AttentionGolden, GradientsDoNotDependOnTheBatch) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  expect_same_in_any_batch("lenet");
  expect_same_in_any_batch("resnet32");
}

TEST(AttentionGolden, LeNet) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  expect_golden_attention("lenet", "conv2d_2");
}

TEST(AttentionGolden, ResNet32) {
  RIPPLE_SKIP_WITHOUT_SHARED();
  expect_golden_attention("resnet32", "conv2d_33");
}

}  // namespace
}  // namespace ripple
