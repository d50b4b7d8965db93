#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <utility>

namespace ripple {

/// A random stream keyed by numbers, e.g. {seed, image index, attack, restart}: the same key gives
/// the same stream on every machine, for any number of threads, any shard, any resume.
///
/// Source: xoshiro256** 1.0, Blackman & Vigna 2018 (arXiv:1805.01407); the state is filled by
/// SplitMix64 from a running hash of the key. The std::*_distribution classes are not used: their
/// output differs between standard libraries.
class Rng {
 public:
  explicit Rng(std::initializer_list<std::uint64_t> key);

  /// 64 uniform bits.
  std::uint64_t next();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform integer in [0, n), n >= 1, without modulo bias.
  std::uint64_t below(std::uint64_t n);
  /// Gaussian; the polar method of Marsaglia (1964), both values of a pair are used.
  double normal(double mean, double standard_deviation);

 private:
  std::array<std::uint64_t, 4> state_;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

/// Puts the elements of an array, vector or span in an order that is drawn, each equally likely
/// (Fisher & Yates, from the last element down).
template <typename Values>
void shuffle(Values&& values, Rng& rng) {
  for (std::uint64_t i = std::size(values); i > 1; --i) {
    std::swap(values[i - 1], values[rng.below(i)]);
  }
}

}  // namespace ripple
