#include "ripple/eval/delta/engine.h"

#include <algorithm>

#include "ripple/eval/delta/convolve.h"
#include "ripple/eval/delta/region.h"

namespace ripple::delta {

namespace {

/// Candidates of a group share one region where it costs less than this factor in cells: what a
/// shared list saves in loads of weights is about a third.
constexpr double kShareFactor = 1.5;

int largest_height(const DeltaPlan& plan) {
  int height = 1;
  for (std::size_t v = 0; v < plan.graph().values.size(); ++v) {
    height = std::max(height, plan.layout(static_cast<ValueId>(v)).height);
  }
  return height;
}

int largest_padded(const DeltaPlan& plan) {
  int padded = kBlock;
  for (std::size_t v = 0; v < plan.graph().values.size(); ++v) {
    padded = std::max(padded, plan.layout(static_cast<ValueId>(v)).padded());
  }
  return padded;
}

/// Tiles of a fully connected layer's weights in a chunk.
std::size_t tile_count(const ConvStep& conv) {
  const std::ptrdiff_t rows = conv.chunk_weights / conv.chunk_outputs;
  return static_cast<std::size_t>((rows + kTileRows - 1) / kTileRows);
}

/// Adds to `region` the outputs that the pixels of the lists reach.
void add_outputs(Region& region, const Lists& lists, const Window& w, const Layout& out) {
  for (int r = 0; r < lists.row_count; ++r) {
    const RowList row = lists.rows[r];
    add_row_outputs(region, row.y, row.x0, row.x1, w, out.height, out.width);
  }
}

void write_changes(const Layout& layout, std::span<const ChangedPixel> changes, float* origin) {
  for (const ChangedPixel& pixel : changes) {
    std::copy(pixel.change.begin(), pixel.change.end(), origin + layout.at(0, pixel.y, pixel.x));
  }
}

}  // namespace

Engine::Engine(const DeltaPlan& plan)
    : plan_(plan),
      values_(plan.graph().values.size()),
      // An odd number of cache lines between candidates, so that theirs do not share L1 sets.
      arena_stride_(static_cast<std::ptrdiff_t>((plan.arena_floats() / kBlock | 1) * kBlock)),
      lists_(plan, plan.mini_batch()) {
  const auto batch = static_cast<std::size_t>(plan.mini_batch());
  if (plan.slot(plan.graph().input) < 0) {
    lane_stride_ = static_cast<std::ptrdiff_t>(layout(plan.graph().input).size() + kBlock);
    lanes_ =
        AlignedArray<float>(std::size_t(lane_stride_) * std::min(batch, std::size_t(kMaxGroup)));
  }
  arena_ = AlignedArray<float>(batch * std::size_t(arena_stride_));
  std::size_t rows = 0;
  for (std::size_t v = 0; v < values_; ++v) rows += std::size_t(layout(ValueId(v)).height);
  spans_ = AlignedArray<Span>(batch * rows);
  regions_.resize(batch * values_);
  Span* next = spans_.data();
  for (std::size_t i = 0; i < regions_.size(); ++i) {
    regions_[i].rows = next;
    next += layout(ValueId(i % values_)).height;
  }
  units_.reserve(batch);
  std::size_t tiles = 0, slices = 1;
  for (const Step& s : plan.steps()) {
    const auto* conv = std::get_if<ConvStep>(&s.body);
    if (conv != nullptr) slices = std::max(slices, std::size_t(conv->slices));
    if (conv != nullptr && conv->path == ConvPath::kFlat && conv->weights_outside) {
      tiles = std::max(tiles, tile_count(*conv));
    }
  }
  unit_lists_.resize(batch * slices);
  tile_ends_.resize(batch * tiles);
  unified_.resize(batch);
  extent_rows_ = AlignedArray<Span>(std::size_t(largest_height(plan)));
  extent_.rows = extent_rows_.data();
  scratch_ = AlignedArray<float>(std::size_t(3 * largest_padded(plan)));
  seconds_.assign(plan.steps().size() + 1, 0.0);
}

void Engine::reset_statistics() {
  multiply_adds_ = 0;
  std::fill(seconds_.begin(), seconds_.end(), 0.0);
}

std::size_t Engine::bytes() const {
  return arena_.bytes() + lanes_.bytes() + spans_.bytes() + regions_.size() * sizeof(Region) +
         lists_.bytes() + tile_ends_.size() * sizeof(std::int32_t) + extent_rows_.bytes() +
         scratch_.bytes();
}

void Engine::run(const BaseState& base, float tolerance,
                 std::span<const std::span<const ChangedPixel>> changes,
                 std::span<float* const> logits) {
  base_ = &base;
  tolerance_ = tolerance;
  count_ = static_cast<int>(changes.size());
  changes_ = changes;
  load();
  const std::vector<Step>& steps = plan_.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].in_update) continue;
    const auto run_step = [&] {
      std::visit([&](const auto& body) { step(steps[i], body); }, steps[i].body);
    };
    if (!measure_time_) {
      run_step();
      continue;
    }
    const double lists_before = seconds_.back();
    const auto begin = std::chrono::steady_clock::now();
    run_step();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    seconds_[i] += took.count() - (seconds_.back() - lists_before);
  }
  const ValueId out = plan_.root(plan_.graph().logits);
  for (int c = 0; c < count_; ++c) {
    std::copy(base.logits().begin(), base.logits().end(), logits[std::size_t(c)]);
    if (region(c, out).empty()) continue;
    const float* d = difference(c, out);
    for (int k = 0; k < plan_.graph().classes(); ++k)
      logits[std::size_t(c)][k] += d[layout(out).at(k, 0, 0)];
  }
}

void Engine::load() {
  const ValueId input = plan_.graph().input;
  for (Region& r : regions_) r.y0 = r.y1 = 0;
  std::fill(unified_.begin(), unified_.end(), 0);
  for (int c = 0; c < count_; ++c) {
    for (const ChangedPixel& pixel : changes_[std::size_t(c)]) {
      extent_.y0 = extent_.y1 = 0;
      add_span(extent_, pixel.y, pixel.x, pixel.x + 1);
      extend(c, input, extent_);
    }
    if (lanes_.empty()) {
      write_changes(layout(input), changes_[std::size_t(c)], difference(c, input));
    }
  }
}

void Engine::load_lane(const Unit& unit, int k) {
  const ValueId input = plan_.graph().input;
  const int candidate = unit.first + k;
  const Region nothing;
  plan_.kernels().clear({nothing, region(candidate, input), layout(input), lane(k)});
  write_changes(layout(input), changes_[std::size_t(candidate)], lane(k));
}

void Engine::extend(int candidate, ValueId id, const Region& wanted) {
  Region& r = region(candidate, id);
  if (plan_.slot(id) >= 0) {
    plan_.kernels().clear({r, wanted, layout(id), difference(candidate, id)});
  }
  add_region(r, wanted);
}

void Engine::find_units(const Step& s, ValueId deciding) {
  units_.clear();
  for (int first = 0; first < count_; first += kMaxGroup) {
    const int size = std::min(kMaxGroup, count_ - first);
    char& unified = unified_[std::size_t(first / kMaxGroup)];
    if (!unified && size > 1) {
      int cells = 0;
      extent_.y0 = extent_.y1 = 0;
      for (int c = first; c < first + size; ++c) {
        cells += area(region(c, deciding));
        add_region(extent_, region(c, deciding));
      }
      if (cells > 0 && area(extent_) * size <= cells * kShareFactor) {
        unify(s, first, size);
        unified = 1;
      }
    }
    if (unified) {
      units_.push_back({first, size});
    } else {
      for (int c = first; c < first + size; ++c) units_.push_back({c, 1});
    }
  }
}

void Engine::unify(const Step& s, int first, int size) {
  for (const ValueId id : s.live) {
    extent_.y0 = extent_.y1 = 0;
    for (int c = first; c < first + size; ++c) add_region(extent_, region(c, id));
    for (int c = first; c < first + size; ++c) extend(c, id, extent_);
  }
}

Lists Engine::make_lists(const ConvStep& conv, const Unit& unit, int slice) {
  const Region& dirty = region(unit.first, conv.source);
  const Layout& l = layout(conv.source);
  PrepareArgs a;
  a.blocks = {l.blocks() * slice / conv.slices, l.blocks() * (slice + 1) / conv.slices};
  Lists lists = lists_.take(unit.size, dirty.y1 - dirty.y0, area(dirty),
                            (a.blocks.end - a.blocks.begin) * kBlock);
  a.region = dirty;
  a.layout = l;
  for (int k = 0; k < unit.size; ++k) {
    if (conv.takes_edits) load_lane(unit, k);
    a.difference[k] = conv.takes_edits ? lane(k) : difference(unit.first + k, conv.source);
  }
  a.scale = conv.scale != nullptr ? conv.scale->data() : nullptr;
  a.activation = conv.activation;
  if (conv.clean >= 0) {
    a.clean = base_->clean(conv.clean);
    a.clean_layout = layout(conv.clean);
  }
  a.channel_offsets = conv.channel_offsets.data();
  a.pixel_offset = conv.pixel_offset;
  a.threshold = tolerance_ * conv_largest_;
  plan_.kernels().prepare(a, lists);
  multiply_adds_ += lists.entries * unit.size * conv.work;
  return lists;
}

void Engine::step(const Step& s, const ConvStep& conv) {
  find_units(s, conv.source);
  conv_largest_ = tolerance_ > 0.0f ? base_->largest(s.inputs[0]) : 0.0f;
  const int parts =
      conv.path == ConvPath::kFlat ? 0 : part_count(plan_.kernels(), conv, layout(conv.result));
  const auto slices = static_cast<std::size_t>(conv.slices);
  const auto timed_lists = [&](const Unit& unit, int slice) {
    if (!measure_time_) return make_lists(conv, unit, slice);
    const auto begin = std::chrono::steady_clock::now();
    Lists lists = make_lists(conv, unit, slice);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    seconds_.back() += took.count();
    return lists;
  };
  lists_.clear();
  for (std::size_t u = 0; u < units_.size(); ++u) {
    if (!conv.weights_outside) lists_.clear();
    const std::span<Lists> lists = std::span(unit_lists_).subspan(u * slices, slices);
    for (int q = 0; q < conv.slices; ++q) lists[std::size_t(q)] = timed_lists(units_[u], q);
    begin_result(conv, units_[u], lists);
    if (conv.weights_outside) continue;
    if (conv.path == ConvPath::kFlat) {
      multiply_all(conv, units_[u], lists[0]);
    } else {
      for (int part = 0; part < parts; ++part) accumulate(conv, units_[u], lists[0], part);
    }
  }
  if (!conv.weights_outside) return;
  if (conv.path == ConvPath::kFlat) return multiply_tiled(conv);
  for (int part = 0; part < parts; ++part) {
    for (std::size_t q = 0; q < slices; ++q) {
      for (std::size_t u = 0; u < units_.size(); ++u) {
        accumulate(conv, units_[u], unit_lists_[u * slices + q], part);
      }
    }
  }
}

void Engine::begin_result(const ConvStep& conv, const Unit& unit, std::span<const Lists> lists) {
  extent_.y0 = extent_.y1 = 0;
  const Layout& out = layout(conv.result);
  if (conv.path == ConvPath::kFlat) {
    if (lists[0].entries > 0) set_full(extent_, 1, 1);
  } else {
    for (const Lists& slice : lists) add_outputs(extent_, slice, conv.window, out);
  }
  for (int c = unit.first; c < unit.first + unit.size; ++c) {
    Region& result = region(c, conv.result);
    if (conv.residual < 0) {
      result.y0 = result.y1 = 0;
    } else {
      copy_region(result, region(c, conv.residual));
      if (plan_.slot(conv.residual) != plan_.slot(conv.result)) copy_residual(conv, c);
    }
    extend(c, conv.result, extent_);
  }
}

void Engine::copy_residual(const ConvStep& conv, int candidate) {
  const Region& r = region(candidate, conv.residual);
  const Layout& from = layout(conv.residual);
  const Layout& to = layout(conv.result);
  for (int b = 0; b < from.blocks(); ++b) {
    for (int y = r.y0; y < r.y1; ++y) {
      const Span span = r.rows[y];
      if (span.empty()) continue;
      std::copy_n(difference(candidate, conv.residual) + from.at(b * kBlock, y, span.begin),
                  std::ptrdiff_t(span.end - span.begin) * kBlock,
                  difference(candidate, conv.result) + to.at(b * kBlock, y, span.begin));
    }
  }
}

void Engine::accumulate(const ConvStep& conv, const Unit& unit, const Lists& lists, int part) {
  if (lists.entries == 0) return;
  const Results results = results_of(conv, unit);
  convolve(plan_.kernels(), conv, lists, layout(conv.result), results.data(), part);
}

Engine::Results Engine::results_of(const ConvStep& conv, const Unit& unit) {
  Results results{};
  for (int k = 0; k < unit.size; ++k) {
    results[std::size_t(k)] = difference(unit.first + k, conv.result);
  }
  return results;
}

void Engine::multiply_all(const ConvStep& conv, const Unit& unit, const Lists& lists) {
  if (lists.entries == 0) return;
  const Layout& out = layout(conv.result);
  const Results results = results_of(conv, unit);
  for (int chunk = 0; chunk < chunk_count(conv, out); ++chunk) {
    multiply(plan_.kernels(), conv, lists, out, results.data(), chunk, {0, lists.entries}, nullptr);
  }
}

void Engine::find_tiles(const ConvStep& conv) {
  const std::size_t tiles = tile_count(conv);
  const std::int64_t tile_bytes = std::int64_t{kTileRows} * conv.chunk_outputs * 4;
  for (std::size_t u = 0; u < units_.size(); ++u) {
    const Lists& lists = unit_lists_[u];
    std::int32_t* ends = tile_ends_.data() + u * tiles;
    std::int32_t entry = 0;
    for (std::size_t t = 0; t < tiles; ++t) {
      const std::int64_t end = std::int64_t(t + 1) * tile_bytes;
      while (entry < lists.entries && lists.offsets[entry] < end) ++entry;
      ends[t] = entry;
    }
  }
}

/// A tile of weights comes from memory once for the whole mini-batch, while the one before it is
/// worked on: each unit asks for its share of the next tile's cache lines.
void Engine::multiply_tiled(const ConvStep& conv) {
  constexpr std::ptrdiff_t kLine = 16;  // floats
  find_tiles(conv);
  const Layout& out = layout(conv.result);
  const std::size_t tiles = tile_count(conv);
  const std::ptrdiff_t tile_floats = std::ptrdiff_t{kTileRows} * conv.chunk_outputs;
  const std::ptrdiff_t share =
      (tile_floats / kLine + std::ssize(units_) - 1) / std::ssize(units_) * kLine;
  for (int chunk = 0; chunk < chunk_count(conv, out); ++chunk) {
    for (std::size_t t = 0; t < tiles; ++t) {
      std::ptrdiff_t next = chunk * conv.chunk_weights + std::ptrdiff_t(t + 1) * tile_floats;
      for (std::size_t u = 0; u < units_.size(); ++u) {
        const std::ptrdiff_t end =
            std::min(next + share, static_cast<std::ptrdiff_t>(conv.weights.size()));
        for (; next < end; next += kLine) __builtin_prefetch(conv.weights.data() + next, 0, 2);
        const std::int32_t* ends = tile_ends_.data() + u * tiles;
        const EntryRange entries{t == 0 ? 0 : ends[t - 1], ends[t]};
        if (entries.end == entries.begin) continue;
        multiply(plan_.kernels(), conv, unit_lists_[u], out, results_of(conv, units_[u]).data(),
                 chunk, entries, nullptr);
      }
    }
  }
}

}  // namespace ripple::delta
