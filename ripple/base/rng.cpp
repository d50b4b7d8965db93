#include "ripple/base/rng.h"

#include <bit>
#include <cassert>
#include <cmath>

namespace ripple {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a bijection that mixes all 64 bits.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;

}  // namespace

Rng::Rng(std::initializer_list<std::uint64_t> key) : state_{} {
  // Each part is mixed in at its own place, so that {1, 2} and {2, 1} are different streams.
  std::uint64_t hash = mix(key.size() + kGolden);
  for (const std::uint64_t part : key) hash = mix(hash + kGolden + mix(part + kGolden));
  for (std::uint64_t& word : state_) word = mix(hash += kGolden);
}

std::uint64_t Rng::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Rng::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t Rng::below(std::uint64_t n) {
  assert(n >= 1);
  // Draws under 2^64 mod n are thrown away: what is left is a multiple of n.
  const std::uint64_t threshold = (0 - n) % n;
  std::uint64_t draw = next();
  while (draw < threshold) draw = next();
  return draw % n;
}

double Rng::normal(double mean, double standard_deviation) {
  if (has_spare_) {
    has_spare_ = false;
    return mean + standard_deviation * spare_;
  }
  double u = 0.0;
  double v = 0.0;
  double square = 0.0;
  do {
    u = uniform(-1.0, 1.0);
    v = uniform(-1.0, 1.0);
    square = u * u + v * v;
  } while (square >= 1.0 || square == 0.0);
  const double scale = std::sqrt(-2.0 * std::log(square) / square);
  spare_ = v * scale;
  has_spare_ = true;
  return mean + standard_deviation * u * scale;
}

}  // namespace ripple
