#include "ripple/eval/dense/training_network.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "ripple/eval/dense/torch_ops.h"

namespace ripple::dense {
namespace {

/// What training does with constant k of an operator.
enum class Role { kWeight, kStatistic, kFixed };

Role role_of(const Op& op, std::size_t k) {
  if (std::holds_alternative<Binary>(op)) return Role::kFixed;
  const bool is_norm = std::holds_alternative<BatchNormalization>(op);
  return is_norm && k >= 2 ? Role::kStatistic : Role::kWeight;  // mean and variance
}

/// One transfer for both, since each makes the device wait.
Sums sums_of(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& loss_sum) {
  const at::Tensor hits = at::eq(at::argmax(logits.detach(), 1), labels).sum();
  const at::Tensor both = at::stack({loss_sum.to(at::kDouble), hits.to(at::kDouble)}).to(at::kCPU);
  const double* values = both.data_ptr<double>();
  return {values[0], static_cast<std::int64_t>(values[1])};
}

at::Tensor loss_of(const at::Tensor& logits, const at::Tensor& labels) {
  return at::cross_entropy_loss(logits, labels, at::Tensor(), at::Reduction::Sum);
}

}  // namespace

/// Shares the memory of the weights; has gradients and, unless shared, statistics of its own.
struct TrainingNetwork::Worker {
  Worker(const Graph& graph, const TrainingNetwork& network, bool shares_statistics)
      : program(graph, {graph.logits}, ProgramMode::kAutograd, network.device_) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      std::vector<at::Tensor>& constants = program.constants(i);
      for (std::size_t k = 0; k < constants.size(); ++k) {
        const Role role = role_of(graph.nodes[i].op, k);
        if (role == Role::kStatistic && shares_statistics) constants[k] = network.master_[i][k];
        if (role == Role::kStatistic && !shares_statistics) statistics.push_back(constants[k]);
        if (role != Role::kWeight) continue;
        constants[k] = network.master_[i][k].detach();
        constants[k].set_requires_grad(true);
        weights.push_back(constants[k]);
      }
    }
  }
  void load_statistics(const TrainingNetwork& network) {
    const c10::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      statistics[i].copy_(network.statistics_[i]);
    }
  }

  Program program;
  std::vector<at::Tensor> weights;
  std::vector<at::Tensor> statistics;
};

TrainingNetwork::TrainingNetwork(const Graph& graph, const std::vector<Dropout>& dropout,
                                 const at::Device& device, int workers)
    : device_(device) {
  for (const Node& node : graph.nodes) {
    master_.push_back(make_constants(node.op, device));
    for (std::size_t k = 0; k < master_.back().size(); ++k) {
      const at::Tensor& constant = master_.back()[k];
      const Role role = role_of(node.op, k);
      if (role == Role::kStatistic) statistics_.push_back(constant);
      if (role != Role::kWeight) continue;
      if (constant.dim() > 1) {
        matrices_.push_back(constant);
        matrix_index_.push_back(weights_.size());
      }
      weights_.push_back(constant);
    }
  }
  for (const at::Tensor& weight : weights_) velocity_.push_back(at::zeros_like(weight));
  const bool is_cpu = device.is_cpu();
  for (int i = 0; i < (is_cpu ? workers : 1); ++i) {
    workers_.push_back(std::make_unique<Worker>(graph, *this, !is_cpu));
    workers_.back()->program.set_dropout(dropout);
  }
}

TrainingNetwork::~TrainingNetwork() = default;

TrainingNetwork::PartResult TrainingNetwork::forward_backward(int worker, const at::Tensor& input,
                                                              const at::Tensor& labels,
                                                              std::int64_t batch,
                                                              std::uint64_t seed) {
  Worker& w = *workers_[std::size_t(worker)];
  w.load_statistics(*this);
  const at::Tensor there = labels.to(device_);
  const at::Tensor logits = w.program.run(input.to(device_), seed).front();
  const at::Tensor loss = loss_of(logits, there);
  at::div(loss, static_cast<double>(batch)).backward();
  PartResult out;
  out.sums = sums_of(logits, there, loss.detach());
  for (at::Tensor& weight : w.weights) {
    out.gradients.push_back(weight.grad().defined() ? weight.grad() : at::zeros_like(weight));
    weight.mutable_grad().reset();
  }
  for (const at::Tensor& s : w.statistics) out.statistics.push_back(s.clone());
  out.parts = 1;
  return out;
}

void TrainingNetwork::PartResult::add(PartResult more) {
  if (parts == 0) {
    *this = std::move(more);
    return;
  }
  const c10::NoGradGuard no_gradients;
  sums.add(more.sums);
  // The _foreach functions are one launch for many tensors on a device, and loops on the CPU.
  at::_foreach_add_(gradients, more.gradients);
  for (std::size_t i = 0; i < statistics.size(); ++i) statistics[i].add_(more.statistics[i]);
  parts += more.parts;
}

Sums TrainingNetwork::validate(int worker, const at::Tensor& input, const at::Tensor& labels) {
  const c10::NoGradGuard no_gradients;
  Worker& w = *workers_[std::size_t(worker)];
  w.load_statistics(*this);
  const at::Tensor there = labels.to(device_);
  const at::Tensor logits = w.program.run(input.to(device_)).front();
  return sums_of(logits, there, loss_of(logits, there));
}

void TrainingNetwork::step(PartResult& sum, const TrainOptions& options, double learning_rate) {
  const c10::NoGradGuard no_gradients;
  std::vector<at::Tensor> decayed;
  for (const std::size_t i : matrix_index_) decayed.push_back(sum.gradients[i]);
  if (!decayed.empty()) at::_foreach_add_(decayed, matrices_, options.weight_decay);
  at::_foreach_mul_(velocity_, options.momentum);
  at::_foreach_add_(velocity_, sum.gradients);
  at::_foreach_add_(weights_, velocity_, -learning_rate);
  for (std::size_t i = 0; i < sum.statistics.size(); ++i) {
    statistics_[i].copy_(sum.statistics[i].div_(static_cast<double>(sum.parts)));
  }
}

void TrainingNetwork::save(Graph& graph) const {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const std::vector<Tensor*> constants = constants_of(graph.nodes[i].op);
    for (std::size_t k = 0; k < constants.size(); ++k) *constants[k] = from_torch(master_[i][k]);
  }
}

std::vector<float> TrainingNetwork::velocity() const {
  std::vector<float> out;
  for (const at::Tensor& tensor : velocity_) {
    const Tensor plain = from_torch(tensor);
    out.insert(out.end(), plain.data.begin(), plain.data.end());
  }
  return out;
}

void TrainingNetwork::restore(const Graph& graph, std::span<const float> velocity) {
  const c10::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const std::vector<const Tensor*> constants = constants_of(graph.nodes[i].op);
    for (std::size_t k = 0; k < constants.size(); ++k) {
      master_[i][k].copy_(to_torch(*constants[k], at::kCPU));
    }
  }
  for (at::Tensor& tensor : velocity_) {
    const auto count = static_cast<std::size_t>(tensor.numel());
    const Tensor part{Shape(tensor.sizes().begin(), tensor.sizes().end()),
                      {velocity.begin(), velocity.begin() + std::ptrdiff_t(count)}};
    tensor.copy_(to_torch(part, at::kCPU));
    velocity = velocity.subspan(count);
  }
}

std::vector<float> flat_constants(const Graph& graph) {
  std::vector<float> out;
  for (const Node& node : graph.nodes) {
    for (const Tensor* tensor : constants_of(node.op)) {
      out.insert(out.end(), tensor->data.begin(), tensor->data.end());
    }
  }
  return out;
}

void set_constants(Graph& graph, std::span<const float> constants) {
  for (Node& node : graph.nodes) {
    for (Tensor* tensor : constants_of(node.op)) {
      const auto part = constants.first(tensor->data.size());
      std::copy(part.begin(), part.end(), tensor->data.begin());
      constants = constants.subspan(part.size());
    }
  }
}

}  // namespace ripple::dense
