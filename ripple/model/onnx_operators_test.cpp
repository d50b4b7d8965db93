#include "ripple/model/onnx_operators.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/source_folder.h"

namespace ripple {
namespace {

std::string document() {
  std::ifstream file(source_folder() / "docs/operators.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  return text.substr(from + begin.size(), text.find(end, from) - from - begin.size());
}

/// Names with commas, and perhaps line ends, between.
std::set<std::string> names_in(std::string list) {
  for (char& c : list) c = c == '\n' || c == ',' ? ' ' : c;
  std::istringstream words(list);
  std::set<std::string> out;
  for (std::string word; words >> word;) out.insert(word);
  return out;
}

TEST(OnnxOperators, OnActivationsAreTheDocumentsTable) {
  std::istringstream lines(between(document(), "## On activations", "## On constants"));
  std::set<std::string> documented;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string empty, names, opsets;
    std::getline(std::getline(std::getline(cells, empty, '|'), names, '|'), opsets, '|');
    if (opsets.find("-18") == std::string::npos) continue;
    for (const std::string& name : names_in(names)) {
      documented.insert(name);
      const OperatorEntry* entry = find_operator(name);
      ASSERT_NE(entry, nullptr) << name;
      EXPECT_NE(entry->import, nullptr) << name;
      EXPECT_EQ(entry->first_opset, std::stoi(opsets)) << name;
    }
  }
  EXPECT_GE(documented.size(), 30u);
  for (const char* only_constant : {"Where", "Range", "Ceil"}) {
    EXPECT_EQ(find_operator(only_constant)->import, nullptr);
    EXPECT_FALSE(documented.contains(only_constant));
  }
}

TEST(OnnxOperators, OnConstantsAreTheDocumentsList) {
  const std::set<std::string> documented =
      names_in(between(document(), "when the model is read:", "."));
  EXPECT_GE(documented.size(), 25u);
  for (const std::string& name : documented) {
    const OperatorEntry* entry = find_operator(name);
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_NE(entry->fold, nullptr) << name;
  }
  for (const char* only_activation : {"Conv", "Relu", "Softmax"}) {
    EXPECT_EQ(find_operator(only_activation)->fold, nullptr);
  }
}

TEST(OnnxOperators, OthersAreNone) {
  for (const char* name : {"GRU", "If", "conv", "", "Con", "Convo"}) {
    EXPECT_EQ(find_operator(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace ripple
