#include <set>

#include <gtest/gtest.h>

#include "ripple/base/error.h"
#include "ripple/eval/delta/delta.h"
#include "ripple/eval/delta/kernels.h"

namespace ripple::delta {
namespace {

TEST(Targets, AreFoundByNameInEitherCase) {
  const std::vector<std::string> names = delta_targets();
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (std::string name : names) {
    const KernelTable* upper = &kernel_table(name);
    EXPECT_EQ(upper->target, name);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_EQ(&kernel_table(name), upper);
  }
  EXPECT_EQ(kernel_table("").target, names.front());
}

TEST(Targets, UnknownOneNamesThoseOfThisCpu) {
  try {
    kernel_table("AVX99");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(delta_targets().front()), std::string::npos);
  }
}

}  // namespace
}  // namespace ripple::delta
