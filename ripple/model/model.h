#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ripple/model/graph.h"

namespace ripple {

/// How an 8-bit image becomes the network's input: (value - mean[c]) / std[c], per channel R, G, B,
/// in units of 0..255.
struct Preprocessing {
  std::vector<float> mean;
  std::vector<float> std;
};

/// A network with what is needed to feed it and to read its answer. Immutable once loaded; shared
/// by all threads.
struct Model {
  Graph graph;
  std::optional<Preprocessing> preprocessing;  ///< `ripple.mean`, `ripple.std` of metadata_props
  std::vector<std::string> labels;             ///< `ripple.labels`; empty where the file has none
  /// Of the file's bytes: identifies results. With weights in files beside it, of its own hash and
  /// of those of these tensors, in hexadecimal.
  std::string sha256;
  std::string path;  ///< as the person named it
};

/// Limits on an untrusted file.
struct ModelLimits {
  /// Bytes that the weights, and the activations of one image, may take each.
  std::int64_t max_memory = std::int64_t{4} << 30;
};

/// Reads an ONNX file, opset 7 to 18: validates everything, folds constant subgraphs,
/// resolves shapes for a batch of one. BatchNormalization stays a node of its own, so that the
/// outputs of convolutions are those of the file; executors fold it (fold_batch_normalization).
/// Errors: kBadModel, kUnsupportedOp, kIo, each naming the file, the node and what to do.
Model read_onnx(const std::filesystem::path& path, const ModelLimits& limits = {});

/// The same from bytes; `folder` is where external data may lie (empty: external data is refused),
/// `where` begins the error messages.
Model read_onnx(std::span<const std::uint8_t> bytes, const std::filesystem::path& folder,
                const std::string& where, const ModelLimits& limits = {});

/// Writes the model as ONNX opset 13 (14 where there is a HardSwish) with a free batch axis and its
/// metadata; read_onnx() gives the same graph back. Errors: kIo; the file is whole or not there.
void write_onnx(const std::filesystem::path& path, const Model& model);

/// The bytes that write_onnx() writes: the same for the same model.
std::string to_onnx(const Model& model);

/// Writes the model file `in` to `out` (which may be the same) with other metadata: preprocessing
/// where it is given, labels where there are any; everything else of the message stays as it is.
/// The model is validated first; weights in external files stay where they are.
/// Errors: those of read_onnx() and check_colour_input(); kBadArgument where mean, std or labels do
/// not fit the network, or where external data would no longer lie beside the model; kIo.
void annotate_onnx(const std::filesystem::path& in, const std::filesystem::path& out,
                   const std::optional<Preprocessing>& preprocessing,
                   const std::vector<std::string>& labels, const ModelLimits& limits = {});

/// Errors: kBadModel naming `where` (the file) where the network's input has not the three channels
/// of a colour image: nothing here feeds such a network, so that no other advice would help.
void check_colour_input(const Graph& graph, const std::string& where);

/// The preprocessing, checked against the network's channels.
/// Errors: kBadModel: as check_colour_input(); saying how to give it (`--mean --std`, or `ripple
/// annotate`) where there is none.
const Preprocessing& require_preprocessing(const Model& model);

/// What a person should know before the network's scores are taken for logits: that its last
/// operator (Sigmoid, HardSigmoid, Tanh; only reshapes behind it) presses each into a fixed range.
/// Nothing where there is none, or where the file's own Softmax follows it.
std::optional<std::string> score_caution(const Graph& graph);

/// Folds a BatchNormalization into the Conv before it where that changes no other reader of the
/// Conv: weights and bias scaled in double precision, so that results differ only by rounding.
Graph fold_batch_normalization(const Graph& graph);

}  // namespace ripple
