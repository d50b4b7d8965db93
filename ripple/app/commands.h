#pragma once

#include <CLI/CLI.hpp>

#include "ripple/base/parallel.h"

namespace ripple {

/// What every subcommand gets: where to look whether the person pressed Ctrl-C.
struct Session {
  const CancelFlag& cancel;
};

// Each declares one subcommand: its options, its help with an example, and a callback that does the
// work and throws ripple::Error. main.cpp has the table of them.
void declare_annotate(CLI::App& app, const Session& session);
void declare_attack(CLI::App& app, const Session& session);
void declare_inspect(CLI::App& app, const Session& session);
void declare_predict(CLI::App& app, const Session& session);
void declare_train(CLI::App& app, const Session& session);

}  // namespace ripple
