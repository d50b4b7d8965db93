#include "ripple/eval/dense/program.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <string_view>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "ripple/base/error.h"
#include "ripple/eval/dense/relu_rule.h"

namespace ripple::dense {
namespace {

/// Operators whose output may share memory with their input.
bool makes_views(const Op& op) {
  return std::holds_alternative<Reshape>(op) || std::holds_alternative<Transpose>(op) ||
         std::holds_alternative<Slice>(op) || std::holds_alternative<Pad>(op);
}

/// Whether oneDNN makes a number of NaN there.
bool loses_nan(const Op& op) {
  return std::holds_alternative<Relu>(op) || std::holds_alternative<MaxPool>(op);
}

/// Bytes of an activation with its channels padded to a vector of 16 floats.
std::int64_t padded_bytes(const Shape& shape) {
  std::int64_t count = element_count(shape);
  if (shape.size() == 3) count = (shape[0] + 15) / 16 * 16 * shape[1] * shape[2];
  return count * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

Program::Program(const Graph& graph, std::vector<ValueId> wanted, ProgramMode mode,
                 at::Device device)
    : graph_(graph),
      wanted_(std::move(wanted)),
      mode_(mode),
      device_(device),
      steps_(graph.nodes.size()),
      slots_(graph.values.size()) {
  for (const ValueId id : wanted_) {
    if (id < 0 || static_cast<std::size_t>(id) >= graph.values.size()) {
      throw Error(ErrorCode::kBadArgument, "activations",
                  fmt::format("there is no value {}; the network has {}", id, graph.values.size()));
    }
  }
  plan();
  const bool use_blocked = mode_ == ProgramMode::kInference && device_.is_cpu();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (use_blocked) steps_[i].blocked = BlockedOp::make(graph.nodes[i], graph);
    if (!steps_[i].blocked) steps_[i].constants = make_constants(graph.nodes[i].op, device_);
  }
}

/// Finds where each value is read last, what may be overwritten, and the memory that this takes.
void Program::plan() {
  constexpr std::size_t kNever = static_cast<std::size_t>(-1);
  std::vector<std::size_t> last(graph_.values.size(), kNever);
  std::vector<bool> owns_memory(graph_.values.size(), true);
  owns_memory[std::size_t(graph_.input)] = false;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    for (const ValueId id : node.inputs) {
      last[std::size_t(id)] = i;
      if (makes_views(node.op)) owns_memory[std::size_t(id)] = false;
    }
    if (makes_views(node.op)) owns_memory[std::size_t(node.output)] = false;
  }
  for (const ValueId id : wanted_) last[std::size_t(id)] = kNever;

  std::int64_t live = padded_bytes(graph_.shape(graph_.input));
  ImageBytes& most = bytes_per_image_;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    live += padded_bytes(graph_.shape(node.output));
    most.activations = std::max(most.activations, live);
    const std::int64_t padding = padding_numbers(node.op, graph_.shape(node.inputs.front()),
                                                 graph_.shape(node.output), Summation::kFast);
    const char* name = node.name.c_str();
    const std::int64_t all = checked_add(live, checked_mul(padding, sizeof(float), name), name);
    if (all > most.all) {
      most.all = all;
      most.largest = node.name;
    }
    for (const ValueId id : node.inputs) {
      const bool is_last = last[std::size_t(id)] == i;
      const bool once = std::count(node.inputs.begin(), node.inputs.end(), id) == 1;
      steps_[i].may_overwrite.push_back(is_last && once && owns_memory[std::size_t(id)] &&
                                        mode_ == ProgramMode::kInference);
      auto& released = steps_[i].last_read;
      if (is_last && std::count(released.begin(), released.end(), id) == 0) {
        released.push_back(id);
        live -= padded_bytes(graph_.shape(id));
      }
    }
  }
}

int Program::fuse_rectifiers() {
  int fused = 0;
  std::vector<int> readers(graph_.values.size(), 0);
  std::vector<std::size_t> reader(graph_.values.size(), 0);
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (const ValueId id : graph_.nodes[i].inputs) {
      ++readers[std::size_t(id)];
      reader[std::size_t(id)] = i;
    }
  }
  for (const ValueId id : wanted_) ++readers[std::size_t(id)];
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Conv* conv = std::get_if<Conv>(&graph_.nodes[i].op);
    const auto output = std::size_t(graph_.nodes[i].output);
    // cuDNN is not the fastest at grouped convolutions.
    if (conv == nullptr || conv->groups != 1 || steps_[i].blocked || readers[output] != 1) continue;
    if (!std::holds_alternative<Relu>(graph_.nodes[reader[output]].op)) continue;
    steps_[i].rectifies = true;
    steps_[reader[output]].is_done_before = true;
    ++fused;
  }
  return fused;
}

void Program::use_channels_last() {
  is_channels_last_ = true;
  for (Step& step : steps_) {
    for (at::Tensor& constant : step.constants) {
      if (constant.dim() == 4) constant = constant.contiguous(at::MemoryFormat::ChannelsLast);
    }
  }
}

at::Tensor Program::plain(ValueId id) {
  Slot& slot = slots_[std::size_t(id)];
  if (!slot.plain.defined()) slot.plain = slot.blocked.to_dense();
  return slot.plain;
}

at::Tensor Program::blocked(ValueId id) {
  Slot& slot = slots_[std::size_t(id)];
  if (!slot.blocked.defined()) slot.blocked = slot.plain.contiguous().to_mkldnn();
  return slot.blocked;
}

void Program::run_node(const Node& node, Step& step, bool training) {
  Slot& out = slots_[std::size_t(node.output)];
  std::vector<at::Tensor> inputs;
  if (step.blocked && !(is_one_image_ && loses_nan(node.op))) {
    for (const ValueId id : node.inputs) inputs.push_back(blocked(id));
    out.blocked = step.blocked->run(inputs, step.may_overwrite);
    return;
  }
  for (const ValueId id : node.inputs) inputs.push_back(plain(id));
  if (step.is_done_before) {
    out.plain = inputs[0];
    return;
  }
  // By itself LibTorch lets derivatives through a Clip at its bounds.
  const bool has_own_derivative =
      relu_rule_ != ReluRule::kPlain ||
      (mode_ == ProgramMode::kAutograd && std::holds_alternative<Clip>(node.op));
  if (has_own_derivative && is_rectifier(node.op)) {
    out.plain = run_rectifier(node.op, inputs[0], relu_rule_);
    return;
  }
  if (std::holds_alternative<Relu>(node.op) && step.may_overwrite[0]) {
    out.plain = inputs[0].relu_();
    return;
  }
  const Shape& shape = graph_.shape(node.output);
  out.plain =
      run_op({node.op, step.constants, shape, training, summation_, step.rectifies}, inputs);
}

void Program::set_dropout(const std::vector<Dropout>& dropout) {
  dropout_.assign(dropout.empty() ? 0 : graph_.values.size(), 0.0);
  for (const Dropout& spot : dropout) {
    const auto found = std::find_if(graph_.values.begin(), graph_.values.end(),
                                    [&](const Value& value) { return value.name == spot.value; });
    if (found == graph_.values.end()) {
      throw Error(ErrorCode::kBadArgument, "dropout",
                  fmt::format("the network has no value '{}'", spot.value));
    }
    dropout_[std::size_t(found - graph_.values.begin())] = spot.rate;
  }
  // A copy: programs of several threads draw without each other.
  if (!dropout.empty()) generator_ = at::globalContext().defaultGenerator(device_).clone();
}

/// Srivastava et al. 2014, scaled in training so that inference needs nothing.
void Program::drop(ValueId id) {
  if (dropout_.empty() || dropout_[std::size_t(id)] <= 0.0) return;
  const double kept = 1.0 - dropout_[std::size_t(id)];
  at::Tensor& value = slots_[std::size_t(id)].plain;
  const at::Tensor mask = at::empty_like(value.detach()).bernoulli_(kept, generator_).div_(kept);
  value = at::mul(value, mask);
}

std::vector<at::Tensor> Program::run(const at::Tensor& input,
                                     std::optional<std::uint64_t> training_seed) {
  const bool training = training_seed.has_value();
  if (training && generator_.defined()) generator_.set_current_seed(*training_seed);
  std::fill(slots_.begin(), slots_.end(), Slot{});
  is_one_image_ = input.size(0) == 1;
  slots_[std::size_t(graph_.input)].plain =
      is_channels_last_ ? input.contiguous(at::MemoryFormat::ChannelsLast) : input;
  if (training) drop(graph_.input);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Node& node = graph_.nodes[i];
    try {
      run_node(node, steps_[i], training);
      if (training) drop(node.output);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {  // LibTorch's and oneDNN's have no other base
      if (is_out_of_memory(error)) throw std::bad_alloc();
      throw Error(ErrorCode::kUnsupportedOp, node.name,
                  fmt::format("LibTorch does not run this {} ({}){}", op_name(node.op),
                              first_line(error.what()),
                              mode_ == ProgramMode::kInference ? "; choose another engine" : ""));
    }
    for (const ValueId id : steps_[i].last_read) slots_[std::size_t(id)] = {};
  }
  std::vector<at::Tensor> out;
  for (const ValueId id : wanted_) out.push_back(plain(id));
  std::fill(slots_.begin(), slots_.end(), Slot{});
  return out;
}

int images_a_pass(const ImageBytes& each, std::int64_t preferred, const DenseOptions& options) {
  const std::int64_t most = options.max_memory / each.all;
  if (most < 1) {
    throw Error(ErrorCode::kBadArgument, "--max-memory",
                fmt::format("one image needs {} bytes for its activations, most of them at '{}'; "
                            "the limit is {}, raise it if you trust this network",
                            each.all, each.largest, options.max_memory));
  }
  if (options.batch < 0) {
    throw Error(ErrorCode::kBadArgument, "batch",
                fmt::format("is {}; use 0 to let Ripple choose", options.batch));
  }
  const std::int64_t wanted = options.batch == 0 ? preferred : options.batch;
  return static_cast<int>(
      std::clamp<std::int64_t>(wanted, 1, std::min<std::int64_t>(most, kMostImages)));
}

void check_inputs(const Graph& graph, const Tensor& inputs, std::string_view where) {
  const Shape& image = graph.shape(graph.input);
  const Shape& shape = inputs.shape;
  if (shape.size() == image.size() + 1 && shape[0] >= 1 &&
      std::equal(image.begin(), image.end(), shape.begin() + 1)) {
    return;
  }
  throw Error(
      ErrorCode::kBadArgument, where,
      fmt::format("inputs are {}, the network takes n x {}", to_string(shape), to_string(image)));
}

/// LibTorch's setting is one for all threads, so that a change would reach evaluators at work.
void set_precision(bool tf32) {
  static std::atomic<int> chosen{-1};
  int before = -1;
  if (!chosen.compare_exchange_strong(before, tf32 ? 1 : 0) && before != (tf32 ? 1 : 0)) {
    throw Error(ErrorCode::kBadArgument, "tf32",
                "this process uses CUDA with the other precision already, and LibTorch has one for "
                "all; use a process for each");
  }
  // TF32 keeps 10 bits of what a convolution multiplies: logits are off by 4e-4 of the largest.
  at::globalContext().setAllowTF32CuDNN(tf32);
}

at::Device make_device(const std::string& name, bool tf32) {
  try {
    if (name != "cpu" && name != "cuda" && !name.starts_with("cuda:")) {
      throw Error(ErrorCode::kBadArgument, "--device",
                  fmt::format("'{}' cannot be used; use cpu, cuda or cuda:N", name));
    }
    const at::Device device(name);
    if (device.is_cpu() && tf32) {
      throw Error(ErrorCode::kBadArgument, "--tf32", "goes only with --device cuda");
    }
    if (device.is_cpu()) return device;
    if (device.is_cuda() && at::hasCUDA()) {
      set_precision(tf32);
      at::empty({1}, at::TensorOptions(device));
      return device;
    }
  } catch (const c10::Error& error) {
    throw Error(ErrorCode::kBadArgument, "--device",
                fmt::format("'{}' cannot be used ({}); use cpu, or cuda:N with a number that "
                            "nvidia-smi lists",
                            name, first_line(error.what())));
  }
  throw Error(ErrorCode::kBadArgument, "--device",
              fmt::format("'{}' is not a device of this LibTorch; use cpu, or build against a "
                          "LibTorch with CUDA",
                          name));
}

void use_one_thread() {
  if (at::get_num_threads() != 1) at::set_num_threads(1);
  // Only where BLAS is OpenBLAS, whose threads LibTorch knows nothing of.
  using SetThreads = void (*)(int);
  using GetThreads = int (*)();
  const auto get = reinterpret_cast<GetThreads>(::dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  const auto set = reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (get != nullptr && set != nullptr && get() != 1) set(1);
}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;  // of a device
  // The CPU's allocator has no type of its own.
  return std::string_view(error.what()).find("can't allocate memory") != std::string_view::npos;
}

std::string arithmetic() {
  const std::string about = at::show_config();
  const auto value = [&](std::string_view key, std::string_view ends) {
    const std::size_t found = about.find(key);
    if (found == about.npos) return std::string("unknown");
    const std::size_t begin = found + key.size();
    return about.substr(begin, about.find_first_of(ends, begin) - begin);
  };
  // oneDNN and BLAS look at the CPU themselves.
  const char* cpu = "other";
#if defined(__x86_64__)
  cpu = __builtin_cpu_supports("avx512f") ? "AVX-512"
        : __builtin_cpu_supports("avx2")  ? "AVX2"
                                          : "no AVX2";
#endif
  return fmt::format("LibTorch {} (kernels {}, CPU {})", value("TORCH_VERSION=", ", \n"),
                     value("CPU capability usage: ", "\n"), cpu);
}

std::string first_line(const std::string& message) {
  return message.substr(0, message.find('\n'));
}

}  // namespace ripple::dense
