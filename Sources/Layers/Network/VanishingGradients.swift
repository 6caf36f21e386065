/// The effect on a layer's output of adding a constant to each channel (the last axis) of its
/// inputs, equal for all samples and positions.
enum ChannelShift: Sendable, Equatable {
  /// Any effect.
  case changes
  /// Adds a constant to each channel of the output.
  case shifts
  /// None.
  case vanishes
}

/// Parameters whose gradient is always zero, because a normalization subtracts the constant that
/// they add to each channel.
///
/// In floating point such a gradient is a rounding error, which Adam would scale to full steps.
struct VanishingGradients {
  struct Place: Sendable {
    let layer: LayerID
    let parameter: ParameterHandle
  }

  private(set) var places: [Place] = []

  /// - Parameter programs: The program of each node in training.
  init(_ graph: Graph, programs: [LayerProgram]) {
    // For each value, whether adding such a constant changes no output of the network.
    var vanishes = Array(repeating: true, count: graph.values.count)
    for output in graph.outputs { vanishes[output] = false }
    // The gradient of a shared layer is zero only if it is zero for all of its nodes.
    var isExcluded = Array(repeating: false, count: graph.layers.count)
    var candidates: [Place?] = Array(repeating: nil, count: graph.layers.count)
    for node in graph.nodes.reversed() {
      let program = programs[node.id]
      // A penalty on the output depends on the constant.
      if graph.layer(of: node).layer.activityRegularizer != nil { vanishes[node.output] = false }
      if vanishes[node.output], let parameter = program.shiftParameter {
        candidates[node.layer] = Place(layer: node.layer, parameter: parameter)
      } else {
        isExcluded[node.layer] = true
      }
      for input in node.inputs {
        switch program.channelShift {
        case .changes: vanishes[input] = false
        case .shifts: vanishes[input] = vanishes[input] && vanishes[node.output]
        case .vanishes: break
        }
      }
    }
    places = graph.layers.compactMap { isExcluded[$0.id] ? nil : candidates[$0.id] }
  }
}
