#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "ripple/app/commands.h"
#include "ripple/app/options.h"
#include "ripple/app/terminal.h"
#include "ripple/base/error.h"

namespace {

// A signal handler can reach nothing but a global; the flag is handed on as a parameter from here.
ripple::CancelFlag cancelled{false};
static_assert(ripple::CancelFlag::is_always_lock_free, "set from a signal handler");

extern "C" void on_interrupt(int signal) {
  cancelled.store(true);
  // A second Ctrl-C ends the program at once, should the first one take too long.
  std::signal(signal, SIG_DFL);
}

constexpr int kFailed = 1;    // a run that did not end as asked
constexpr int kBadInput = 2;  // bad usage or input

int exit_status(ripple::ErrorCode code) {
  return code == ripple::ErrorCode::kCancelled ? kFailed : kBadInput;
}

using Declare = void (*)(CLI::App&, const ripple::Session&);
constexpr Declare kCommands[] = {
    ripple::declare_inspect,  ripple::declare_predict,       ripple::declare_annotate,
    ripple::declare_train,    ripple::declare_attack,        ripple::declare_propagate,
    ripple::declare_locality, ripple::declare_vulnerability, ripple::declare_saliency,
    ripple::declare_gradcam,  ripple::declare_attention,     ripple::declare_pairs,
    ripple::declare_bench};

/// An empty value, e.g. of an unset shell variable, never means what was written: CLI11 takes an
/// empty number for one that was not given.
void refuse_empty_values(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    for (CLI::Option* option : command->get_options()) option->check(ripple::not_empty());
  }
}

/// What was wrong with the command line. Words that nobody took come first: a misspelt option is
/// why a required one is missing.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = "ripple";
  for (const CLI::App* chosen : app.get_subcommands()) command += " " + chosen->get_name();
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty())
    return fmt::format("{}: {}; see `{} --help`", command, error.what(), command);
  if (app.get_subcommands().empty() && unknown[0][0] != '-') {
    std::vector<std::string> names;
    for (const CLI::App* known : app.get_subcommands({})) names.push_back(known->get_name());
    return fmt::format("ripple: '{}' is no subcommand; there are {}", unknown[0],
                       fmt::join(names, ", "));
  }
  return fmt::format("{}: unknown option or argument '{}'; see `{} --help`", command, unknown[0],
                     command);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Ripple changes one or a few pixels of an image so that a neural network errs, and shows "
      "what "
      "broke.\nIt takes image classifiers in ONNX format.",
      "ripple");
  app.set_version_flag("--version", RIPPLE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "`ripple SUBCOMMAND --help` explains a subcommand with an example.\n"
      "Exit status: 0 done, 1 a failed or stopped run, 2 bad usage or input, or output that cannot "
      "be written.");
  bool failed = false;
  const ripple::Session session{cancelled, failed};
  for (const Declare declare : kCommands) declare(app, session);
  refuse_empty_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    ripple::flush_output();
    return 0;
  } catch (const CLI::CallForVersion& version) {
    app.exit(version);
    ripple::flush_output();
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fputs((usage_error(app, error) + "\n").c_str(), stderr);
    return kBadInput;
  }
  ripple::flush_output();
  return failed ? kFailed : 0;
}

}  // namespace

namespace {

/// A file opened later must not get the number of a stream that the parent left closed: what is
/// printed would go into it. Printing to stdout still fails, and says so.
void keep_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    const int opened = ::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    static_cast<void>(opened);  // the lowest free number, which is fd
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  // A closed pipe (`ripple ... | head`) ends the program quietly, as it does other tools.
  std::signal(SIGPIPE, SIG_DFL);
  // A file that outgrows its limit is an error with a message, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const ripple::Error& error) {
    std::fflush(stdout);
    ripple::note(error.what());
    return exit_status(error.code());
  } catch (const std::bad_alloc&) {
    std::fflush(stdout);
    ripple::note(
        "memory ran out; take fewer --threads, fewer or smaller images, or a smaller --batch or "
        "--max-memory where the command has it");
    return kFailed;
  } catch (const std::filesystem::filesystem_error& error) {
    std::fflush(stdout);
    ripple::note(error.what());
    return kBadInput;
  } catch (const std::system_error& error) {
    // What fmt::print throws where stdout cannot take more.
    ripple::note(fmt::format("the output could not be written: {}", error.code().message()));
    return kBadInput;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    ripple::note(
        fmt::format("internal error: {}; please report it with the command", error.what()));
    return kFailed;
  }
}
