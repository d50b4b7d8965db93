#include "ripple/eval/gradient.h"

#include <algorithm>

#include "ripple/base/names.h"

namespace ripple {
namespace {

constexpr Named<ReluRule> kRules[] = {{"plain", ReluRule::kPlain},
                                      {"guided", ReluRule::kGuided},
                                      {"deconvnet", ReluRule::kDeconvnet}};

constexpr Named<Score> kScores[] = {{"logit", Score::kLogit},
                                    {"probability", Score::kProbability},
                                    {"cross-entropy", Score::kCrossEntropy}};

}  // namespace

ReluRule parse_relu_rule(std::string_view name) {
  return value_of<ReluRule>(kRules, "--rule", name);
}
Score parse_score(std::string_view name) {
  return value_of<Score>(kScores, "--score", name);
}

bool is_rectifier(const Op& op) {
  if (const Clip* clip = std::get_if<Clip>(&op)) return clip->low == 0.0f;
  return std::holds_alternative<Relu>(op);
}

int count_rectifiers(const Graph& graph) {
  return static_cast<int>(std::count_if(graph.nodes.begin(), graph.nodes.end(),
                                        [](const Node& node) { return is_rectifier(node.op); }));
}

}  // namespace ripple
