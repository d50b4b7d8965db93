#pragma once

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ripple/base/error.h"

namespace ripple {

/// Expects that `action` throws ripple::Error with `code` and a message that holds every part.
template <typename Action>
void expect_error(Action&& action, ErrorCode code, std::initializer_list<const char*> parts) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const char* part : parts) EXPECT_THAT(error.what(), testing::HasSubstr(part));
    return;
  }
  ADD_FAILURE() << "no error was thrown";
}

}  // namespace ripple
