#pragma once

#include <string>
#include <vector>

#include "ripple/model/graph.h"

namespace ripple {

/// A node whose output [C, H, W] a study looks at.
struct Layer {
  std::string name;  ///< of the node
  ValueId value = -1;
  int channels = 0;
  int rows = 0;
  int columns = 0;
  ReceptiveField field;  ///< theoretical, see receptive_fields
};

/// The layers that a person asked for, in the order of the graph:
///   conv          every convolution
///   activation    every ReLU, sigmoid and the like on feature maps
///   all           every node that gives feature maps
///   NAME,NAME     nodes by name, in the order of the graph too
/// Vectors have no rows and columns and are no layers here.
/// Errors: kBadArgument listing the layers there are, for an unknown name, a node that gives no
/// feature maps, or a network without such layers.
std::vector<Layer> choose_layers(const Graph& graph, const std::string& selection);

/// Whether the cell's theoretical receptive field holds the input pixel (column x, row y).
bool field_holds(const ReceptiveField& field, int cell_row, int cell_column, int x, int y);

}  // namespace ripple
