import ExampleNetworks
import PinionLayers
import PinionTensor

/// A layer at one of the shapes that the report's networks give it.
struct LayerCase {
  var layer: any Layer
  let typeName: String
  let inputShape: Shape
  let outputShape: Shape
  /// The shapes of trainable parameters.
  let trainable: [Shape]

  init(_ node: Graph.Node, in graph: Graph) {
    let entry = graph.layer(of: node)
    layer = entry.layer
    typeName = entry.typeName
    inputShape = node.inputShapes[0]
    outputShape = node.outputShape
    trainable = entry.parameters.filter(\.isTrainable).map(\.shape)
  }

  /// The layers of networks, each shape once; those that only rename values are left out.
  static func all(in networks: [ReportNetwork]) throws -> [LayerCase] {
    var seen: Set<String> = []
    return try networks.flatMap { network in
      let graph = try network.definition.graph
      return graph.nodes.map { LayerCase($0, in: graph) }
    }
      .filter { !($0.layer is Flatten) && seen.insert($0.identity).inserted }
  }

  /// The layer with each algorithm, if it has a choice.
  func variants(_ algorithms: [ConvolutionAlgorithm]) -> [LayerCase] {
    guard let convolution = layer as? Conv2D else { return [self] }
    return algorithms.map { algorithm in
      var (copy, layer) = (self, convolution)
      layer.algorithm = algorithm
      copy.layer = layer
      return copy
    }
  }

  /// What tells layers apart whose speed may differ; activations are not part of it.
  private var identity: String { "\(typeName) \(inputShape) \(outputShape) \(trainable)" }

  /// Such as `28×28×32→28×28×64`, with the kernel's size where it is not 3×3.
  var shapes: String {
    func text(_ shape: Shape) -> String { shape.map { "\($0)" }.joined(separator: "×") }
    let kernel = (layer as? Conv2D)?.kernel ?? 3
    return text(inputShape) + (inputShape == outputShape ? "" : "→" + text(outputShape))
      + (kernel == 3 ? "" : ", \(kernel.height)×\(kernel.width)")
  }

  /// How a convolution is computed.
  var algorithm: ConvolutionAlgorithm? { (layer as? Conv2D)?.algorithm }

  /// The multiplications and additions for an image of a pass of a layer that is a matrix product; each pass has as many.
  var operations: Double? {
    guard layer is Conv2D || layer is Dense, let kernel = trainable.first else { return nil }
    let outputs = kernel[kernel.rank - 1]
    return 2 * Double(kernel.elementCount) * Double(outputShape.elementCount / outputs)
  }

  /// Whether the gradients of the weights and of the input can be told apart.
  var hasTwoGradients: Bool { operations != nil }

  /// The bytes for an image that a pass must at least read and write.
  var bytes: Double { 4 * Double(inputShape.elementCount + outputShape.elementCount) }
}
