#include <algorithm>
#include <cmath>

#include <onnx/onnx_pb.h>

#include "ripple/model/infer_shape.h"
#include "ripple/model/onnx_import.h"

namespace ripple {

std::string node_label(const onnx::NodeProto& node) {
  if (!node.name().empty()) return display_name(node.name());
  return node.output_size() > 0 ? display_name(node.output(0)) : std::string("unnamed");
}

NodeImport::NodeImport(ImportState& state, const onnx::NodeProto& node)
    : state_(state),
      node_(node),
      name_(state.node_names.unique(node_label(node))),
      where_(fmt::format("{}: node '{}' ({})", state.where, node_label(node),
                         display_name(node.op_type()))),
      attributes_(node, where_) {}

int NodeImport::input_count() const {
  return node_.input_size();
}

bool NodeImport::has_input(int index) const {
  return index < node_.input_size() && !node_.input(index).empty();
}

Operand& NodeImport::operand(int index) const {
  if (!has_input(index)) bad("input {} is missing", index);
  return state_.operands.at(node_.input(index));
}

bool NodeImport::is_constant(int index) const {
  return has_input(index) && operand(index).constant != nullptr;
}

bool NodeImport::all_inputs_constant() const {
  for (int i = 0; i < input_count(); ++i) {
    if (has_input(i) && !is_constant(i)) return false;
  }
  return true;
}

ValueId NodeImport::value(int index) const {
  const Operand& found = operand(index);
  if (found.constant != nullptr) {
    unsupported("input {} is a constant; only an activation is supported there", index);
  }
  return found.value;
}

Shape NodeImport::onnx_shape(ValueId id) const {
  Shape out{1};
  out.insert(out.end(), shape(id).begin(), shape(id).end());
  return out;
}

const Constant& NodeImport::constant(int index) const {
  const Operand& found = operand(index);
  if (found.constant == nullptr) {
    unsupported("input {} is computed from the image; only a constant is supported there", index);
  }
  return *found.constant;
}

Tensor NodeImport::take_tensor(int index) {
  const Constant& found = constant(index);
  if (!found.is_float()) bad("input {} holds integers, not floating-point weights", index);
  for (const float number : found.floats()) {
    if (!std::isfinite(number)) {
      bad("its weights '{}' hold {}, every answer would be wrong", display_name(node_.input(index)),
          number);
    }
  }
  Operand& source = operand(index);
  if (source.uses == 1 && source.constant.use_count() == 1) {
    Tensor out{found.shape, std::move(std::get<0>(source.constant->data))};
    std::get<0>(source.constant->data).clear();
    return out;
  }
  state_.weights.charge(found.count(), 4, where_);
  return {found.shape, found.floats()};
}

float NodeImport::scalar(int index) const {
  const Constant& found = constant(index);
  if (!found.is_float() || found.count() != 1)
    bad("input {} is not one floating-point number", index);
  return found.floats()[0];
}

std::vector<std::int64_t> NodeImport::ints(int index) const {
  const Constant& found = constant(index);
  if (found.is_float() || found.shape.size() > 1) bad("input {} is not a list of integers", index);
  return found.ints();
}

std::optional<std::vector<std::int64_t>> NodeImport::ints_of(const std::string& name, int index,
                                                             int first_opset) {
  if (opset() < first_opset) return attributes_.integers(name);
  if (!has_input(index)) return std::nullopt;
  return ints(index);
}

ValueId NodeImport::add(const std::string& name, const std::string& value_name, Op op,
                        std::vector<ValueId> inputs) {
  const ValueId id = state_.builder.add(name, std::move(op), std::move(inputs), value_name);
  state_.activations.charge(element_count(shape(id)), 4, where_);
  return id;
}

void NodeImport::emit(Op op, std::vector<ValueId> inputs) {
  check_single_output();
  const std::string value_name = state_.value_names.unique(display_name(node_.output(0)));
  std::optional<std::pair<std::vector<int>, ValueId>> behind;
  if (const auto* transpose = std::get_if<Transpose>(&op)) {
    behind.emplace(transpose->permutation, inputs[0]);
  }
  const ValueId id = add(name_, value_name, std::move(op), std::move(inputs));
  if (behind) state_.transposes.emplace(id, std::move(*behind));
  set_output(id);
}

ValueId NodeImport::emit_part(const std::string& part, Op op, std::vector<ValueId> inputs) {
  const std::string name = state_.node_names.unique(name_ + "/" + part);
  const std::string value_name =
      state_.value_names.unique(display_name(node_.output(0)) + "/" + part);
  return add(name, value_name, std::move(op), std::move(inputs));
}

void NodeImport::set_output(ValueId id) {
  state_.operands.at(node_.output(0)).value = id;
}

void NodeImport::set_output(Constant result) {
  check_single_output();
  state_.operands.at(node_.output(0)).constant = std::make_shared<Constant>(std::move(result));
}

void NodeImport::charge_folding(std::int64_t count, std::int64_t width) {
  state_.folding.charge(count, width, where_);
  state_.weights.charge(count, width, where_);
}

void NodeImport::charge_folding(const Shape& shape, std::int64_t width) {
  charge_folding(checked_count(shape, where_), width);
}

void NodeImport::charge_weights(std::int64_t count) {
  state_.weights.charge(count, 4, where_);
}

Constant decode_constant(const onnx::TensorProto& tensor, ImportState& state,
                         const std::string& where) {
  const std::int64_t before = state.weights.used();
  Constant constant = decode_tensor(tensor, state.source, where);
  state.folding.raise_limit(8 * (state.weights.used() - before));
  return constant;
}

Constant NodeImport::decode(const onnx::TensorProto& tensor) {
  return decode_constant(tensor, state_, where_);
}

bool NodeImport::output_read(int index) const {
  if (index >= node_.output_size() || node_.output(index).empty()) return false;
  return state_.operands.at(node_.output(index)).uses > 0;
}

bool NodeImport::has_outputs_behind_first() const {
  return std::any_of(node_.output().begin() + std::min(1, node_.output_size()),
                     node_.output().end(), [](const auto& name) { return !name.empty(); });
}

void NodeImport::check_single_output() const {
  if (node_.output_size() < 1 || node_.output(0).empty()) bad("has no output");
  for (int i = 1; i < node_.output_size(); ++i) {
    if (output_read(i)) unsupported("its output {} is used; only the first is supported", i);
  }
}

const std::pair<std::vector<int>, ValueId>* NodeImport::transpose_behind(ValueId id) const {
  const auto found = state_.transposes.find(id);
  return found == state_.transposes.end() ? nullptr : &found->second;
}

}  // namespace ripple
