#include "ripple/attack/results_file.h"

#include <csignal>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "ripple/base/error.h"

namespace ripple {
namespace {

class ResultsFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("ripple_" + std::string(info->name()) + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "results.jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  void expect_bad(const std::string& contents, const char* word) const {
    write(contents);
    try {
      read_results(path_);
      ADD_FAILURE() << "accepted: " << word;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData) << error.what();
      EXPECT_THAT(error.what(), testing::HasSubstr(word));
    }
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

ResultsHeader header() {
  ResultsHeader header;
  header.model = "lenet.onnx";
  header.model_sha256 = "ab12";
  header.preprocessing = {{125.307f, 122.95f, 113.865f}, {62.9932f, 62.0887f, 66.7048f}};
  header.data = "cifar10:/data";
  header.selection = "range 0:10";
  header.engine = "dense";
  header.options.seed = ~std::uint64_t(0);
  header.options.stop_below = 0.1;
  return header;
}

AttackResult result(std::int64_t index, std::optional<int> target = std::nullopt) {
  AttackResult result;
  result.index = index;
  result.name = "test_batch.bin #" + std::to_string(index);
  result.label = 3;
  result.target = target;
  result.success = true;
  result.predicted = 5;
  result.edits = {{31, 0, 255, 0, 7}};
  result.confidence_before = 0.1 + 0.2;  // needs all its digits
  result.confidence_after = 1e-17;
  result.confidence_predicted = 1.0 / 3.0;
  result.best_edits = {{1, 2, 3, 4, 5}, {2, 2, 3, 4, 5}};
  result.best_confidence = 0.25;
  result.evaluations = 40400;
  result.distinct_evaluations = 20000;
  result.evaluations_to_success = 17;
  result.generations = 100;
  result.improvements = {{0, 0.1F}, {7, 1e-8F}};
  result.stop = StopReason::kGenerations;
  result.verifications = 4;
  result.disagreements = 1;
  result.seconds = 1.25;
  return result;
}

std::string line(const AttackResult& r) {
  return to_json(r).dump() + "\n";
}
std::string line(const ResultsHeader& h) {
  return to_json(h).dump() + "\n";
}

std::string with(const std::string& text, const std::string& from, const std::string& to) {
  std::string changed = text;
  const std::size_t at = changed.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return changed.replace(at, from.size(), to);
}

TEST_F(ResultsFileTest, WhatIsWrittenReadsBackToTheSameBits) {
  {
    ResultsWriter writer = ResultsWriter::create(path_, header());
    writer.append(result(4));
    writer.append(result(5, 2));
    EXPECT_EQ(text(), line(header()) + line(result(4)) + line(result(5, 2)));  // at once
  }
  const ResultsFile file = read_results(path_);
  EXPECT_FALSE(file.cut);
  EXPECT_EQ(file.whole_bytes, static_cast<std::int64_t>(text().size()));
  EXPECT_EQ(first_difference(file.header, header()), "");
  ASSERT_EQ(file.results.size(), 2u);
  EXPECT_EQ(to_json(file.results[0]).dump(), to_json(result(4)).dump());
  EXPECT_EQ(file.results[0].confidence_before, 0.1 + 0.2);
  EXPECT_EQ(file.results[0].edits, result(4).edits);
  EXPECT_EQ(file.results[0].improvements, result(4).improvements);
  EXPECT_EQ(file.results[1].target, 2);
  EXPECT_EQ(file.done(), (DoneKeys{{4, std::nullopt}, {5, 2}}));
}

TEST_F(ResultsFileTest, TheInstructionSetIsKeptAndMayChange) {
  ResultsHeader with_simd = header();
  EXPECT_EQ(line(with_simd).find("simd"), std::string::npos);
  with_simd.simd = "AVX2";
  EXPECT_THAT(line(with_simd), testing::HasSubstr(R"("engine":"dense","simd":"AVX2","options":)"));
  ResultsWriter::create(path_, with_simd);
  EXPECT_EQ(read_results(path_).header.simd, "AVX2");
  EXPECT_EQ(first_difference(with_simd, header()), "");
  EXPECT_EQ(first_difference(header(), with_simd), "");
}

TEST_F(ResultsFileTest, TheLineHasThePromisedKeysAndSecondsLast) {
  EXPECT_EQ(
      line(result(4)),
      R"({"index":4,"name":"test_batch.bin #4","label":3,"label_assumed":false,"target":null,)"
      R"("skipped":"none","success":true,"success_as_published":false,"predicted":5,)"
      R"("edits":[[31,0,255,0,7]],"confidence_before":0.30000000000000004,)"
      R"("confidence_after":1e-17,"confidence_predicted":0.3333333333333333,)"
      R"("best_edits":[[1,2,3,4,5],[2,2,3,4,5]],"best_confidence":0.25,"evaluations":40400,)"
      R"("distinct_evaluations":20000,)"
      R"("evaluations_to_success":17,"generations":100,"improvements":[[0,0.1],[7,1e-08]],"stop":"generations",)"
      R"("verifications":4,"disagreements":1,"seconds":1.25})"
      "\n");
}

TEST_F(ResultsFileTest, ACutLastLineIsLeftOutAndOverwrittenByResume) {
  const std::string whole = line(header()) + line(result(4));
  const std::string next = line(result(5));
  for (const std::size_t kept : {std::size_t(1), next.size() / 2, next.size() - 1}) {
    write(whole + next.substr(0, kept));
    ResultsFile existing;
    {
      ResultsWriter writer = ResultsWriter::resume(path_, header(), existing);
      EXPECT_TRUE(existing.cut);
      EXPECT_EQ(existing.done(), (DoneKeys{{4, std::nullopt}}));
      EXPECT_EQ(text(), whole);
      writer.append(result(5));
    }
    EXPECT_EQ(text(), whole + next);
  }
}

TEST_F(ResultsFileTest, ResumeRefusesAnotherConfigurationNamingTheKey) {
  write(line(header()));
  const auto refusal = [&](const std::function<void(ResultsHeader&)>& change) -> std::string {
    ResultsHeader other = header();
    change(other);
    ResultsFile existing;
    try {
      ResultsWriter::resume(path_, other, existing);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadArgument);
      return error.what();
    }
    return "";
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal([](ResultsHeader& h) { h.options.seed = 2; }),
              HasSubstr("options.seed is 18446744073709551615 in the file, 2 now"));
  EXPECT_THAT(refusal([](ResultsHeader& h) { h.model_sha256 = "x"; }), HasSubstr("model_sha256"));
  EXPECT_THAT(refusal([](ResultsHeader& h) { h.engine = "delta"; }), HasSubstr("engine"));
  EXPECT_THAT(refusal([](ResultsHeader& h) { h.preprocessing.std[1] = 1.0f; }),
              HasSubstr("std is"));
  EXPECT_THAT(refusal([](ResultsHeader& h) {
                h.selection = "x";
                h.options.pixels = 2;
              }),
              HasSubstr("selection is"));  // the first
  EXPECT_THAT(refusal([](ResultsHeader& h) { h.options.stop = StopRule::kBudget; }),
              HasSubstr("options.stop is"));
  EXPECT_EQ(refusal([](ResultsHeader& h) { h.model = "renamed.onnx"; }), "");
  EXPECT_EQ(refusal([](ResultsHeader& h) { h.data = "cifar10:moved"; }), "");
  EXPECT_EQ(text(), line(header()));
}

TEST_F(ResultsFileTest, SortsWhatAResumedRunLeft) {
  write(line(header()) + line(result(5, 2)) + line(result(4)) + line(result(5, 1)));
  sort_results(path_);
  EXPECT_EQ(text(), line(header()) + line(result(4)) + line(result(5, 1)) + line(result(5, 2)));
}

TEST_F(ResultsFileTest, CreateRefusesToOverwrite) {
  write("precious");
  EXPECT_THROW(ResultsWriter::create(path_, header()), Error);
  EXPECT_EQ(text(), "precious");
  EXPECT_THROW(ResultsWriter::create(folder_ / "none" / "results.jsonl", header()), Error);
}

TEST_F(ResultsFileTest, TwoRunsDoNotWriteOneFile) {
  ResultsFile existing;
  {
    const ResultsWriter first = ResultsWriter::create(path_, header());
    try {
      ResultsWriter::resume(path_, header(), existing);
      ADD_FAILURE() << "a second writer";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadArgument);
      EXPECT_THAT(error.what(), testing::HasSubstr("another run is writing it"));
    }
    EXPECT_NO_THROW(read_results(path_));  // reading is free
  }
  ResultsWriter::resume(path_, header(), existing);
}

TEST_F(ResultsFileTest, RefusesDamage) {
  const std::string h = line(header());
  const std::string r = line(result(4));
  expect_bad("", "header");
  expect_bad(h.substr(0, h.size() - 1), "header");
  expect_bad("\n", "line 1");
  expect_bad(h + "{\"index\":4\n" + r, "line 2");
  expect_bad(h + r.substr(0, 40) + "\n", "line 2");
  expect_bad(h + r + "\n" + r, "line 3");
  expect_bad(h + r + r, "twice");
  expect_bad(h + with(r, "\"label\":3", "\"label\":-3"), "'label'");
  expect_bad(h + with(r, "\"label\":3,", ""), "'label'");
  expect_bad(h + with(r, "\"label\":3,", "\"label\":3,\"extra\":1,"), "'extra'");

  expect_bad(h + with(r, "\"best_confidence\":0.25", "\"best_confidence\":1.5"), "best_confidence");
  expect_bad(h + with(r, "\"stop\":\"generations\"", "\"stop\":\"tired\""), "tired");
  expect_bad(h + with(r, "[31,0,255,0,7]", "[31,0,256,0,7]"), "'edits'");
  for (const char* damaged :
       {"0", "[0]", "[[0]]", "[[0,0.1],[7,0.05],[6,0.04]]", "[[0,0.1],[7,0.2]]",
        "[[0,0.1],[101,0.05]]", "[[-1,0.1]]", "[[7,0.1]]", "[[0,\"x\"]]", "[[0,1e99]]"}) {
    expect_bad(h + with(r, "[[0,0.1],[7,1e-08]]", damaged), "'improvements'");
  }
  expect_bad(with(h, "\"version\":1", "\"version\":2"), "'version'");
  expect_bad(with(h, "ripple attack results", "other"), "'format'");
  expect_bad(with(h, "\"method\":\"paper\"", "\"method\":\"x\""), "'method'");
  expect_bad(h + std::string(2 << 20, ' ') + "\n", "too long");
  EXPECT_THROW(read_results(folder_ / "missing.jsonl"), Error);
}

TEST_F(ResultsFileTest, ANameThatIsNoUtf8IsWrittenAndRead) {
  AttackResult odd = result(4);
  odd.name = "caf\xe9.png";
  ResultsWriter::create(path_, header()).append(odd);
  EXPECT_THAT(read_results(path_).results.at(0).name, testing::StartsWith("caf"));
}

TEST_F(ResultsFileTest, AFullDiskLeavesWholeLinesOnly) {
  // A limit on the file's size stands for the disk: the write is cut short, then fails.
  ResultsWriter writer = ResultsWriter::create(path_, header());
  writer.append(result(4));
  const std::string whole = text();
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{whole.size() + 10, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  bool refused = false;
  try {
    writer.append(result(5));
  } catch (const Error& error) {
    refused = error.code() == ErrorCode::kIo;
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(refused);
  EXPECT_EQ(text(), whole);
  writer.append(result(5));
  EXPECT_EQ(text(), whole + line(result(5)));
}

}  // namespace
}  // namespace ripple
