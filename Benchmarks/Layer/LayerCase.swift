import BenchmarkNetworks
import PinionLayers
import PinionTensor

/// A layer with one of its input shapes in the networks.
struct LayerCase {
  var layer: any Layer
  let typeName: String
  let inputShape: Shape
  let outputShape: Shape
  /// Shapes of the trainable parameters.
  let trainable: [Shape]

  init(_ node: Graph.Node, in graph: Graph) {
    let entry = graph.layer(of: node)
    layer = entry.layer
    typeName = entry.typeName
    inputShape = node.inputShapes[0]
    outputShape = node.outputShape
    trainable = entry.parameters.filter(\.isTrainable).map(\.shape)
  }

  /// A layer by itself.
  init(_ layer: any Layer, input: Shape) throws {
    let graph = try Sequential(input: input) { layer }.graph
    self.init(graph.nodes[0], in: graph)
  }

  /// The distinct layers of some networks that have one input, without those that only reshape.
  static func all(in networks: [BenchmarkNetwork]) throws -> [LayerCase] {
    var seen: Set<String> = []
    return try networks.flatMap { network in
      let graph = try network.graph
      return graph.nodes.filter { $0.inputShapes.count == 1 }.map { LayerCase($0, in: graph) }
    }
    .filter { !($0.layer is Flatten || $0.layer is Reshape) && seen.insert($0.identity).inserted }
  }

  /// The layer with each algorithm, if it is a convolution.
  func variants(_ algorithms: [ConvolutionAlgorithm]) -> [LayerCase] {
    guard let convolution = layer as? Conv2D else { return [self] }
    return algorithms.map { algorithm in
      var (copy, layer) = (self, convolution)
      layer.algorithm = algorithm
      copy.layer = layer
      return copy
    }
  }

  /// Identifies layers of equal cost; activations are ignored.
  private var identity: String { "\(typeName) \(inputShape) \(outputShape) \(trainable)" }

  /// Such as `28×28×32→28×28×64`, with the kernel size if it is not 3×3, and the activation.
  var shapes: String {
    func text(_ shape: Shape) -> String { shape.map { "\($0)" }.joined(separator: "×") }
    let kernel = (layer as? Conv2D)?.kernel ?? (layer as? DepthwiseConv2D)?.kernel ?? 3
    return text(inputShape) + (inputShape == outputShape ? "" : "→" + text(outputShape))
      + (kernel == 3 ? "" : ", \(kernel.height)×\(kernel.width)")
      + ((layer as? Activation).map { ", \(type(of: $0.function))" } ?? "")
  }

  /// The algorithm of a convolution.
  var algorithm: ConvolutionAlgorithm? { (layer as? Conv2D)?.algorithm }

  /// The number of multiplications and additions per image, equal for all passes; nil if the layer
  /// is neither a matrix product nor a convolution.
  var operations: Double? {
    guard let kernel = trainable.first else { return nil }
    if layer is DepthwiseConv2D {
      return 2 * Double(kernel[0] * kernel[1]) * Double(outputShape.elementCount)
    }
    guard layer is Conv2D || layer is Dense else { return nil }
    let outputs = kernel[kernel.rank - 1]
    return 2 * Double(kernel.elementCount) * Double(outputShape.elementCount / outputs)
  }

  /// Whether the gradients of weights and input are measured separately.
  var hasTwoGradients: Bool { operations != nil }

  /// The minimum number of bytes read and written per image if every pass over a batch goes to
  /// memory: a batch normalization reads its input for the statistics first, the gradient of an
  /// elementwise layer reads the input or the output beside the output's gradient.
  func bytes(of pass: LayerResult.Pass) -> Double {
    let (inputs, outputs) = (inputShape.elementCount, outputShape.elementCount)
    let isForward = pass == .forward
    let values =
      switch layer {
      case is BatchNormalization: isForward ? 3 * inputs : 5 * inputs
      case is Activation, is LayerNormalization: isForward ? 2 * inputs : 3 * inputs
      // The places of the largest values, two bytes each.
      case is MaxPool2D: inputs + outputs + outputs / 2
      default: inputs + outputs
      }
    return 4 * Double(values)
  }
}
