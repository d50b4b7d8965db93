// The delta engine's kernels beside the FMA peak, and candidates a second on the networks of
// ../shared (left out where it is absent). Rates are of processor time.
//   build/dev/bin/delta_bench
#include <cmath>
#include <filesystem>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "ripple/eval/delta/delta.h"
#include "ripple/eval/delta/kernels.h"
#include "ripple/eval/delta/region.h"
#include "ripple/image/dataset.h"
#include "tests/random_graph.h"
#include "tests/source_folder.h"

namespace ripple {
namespace {

using delta::AlignedArray;
using delta::kBlock;
using delta::Layout;

void count_work(benchmark::State& state, double multiply_adds) {
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * multiply_adds, benchmark::Counter::kIsRate);
}

/// Multiply-adds on registers alone: what no kernel can pass.
void peak(benchmark::State& state, const delta::KernelTable& table) {
  constexpr std::int64_t kRounds = 100000;
  double done = 0.0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.multiply_add_loop(kRounds));
    done += double(kRounds) * delta::kLoopVectors * table.lanes;
  }
  count_work(state, done);
}

/// One layer of ResNet-32's third stage: 8 x 8 cells, 64 -> 64 channels, 3 x 3, for 12 candidates
/// in groups, `percent` of the differences not zero (the same ones in a group, as behind a Relu).
void convolution(benchmark::State& state, const delta::KernelTable& table) {
  const auto group = static_cast<int>(state.range(0));
  const double share = static_cast<double>(state.range(1)) / 100.0;
  const Layout layout{64, 8, 8, 1};
  Rng rng({1});
  AlignedArray<float> weights(64 * 64 * 9);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = float(rng.normal(0.0, 1.0));
  AlignedArray<std::int32_t> offsets(64);
  for (int c = 0; c < 64; ++c) offsets[std::size_t(c)] = c * 9 * table.lanes * 4;
  AlignedArray<delta::Span> spans(8);
  delta::Region full{0, 0, spans.data()};
  set_full(full, 8, 8);

  struct Lists {
    AlignedArray<delta::RowList> rows{8};
    AlignedArray<std::uint16_t> counts{65};
    AlignedArray<std::int32_t> offsets{64 * 64 + 2 * kBlock};
    std::vector<AlignedArray<float>> values, in, out;
    delta::Lists lists;
  };
  std::vector<Lists> units(std::size_t(12 / group));
  double entries = 0.0;
  for (Lists& u : units) {
    delta::PrepareArgs a;
    a.region = full;
    a.layout = layout;
    a.channel_offsets = offsets.data();
    u.lists.group = group;
    u.lists.rows = u.rows.data();
    u.lists.counts = u.counts.data();
    u.lists.offsets = u.offsets.data();
    for (int k = 0; k < group; ++k) {
      u.in.emplace_back(layout.size());
      u.out.emplace_back(layout.size());
      u.values.emplace_back(64 * 64 + 2 * kBlock);
    }
    for (int i = 0; i < 64 * 64; ++i) {
      if (rng.uniform() >= share) continue;
      for (AlignedArray<float>& in : u.in) {
        in[std::size_t(layout.origin() + layout.at(i % 64, i / 512, i / 64 % 8))] = 1.0f;
      }
    }
    for (int k = 0; k < group; ++k) {
      a.difference[k] = u.in[std::size_t(k)].data() + layout.origin();
      u.lists.values[k] = u.values[std::size_t(k)].data();
    }
    table.prepare(a, u.lists);
    entries += double(u.lists.entries) * group;
  }
  double done = 0.0;
  for (auto _ : state) {
    for (int channel = 0; channel < 64; channel += table.lanes) {
      for (Lists& u : units) {
        delta::SlidingArgs a;
        a.lists = &u.lists;
        a.weights = weights.data() + channel * 64 * 9;
        for (int k = 0; k < group; ++k) {
          a.out[k] = u.out[std::size_t(k)].data() + layout.origin() + layout.at(channel, 0, 0);
        }
        a.row = layout.row();
        a.height = layout.height;
        a.pad_y = a.pad_x = 1;
        table.sliding(a);
      }
    }
    done += entries * 9 * 64;
  }
  count_work(state, done);
}

/// 400 one-pixel candidates an iteration, as a population of the paper's differential evolution.
void candidates(benchmark::State& state, const std::string& name, float tolerance,
                const std::string& target) {
  const std::filesystem::path shared = shared_folder();
  Model model = read_onnx(shared / "models" / (name + ".onnx"));
  model.preprocessing =
      name == "resnet20_pytorch"
          ? Preprocessing{{123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}}
          : Preprocessing{{125.307f, 122.95f, 113.865f}, {62.9932f, 62.0887f, 66.7048f}};
  const auto delta = make_delta_evaluator(model, {.tolerance = tolerance, .target = target});
  const Image image =
      open_dataset("cifar10:" + (shared / "data/cifar10").string())->sample(0).image;
  delta->refresh(image);
  Rng rng({7});
  const auto colour = [&] { return std::uint8_t(std::clamp(rng.normal(128, 127), 0.0, 255.0)); };
  CandidateBatch batch;
  for (int i = 0; i < 400; ++i) {
    batch.edits.push_back({int(rng.below(32)), int(rng.below(32)), colour(), colour(), colour()});
  }
  std::vector<float> logits(4000), whole(10);
  const auto exact = make_delta_evaluator(model, {.target = target});
  exact->refresh(image);
  exact->score(batch, logits);
  for (const int i : {0, 199, 399}) {  // answers first, then times
    Image edited = image;
    apply_edits(edited, batch.candidate(i));
    exact->logits_of(edited, whole);
    for (int k = 0; k < 10; ++k) {
      if (!(std::fabs(whole[std::size_t(k)] - logits[std::size_t(10 * i + k)]) <= 1e-3f)) {
        return state.SkipWithError("an update differs from the full pass");
      }
    }
  }
  std::int64_t scored = 0;
  for (auto _ : state) {
    delta->score(batch, logits);
    scored += batch.size();
  }
  const DeltaStatistics s = delta->statistics();
  state.SetItemsProcessed(scored);
  state.counters["share"] = double(s.multiply_adds_done) / double(s.multiply_adds_dense);
  count_work(state, double(s.multiply_adds_done));
}

void register_all() {
  for (const delta::KernelTable* table : delta::kernel_tables()) {
    const std::string target = table->target;
    benchmark::RegisterBenchmark(("peak/" + target).c_str(),
                                 [table](benchmark::State& s) { peak(s, *table); });
    if (table->lanes == 1) continue;
    auto* bench =
        benchmark::RegisterBenchmark(("convolution/" + target).c_str(),
                                     [table](benchmark::State& s) { convolution(s, *table); });
    bench->ArgNames({"group", "percent"});
    for (const int group : {1, 2, 3}) {
      for (const int percent : {10, 27, 60, 100}) bench->Args({group, percent});
    }
  }
  if (!std::filesystem::exists(shared_folder() / "models")) return;
  for (const delta::KernelTable* table : delta::kernel_tables()) {
    const std::string target = table->target;
    for (const char* name : {"lenet", "resnet32", "resnet20_pytorch"}) {
      for (const float tolerance : {0.0f, 1e-4f}) {
        if (table->lanes == 1) continue;
        benchmark::RegisterBenchmark(
            fmt::format("{}/{}/tolerance:{}", name, target, tolerance).c_str(),
            [=](benchmark::State& s) { candidates(s, name, tolerance, target); });
      }
    }
  }
}

}  // namespace
}  // namespace ripple

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  ripple::register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
