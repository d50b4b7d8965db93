#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ripple/model/model.h"

namespace onnx {
class ModelProto;
}

namespace ripple {

/// "125.3,122.9,113.9" as numbers; spaces around a number are allowed.
/// Errors: kBadArgument naming `where`: no numbers, or one that is not finite.
std::vector<float> parse_numbers(std::string_view text, const std::string& where);

/// The shortest text that parse_numbers() reads back to the same bits.
std::string format_numbers(const std::vector<float>& numbers);

/// Errors: kBadArgument naming `where`: not one number a channel, not finite, std not positive.
void check_preprocessing(const Preprocessing& preprocessing, int channels,
                         const std::string& where);

/// The same for what a person gave as --mean and --std. Errors: kBadArgument naming the options:
/// not three finite numbers each, std not positive, or any std below 1, which no image in units of
/// 0..255 has; where all numbers look like units of 0..1 it says them times 255.
void check_preprocessing_options(const Preprocessing& given);

/// Errors: kBadArgument naming `where`: not one a class, or one that is_displayable() refuses.
void check_labels(const std::vector<std::string>& labels, int classes, const std::string& where);

/// Reads ripple.mean, ripple.std and ripple.labels (one a line) into the model, whose graph is
/// there. Errors: kBadModel naming `where` where they are damaged or do not fit the network.
void read_metadata(const onnx::ModelProto& proto, Model& model, const std::string& where);

/// Replaces ripple.mean and ripple.std, and ripple.labels, where given.
void write_metadata(const std::optional<Preprocessing>& preprocessing,
                    const std::vector<std::string>& labels, onnx::ModelProto& proto);

}  // namespace ripple
