#include "ripple/base/hash.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace ripple {
namespace {

std::string hash_of(std::string_view text) {
  return sha256_hex(std::vector<std::uint8_t>(text.begin(), text.end()));
}

TEST(Hash, MatchesThePublishedVectors) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ripple
