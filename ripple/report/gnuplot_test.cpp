#include "ripple/report/gnuplot.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "ripple/base/file.h"
#include "ripple/image/decode.h"
#include "tests/expect_error.h"
#include "tests/scratch_folder.h"

namespace ripple {
namespace {

TEST(Gnuplot, QuotedTextRunsNothing) {
  EXPECT_EQ(gnuplot_quoted("a b"), "'a b'");
  EXPECT_EQ(gnuplot_quoted("it's `date` \"x\""), "'it''s `date` \"x\"'");
  EXPECT_EQ(gnuplot_quoted("a\nb"), "'a'.\"\\n\".'b'");
  EXPECT_EQ(gnuplot_quoted("a\tb\r"), "'a b '");
}

TEST(Gnuplot, DrawnTextHasOnlyWhatFontsHave) {
  EXPECT_EQ(gnuplot_text("it's 50 % \u732b\nM\u00f6we"), "'it''s 50 % ?'.\"\\n\".'M\u00f6we'");
  EXPECT_EQ(gnuplot_tic("50 % off %d"), "'50 %% off %%d'");
}

TEST(Gnuplot, FilesShareTheStem) {
  const FigureFiles files = figure_files("out/v1.2");
  EXPECT_EQ(files.data, "out/v1.2.dat");
  EXPECT_EQ(files.script, "out/v1.2.gp");
  EXPECT_EQ(files.png, "out/v1.2.png");
  EXPECT_EQ(files.svg, "out/v1.2.svg");
}

TEST(Gnuplot, DrawsWhateverTheFolderIsCalled) {
  const ScratchFolder folder;
  // A shell, or a careless script, would run or split these.
  const auto stem = folder.path() / "it's a \"$(touch x)\" `touch y`; z" / "-maps's `touch y`";
  const std::string script = gnuplot_head(stem, 200, 100) + "set title " +
                             gnuplot_quoted("`touch y` it's") + "\nplot data with lines title ''\n";
  draw_figure(stem, "0 0\n1 1\n", script);
  const FigureFiles files = figure_files(stem);
  const Image image = load_image(files.png);
  EXPECT_EQ(image.width, 200);
  EXPECT_EQ(image.height, 100);
  EXPECT_GT(std::filesystem::file_size(files.svg), 500u);
  EXPECT_EQ(read_file(files.data, 100).size(), 8u);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    EXPECT_NE(entry.path().filename(), "x");
    EXPECT_NE(entry.path().filename(), "y");
  }
}

TEST(Gnuplot, AFailureTellsItsMessageAndKeepsTheNumbers) {
  const ScratchFolder folder;
  const auto stem = folder.path() / "bad";
  expect_error([&] { draw_figure(stem, "1 1\n", "frobnicate 3\n"); }, ErrorCode::kIo,
               {"gnuplot: it failed", "line 1", "bad.gp"});
  EXPECT_TRUE(std::filesystem::exists(figure_files(stem).data));
}

TEST(Gnuplot, AFailureTellsTheErrorNotTheWarningsBeforeIt) {
  const ScratchFolder folder;
  std::string script = gnuplot_head(folder.path() / "bad", 200, 100);
  script += "$map << end\n1 NaN\n2 3\nend\n";
  for (int i = 0; i < 1000; ++i) script += "plot $map matrix with image\n";  // fills a pipe
  expect_error([&] { draw_figure(folder.path() / "bad", "", script + "plot nothing\n"); },
               ErrorCode::kIo, {"undefined variable: nothing"});
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "bad.png"));
}

/// Puts a program called gnuplot before all others while it lives.
class FakeGnuplot {
 public:
  FakeGnuplot(const ScratchFolder& folder, const std::string& script)
      : before_(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH")) {
    folder.write("bin/gnuplot", "#!/bin/sh\n" + script);
    std::filesystem::permissions(folder.path() / "bin/gnuplot", std::filesystem::perms::owner_all);
    ::setenv("PATH", ((folder.path() / "bin").string() + ":" + before_).c_str(), 1);
  }
  ~FakeGnuplot() { ::setenv("PATH", before_.c_str(), 1); }
  FakeGnuplot(const FakeGnuplot&) = delete;
  FakeGnuplot& operator=(const FakeGnuplot&) = delete;

 private:
  std::string before_;
};

TEST(Gnuplot, APictureWithoutEndIsAnErrorAndDoesNotStay) {
  const ScratchFolder folder;
  const auto stem = folder.path() / "out" / "figure";
  const std::string script = gnuplot_head(stem, 200, 100) + "plot data with lines\n";
  const FigureFiles files = figure_files(stem);
  draw_figure(stem, "0 0\n1 1\n", script);
  std::filesystem::copy(files.png, folder.path() / "whole.png");
  struct Case {
    const char* program;  // in the folder out, $3 is kind='png'
    const char* named;
    bool png_stays;
  };
  const Case cases[] = {
      {"head -c 300 ../whole.png >figure.png", "figure.png is cut off after 300 bytes", false},
      {": >figure.png", "figure.png is cut off after 0 bytes", false},
      {"exit 0", "figure.png is cut off after 0 bytes", false},
      {"case $3 in *png*) cp ../whole.png figure.png;; *) echo '<svg><g>' >figure.svg;; esac",
       "figure.svg is cut off after 9 bytes", true},
      {"cp ../whole.png figure.png; exit 1", "it failed", false},
  };
  for (const Case& c : cases) {
    const FakeGnuplot fake(folder, c.program);
    expect_error([&] { draw_figure(stem, "0 0\n1 1\n", script); }, ErrorCode::kIo,
                 {c.named, "figure.gp"});
    EXPECT_EQ(std::filesystem::exists(files.png), c.png_stays) << c.program;
    EXPECT_FALSE(std::filesystem::exists(files.svg)) << c.program;
    EXPECT_TRUE(std::filesystem::exists(files.data));
  }
  draw_figure(stem, "0 0\n1 1\n", script);
  EXPECT_TRUE(std::filesystem::exists(files.svg));
}

TEST(Gnuplot, CtrlCThatReachesItStopsTheWork) {
  const ScratchFolder folder;
  const FakeGnuplot fake(folder, "kill -INT $$");
  const auto stem = folder.path() / "figure";
  expect_error([&] { draw_figure(stem, "0 0\n", "plot data\n"); }, ErrorCode::kCancelled,
               {"stopped"});
}

TEST(Gnuplot, MissingProgramNamesThePackageAndKeepsTheNumbers) {
  const ScratchFolder folder;
  const auto stem = folder.path() / "figure";
  const char* path = std::getenv("PATH");
  const std::string before = path == nullptr ? "" : path;
  ::setenv("PATH", folder.path().c_str(), 1);
  expect_error([&] { draw_figure(stem, "1 1\n", "plot data\n"); }, ErrorCode::kIo,
               {"apt-get install gnuplot-nox", "figure.gp"});
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_TRUE(std::filesystem::exists(figure_files(stem).data));
  EXPECT_TRUE(std::filesystem::exists(figure_files(stem).script));
}

TEST(Gnuplot, EachFigureIsTriedAlsoAfterOneThatFailed) {
  const ScratchFolder folder;
  const auto good = [stem = folder.path() / "good"] {
    draw_figure(stem, "0 0\n1 1\n", gnuplot_head(stem, 200, 100) + "plot data with lines\n");
  };
  const auto bad = [&](const char* name) {
    return [&folder, name] { draw_figure(folder.path() / name, "1 1\n", "frobnicate 3\n"); };
  };
  expect_error([&] { draw_each({bad("one"), bad("two"), good}); }, ErrorCode::kIo, {"one.gp"});
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "two.gp"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "good.png"));

  // Whoever stops the work waits for no other figure.
  int calls = 0;
  const auto stop = [&] {
    ++calls;
    throw Error(ErrorCode::kCancelled, "x", "stopped");
  };
  expect_error([&] { draw_each({stop, stop}); }, ErrorCode::kCancelled, {"stopped"});
  EXPECT_EQ(calls, 1);
}

TEST(Gnuplot, LastCharactersCutNone) {
  EXPECT_EQ(last_characters("conv2d_12", 9), "conv2d_12");
  EXPECT_EQ(last_characters("conv2d_12", 8), "..v2d_12");
  // Three bytes a character: what begins within one begins with the next.
  for (const std::size_t room : {9u, 10u}) {
    EXPECT_EQ(last_characters("\u72ac\u72ac\u732b\u732b", room), "..\u732b\u732b");
  }
  EXPECT_EQ(last_characters("\u72ac\u72ac\u732b\u732b", 11), "..\u72ac\u732b\u732b");
}

TEST(Gnuplot, AFolderThatCannotBeMadeIsAnError) {
  const ScratchFolder folder;
  folder.write("file", "x");
  expect_error([&] { draw_figure(folder.path() / "file" / "a" / "figure", "", ""); },
               ErrorCode::kIo, {"cannot be made"});
}

}  // namespace
}  // namespace ripple
