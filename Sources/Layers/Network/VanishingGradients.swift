/// What becomes of a constant that is added to each channel of a layer's inputs, the same for all samples and places;
/// channels are the last axis.
package enum ChannelShift: Sendable, Equatable {
  /// Anything.
  case changes
  /// The output is shifted by such a constant too, and does not change otherwise.
  case shifts
  /// The output stays the same.
  case vanishes
}

/// Parameters whose gradient is zero whatever the numbers: what they add to each channel, a normalization takes away again.
///
/// Summed in floating point, such a gradient is rounding, of which Adam would make a whole step (its moments are divided
/// by their own size), and the moving mean follows the batch's only slowly.
struct VanishingGradients {
  /// The parameters, by node and by place in ``Layer/parameters(for:)``.
  private(set) var places: [(node: Int, parameter: Int)] = []

  /// The parameters of a graph whose layers run in training as `executions` say.
  init(_ graph: Graph, executions: [Execution]) {
    // For the input and each node's output, whether such a constant changes no output of the network.
    var vanishes = Array(repeating: true, count: graph.nodes.count + 1)
    vanishes[graph.nodes.count] = false
    for (index, node) in graph.nodes.enumerated().reversed() {
      let execution = executions[index]
      if vanishes[index + 1], let parameter = execution.shiftParameter {
        places.append((index, parameter))
      }
      for input in node.inputs {
        switch execution.channelShift {
        case .changes: vanishes[input] = false
        case .shifts: vanishes[input] = vanishes[input] && vanishes[index + 1]
        case .vanishes: break
        }
      }
    }
  }
}
