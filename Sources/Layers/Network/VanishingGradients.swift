/// What a constant that is added to each channel of a layer's inputs, the same for all samples and
/// positions, does to the output; channels are the last axis.
enum ChannelShift: Sendable, Equatable {
  /// Anything.
  case changes
  /// The output is shifted by a constant in each channel too, and does not change otherwise.
  case shifts
  /// The output stays the same.
  case vanishes
}

/// Parameters whose gradient is zero whatever the numbers, because a normalization subtracts what
/// they add to each channel.
///
/// Summed in floating point, such a gradient is a rounding error. Adam would make whole steps of
/// it, as it divides by the gradient's size.
struct VanishingGradients {
  struct Place: Sendable {
    let layer: LayerID
    let parameter: ParameterHandle
  }

  private(set) var places: [Place] = []

  /// - Parameter programs: What runs each node in training.
  init(_ graph: Graph, programs: [LayerProgram]) {
    // For each value, whether such a constant changes no output of the network.
    var vanishes = Array(repeating: true, count: graph.values.count)
    for output in graph.outputs { vanishes[output] = false }
    // A layer that occurs several times needs all of its nodes.
    var isExcluded = Array(repeating: false, count: graph.layers.count)
    var candidates: [Place?] = Array(repeating: nil, count: graph.layers.count)
    for node in graph.nodes.reversed() {
      let program = programs[node.id]
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
