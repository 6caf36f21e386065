internal import PinionTensor

/// One thing that runs in a region: a phase of a layer's pass, or what connects layers. Numbers of memory are places in ``Plan/storages``.
struct Operation: Sendable {
  enum Kind: Sendable, Equatable {
    /// A layer's part of a step that depends on parameters alone.
    case prepare
    /// A phase of a layer's forward pass.
    case forward(phase: Int)
    /// A phase of a layer's backward pass.
    case backward(phase: Int)
    /// The loss, with its gradient if there is a backward pass.
    case loss
    /// The last activation, where the loss started from its argument and its values are wanted too.
    case lastActivation
    /// The sum of the gradients of one value that several layers read, into the first of them.
    case gradientSum
    /// The sum over lanes of the gradients of parameters.
    case reduction
  }

  let kind: Kind
  /// The layer, by its place in the graph; of a loss the last one.
  let node: Int
  var inputs: [Int] = []
  var output: Int?
  var outputGradient: Int?
  var inputGradients: [Int?] = []
  var kept: Int?
  var shared: Int?
  var partials: Int?
  var prepared: Int?
  var carried: Int?
  /// Lanes of gradients of the node's trainable parameters, if they are gathered in lanes.
  var gradientLanes: Int?
  var losses: Int?
  /// The number of lanes in ``partials`` and ``gradientLanes``.
  var laneCount = 1
  /// The number of pieces, where the region is cut in pieces.
  var pieces = 1
  /// The images from which it runs well, where the region is cut by images.
  var minimum = 1

  /// All memory that it touches.
  var touched: [Int] {
    inputs + inputGradients.compactMap { $0 }
      + [output, outputGradient, kept, shared, partials, prepared, carried, gradientLanes, losses]
      .compactMap { $0 }
  }
}

/// Operations between two barriers.
struct Region: Sendable {
  enum Cut: Sendable, Equatable {
    /// Each lane goes through all operations, a tile of images at a time.
    case images(lanes: Int)
    /// Operations run piece by piece, in any order.
    case pieces
  }

  let cut: Cut
  var operations: [Operation] = []
  /// Images that a thread carries through the operations at a time.
  var tile = 1
  /// Bytes of memory of a thread for what lives only inside the region.
  var tileBytes = 0

  init(_ cut: Cut) { self.cut = cut }

  /// How many parts the pool gets.
  var partCount: Int {
    switch cut {
    case .images(let lanes): lanes
    case .pieces: operations.reduce(0) { $0 + $1.pieces }
    }
  }
}
