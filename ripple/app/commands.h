#pragma once

#include "ripple/base/parallel.h"

namespace CLI {
class App;
}

namespace ripple {

/// What every subcommand gets.
struct Session {
  const CancelFlag& cancel;  ///< whether the person pressed Ctrl-C
  bool& failed;  ///< to be set where the run came to an end, but not to a good one: exit status 1
};

// Each declares one subcommand: its options, its help with an example, and a callback that does the
// work and throws ripple::Error. main.cpp has the table of them.
void declare_annotate(CLI::App& app, const Session& session);
void declare_attack(CLI::App& app, const Session& session);
void declare_attention(CLI::App& app, const Session& session);
void declare_bench(CLI::App& app, const Session& session);
void declare_gradcam(CLI::App& app, const Session& session);
void declare_inspect(CLI::App& app, const Session& session);
void declare_locality(CLI::App& app, const Session& session);
void declare_pairs(CLI::App& app, const Session& session);
void declare_predict(CLI::App& app, const Session& session);
void declare_propagate(CLI::App& app, const Session& session);
void declare_saliency(CLI::App& app, const Session& session);
void declare_train(CLI::App& app, const Session& session);
void declare_vulnerability(CLI::App& app, const Session& session);

}  // namespace ripple
