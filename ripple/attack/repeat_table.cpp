#include "ripple/attack/repeat_table.h"

#include <algorithm>

namespace ripple {
namespace {

constexpr std::uint64_t kNoEdit = ~std::uint64_t{0};  // no real edit: x and y stay under 2^20
constexpr std::size_t kFirstSlots = 1024;

/// Row, column and colour in one number; images are at most 16,384 pixels a side.
std::uint64_t packed(const PixelEdit& edit) {
  return std::uint64_t(edit.y) << 44 | std::uint64_t(edit.x) << 24 | std::uint64_t(edit.r) << 16 |
         std::uint64_t(edit.g) << 8 | edit.b;
}

std::uint64_t same_pixel(std::uint64_t key) {
  return key >> 24;
}

}  // namespace

RepeatTable::RepeatTable(const Image& clean, int classes, std::size_t max_rows)
    : clean_(clean),
      classes_(static_cast<std::size_t>(classes)),
      max_rows_(std::min(max_rows, kMaxLogits / classes_)),
      slots_(kFirstSlots) {}

/// The canonical form of a candidate in key_, and its hash.
std::uint64_t RepeatTable::write_key(std::span<const PixelEdit> edits) {
  key_.assign(edits.size(), kNoEdit);
  std::size_t used = 0;
  for (std::size_t i = edits.size(); i-- > 0;) {  // from the last, which wins
    const std::uint64_t key = packed(edits[i]);
    const auto overwritten = [&](std::uint64_t other) {
      return same_pixel(other) == same_pixel(key);
    };
    if (std::none_of(key_.begin(), key_.begin() + static_cast<std::ptrdiff_t>(used), overwritten))
      key_[used++] = key;
  }
  for (std::size_t i = 0; i < used; ++i) {
    const int x = static_cast<int>(key_[i] >> 24 & 0xfffff);
    const int y = static_cast<int>(key_[i] >> 44);
    const std::uint8_t* old = clean_.at(x, y);
    if ((key_[i] & 0xffffff) == (std::uint64_t(old[0]) << 16 | std::uint64_t(old[1]) << 8 | old[2]))
      key_[i] = kNoEdit;
  }
  std::sort(key_.begin(), key_.end());
  std::uint64_t hash = 0;
  for (const std::uint64_t key : key_) {  // the finaliser of SplitMix64, chained
    hash = (hash ^ key) + 0x9e3779b97f4a7c15u;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
    hash ^= hash >> 31;
  }
  return hash;
}

/// The slot of key_, or the free one where it belongs.
RepeatTable::Slot& RepeatTable::find(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.row < 0) return slot;
    if (slot.hash != hash) continue;
    const auto key = keys_.begin() +
                     static_cast<std::ptrdiff_t>(static_cast<std::size_t>(slot.row) * key_.size());
    if (std::equal(key_.begin(), key_.end(), key)) return slot;
  }
}

void RepeatTable::grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.row < 0) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].row >= 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void RepeatTable::score(Evaluator& evaluator, const CandidateBatch& batch,
                        std::span<float> logits) {
  const int count = batch.size();
  fresh_.edits_per_candidate = batch.edits_per_candidate;
  fresh_.edits.clear();
  fresh_row_.clear();
  source_.clear();
  for (int i = 0; i < count; ++i) {
    const std::span<const PixelEdit> edits = batch.candidate(i);
    const std::uint64_t hash = write_key(edits);
    if (2 * (rows_ + 1) > slots_.size()) grow();
    Slot& slot = find(hash);
    if (slot.row >= 0) {
      source_.push_back(slot.row);
      continue;
    }
    source_.push_back(-1 - static_cast<std::int64_t>(fresh_row_.size()));
    fresh_.edits.insert(fresh_.edits.end(), edits.begin(), edits.end());
    if (rows_ == max_rows_) {
      fresh_row_.push_back(-1);
      continue;
    }
    slot = {hash, static_cast<std::int32_t>(rows_)};
    fresh_row_.push_back(static_cast<std::int32_t>(rows_++));
    keys_.insert(keys_.end(), key_.begin(), key_.end());
  }
  logits_.resize(rows_ * classes_);
  fresh_logits_.resize(fresh_row_.size() * classes_);
  if (!fresh_row_.empty()) evaluator.score(fresh_, fresh_logits_);
  distinct_ += static_cast<std::int64_t>(fresh_row_.size());
  std::size_t place = 0;
  for (const std::int32_t row : fresh_row_) {
    const float* from = fresh_logits_.data() + place++ * classes_;
    if (row >= 0)
      std::copy_n(from, classes_, logits_.data() + static_cast<std::size_t>(row) * classes_);
  }
  for (std::size_t i = 0; i < source_.size(); ++i) {
    const float* from =
        source_[i] >= 0
            ? logits_.data() + static_cast<std::size_t>(source_[i]) * classes_
            : fresh_logits_.data() + static_cast<std::size_t>(-1 - source_[i]) * classes_;
    std::copy_n(from, classes_, logits.data() + i * classes_);
  }
}

}  // namespace ripple
